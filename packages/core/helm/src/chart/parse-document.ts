import { MAX_TEXT, Parser, YamlError, toValue } from '@kedge/yaml'
import { chartError } from './chart-error.ts'

/**
 * The first document of a text as sigs.k8s.io/yaml decodes it without being strict: of equal keys the last wins.
 * Undefined when there is none. Throws FailureError in that library's words.
 */
export function parseDocument(text: string): unknown {
  if (text.length > MAX_TEXT)
    throw chartError(`the text has ${text.length} characters, more than the ${MAX_TEXT} that are read`)
  try {
    const document = new Parser(text, {}).next()
    return document?.root === undefined ? undefined : toValue(document.root, 'v2', 'last-wins')
  } catch (error) {
    if (error instanceof YamlError) throw chartError(`error converting YAML to JSON: ${describe(error)}`, error)
    throw error
  }
}

const infinities: Readonly<Record<string, string>> = { '-': '-Inf', n: 'NaN' }

/** What JSON cannot hold is complained of by Go's JSON, without a line. */
function describe({ problem, v2Message }: YamlError): string {
  const number = /^unsupported value: ([+-]?)\.(.)/.exec(problem)
  if (number !== null) return `json: unsupported value: ${infinities[(number[1] ?? '') || (number[2] ?? '').toLowerCase()] ?? '+Inf'}`
  return v2Message
}
