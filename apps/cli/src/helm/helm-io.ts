/** Where a helm command writes, and the folder it runs in. */
export interface HelmIo {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly cwd: string
}

/** A line as Helm's logger writes it to stderr. */
export function logLine(level: 'INFO' | 'WARN', message: string): string {
  return `level=${level} msg=${/[\s"=]/.test(message) ? JSON.stringify(message) : message}\n`
}
