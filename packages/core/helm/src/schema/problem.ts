import { formatFloat, quoteGo } from '@kedge/gotemplate'

/** Something that a value breaks a schema with: where in the value, in which words, and what lies behind it. */
export interface Problem {
  readonly path: readonly string[]
  readonly message: string
  readonly causes: readonly Problem[]
  /** A reference: it is not shown when one thing alone lies behind it. */
  readonly isReference?: boolean
  /** Several problems of one schema. */
  readonly isGroup?: boolean
}

/** One problem of several, or itself when it is alone; undefined for none. */
export function groupProblems(problems: readonly Problem[], path: readonly string[]): Problem | undefined {
  if (problems.length <= 1) return problems[0]
  return { path, message: 'validation failed', causes: problems, isGroup: true }
}

/** Problems as Helm's validator lists them, a line each, indented by what they lie behind. */
export function printProblem(problem: Problem): string {
  const tops = problem.isGroup === true ? problem.causes : [problem]
  return tops.map((top) => printBelow(top, 0)).join('')
}

function printBelow(problem: Problem, indent: number): string {
  const isSkipped = problem.isReference === true && problem.causes.length === 1
  const own = isSkipped ? '' : `${'  '.repeat(indent)}- at ${quote(pointerOf(problem.path))}: ${problem.message}\n`
  return own + problem.causes.map((cause) => printBelow(cause, isSkipped ? indent : indent + 1)).join('')
}

function pointerOf(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** A text in single quotes. */
export function quote(text: string): string {
  const inner = quoteGo(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"')
    .replaceAll("'", String.raw`\'`)
  return `'${inner}'`
}

/** Texts in single quotes, parted by commas. */
export function quoteAll(texts: readonly string[]): string {
  return texts.map(quote).join(', ')
}

/** A count in English: thousands parted by commas. */
export function englishCount(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

/** A number as Go's English printer writes it: Go's shortest digits, thousands parted, powers of ten raised. */
export function englishNumber(value: number): string {
  const [mantissa = '', exponent] = formatFloat(value, 'g', -1).split('e')
  if (exponent !== undefined) return `${mantissa}×10${raised(exponent.replace('+', ''))}`
  const [whole = '', fraction] = mantissa.split('.')
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

function raised(digits: string): string {
  return digits.replaceAll(/[-\d]/g, (char) => (char === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'.charAt(Number(char))))
}
