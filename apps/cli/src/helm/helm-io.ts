import { quoteGo } from '@kedge/gotemplate'
import type { Warn } from '@kedge/helm'

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
  return text === '' || /[\s"=\p{C}]/u.test(text) ? quoteGo(text) : text
}

/** Tells of something on the way, as helm logs it on the level INFO. */
export type Tell = (message: string, attributes?: Readonly<Record<string, string>>) => void

/** Tells on stderr. */
export function tellOn(io: Pick<HelmIo, 'stderr'>): Tell {
  return (message, attributes) => io.stderr(logLine('INFO', message, attributes))
}

/** Tells on stderr what Helm's own logging does, of level WARN unless it says another. */
export function warnOn(io: Pick<HelmIo, 'stderr'>): Warn {
  return (message, details) => io.stderr(logLine(details?.level ?? 'WARN', message, details?.attributes))
}
