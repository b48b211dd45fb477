/** Where a helm command writes, and the folder it runs in. */
export interface HelmIo {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly cwd: string
}

/** A line as Helm's logger writes it to stderr. */
export function logLine(
  level: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR',
  message: string,
  attributes: Readonly<Record<string, string>> = {},
): string {
  const more = Object.entries(attributes).map(([name, value]) => ` ${name}=${shown(value)}`)
  return `level=${level} msg=${shown(message)}${more.join('')}\n`
}

function shown(text: string): string {
  return text === '' || /[\s"=]/.test(text) ? JSON.stringify(text) : text
}
