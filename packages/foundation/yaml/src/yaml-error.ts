import { FailureError } from '@kedge/base'

/** Where a problem is: a line counted from 1, and the number that Go's parser would print (0: none). */
interface Problem {
  readonly message: string
  readonly line: number
  readonly goLine: number
  /** The number that yaml.v2 prints, which names where a problem was seen and not where its context began. */
  readonly seenGoLine?: number
}

/** Text that is not YAML. The message is worded as Go's YAML parser words it; `line` counts from 1. */
export class YamlError extends Error {
  readonly line: number
  readonly problem: string
  /** The message in the words of yaml.v2, which sigs.k8s.io/yaml reads with. */
  readonly v2Message: string

  constructor(problem: Problem) {
    super(problem.goLine > 0 ? `yaml: line ${problem.goLine}: ${problem.message}` : `yaml: ${problem.message}`)
    this.name = 'YamlError'
    this.line = problem.line
    this.problem = problem.message
    const { seenGoLine = 0 } = problem
    this.v2Message = seenGoLine > 0 ? `yaml: line ${seenGoLine}: ${problem.message}` : this.message
  }
}

/** The failure for a text that is not YAML, with its file and line. `firstLine` shifts the line within the file. */
export function yamlFailure(error: YamlError, file: string | undefined, firstLine = 1): FailureError {
  return new FailureError(
    {
      code: 'yaml-invalid',
      message: error.message,
      ...(file === undefined ? {} : { origin: { file, line: firstLine + Math.max(error.line, 1) - 1 } }),
    },
    { cause: error },
  )
}
