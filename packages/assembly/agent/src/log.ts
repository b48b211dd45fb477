/** One line of the log. Flux's CLI reads the same fields from controllers. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'error'
  readonly message: string
  readonly controllerKind?: string
  readonly namespace?: string
  readonly name?: string
  readonly revision?: string
  readonly error?: string
}

/** Where log lines go. Never given a secret. */
export type Log = (line: LogLine) => void
