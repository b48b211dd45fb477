/** One case of a suite after it ran. */
export interface CaseResult {
  readonly id: string
  /** What the report groups by. */
  readonly feature: string
  readonly status: 'equal' | 'different' | 'error' | 'skipped'
  /** What differs, or why it was skipped. */
  readonly detail: string
}

/** What every suite is given. */
export interface SuiteContext {
  /** The folder of test data. */
  readonly root: string
  /** A binary of the real tool, for suites that can compare with it. */
  readonly oracle: string | undefined
}

/** A suite yields its cases one by one. */
export type Suite = (context: SuiteContext) => AsyncIterable<CaseResult> | Iterable<CaseResult>

/** The first line in which two texts differ, for people. */
export function firstDifference(want: string, got: string): string {
  const wanted = want.split('\n')
  const actual = got.split('\n')
  const at = wanted.findIndex((line, index) => line !== actual[index])
  const line = at < 0 ? wanted.length : at
  return `line ${line + 1}: want ${JSON.stringify(wanted[line] ?? null)}, got ${JSON.stringify(actual[line] ?? null)}`
}
