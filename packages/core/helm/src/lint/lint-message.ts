/** How bad it is. */
export type LintSeverity = 'INFO' | 'WARNING' | 'ERROR'

/** Something that a linter says of a chart. */
export interface LintMessage {
  readonly severity: LintSeverity
  /** The file or folder it is about. */
  readonly path: string
  readonly text: string
}

/** Takes messages in. */
export type LintReport = (severity: LintSeverity, path: string, text: string | undefined) => void
