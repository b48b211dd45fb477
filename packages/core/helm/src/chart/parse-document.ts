import { sprintf } from '@kedge/gotemplate'
import { MAX_TEXT, Parser, YamlError, readSimple, toValue, type YamlNode } from '@kedge/yaml'
import { fromPlain } from '../functions/plain-value.ts'
import { chartError } from './chart-error.ts'
import { utf8Problem } from './utf8-problem.ts'

/**
 * The first document of a text as sigs.k8s.io/yaml decodes it without being strict: of equal keys the last wins.
 * Undefined when there is none. Fields but those named may be left out. Throws FailureError in that library's words.
 */
export function parseDocument(text: string, fields?: readonly string[]): unknown {
  if (text.length > MAX_TEXT)
    throw chartError(`the text has ${text.length} characters, more than the ${MAX_TEXT} that are read`)
  const problem = utf8Problem(text)
  if (problem !== undefined) throw chartError(`error converting YAML to JSON: yaml: ${problem}`)
  const simple = readSimple(text, 'v2', fields)
  if (simple !== undefined) return simple
  let root: YamlNode | undefined
  try {
    root = new Parser(text, { rules: 'v2' }).next()?.root
    return root === undefined ? undefined : toValue(root, 'v2', 'last-wins')
  } catch (error) {
    if (error instanceof YamlError) throw chartError(`error converting YAML to JSON: ${describe(error, root)}`, error)
    throw error
  }
}

const infinities: Readonly<Record<string, string>> = { '-': '-Inf', n: 'NaN' }

/** What JSON cannot hold is complained of without a line. */
function describe({ problem, v2Message }: YamlError, root: YamlNode | undefined): string {
  const number = /^unsupported value: ([+-]?)\.(.)/.exec(problem)
  if (number !== null) {
    const [, sign = '', first = ''] = number
    return `json: unsupported value: ${infinities[sign === '' ? first.toLowerCase() : sign] ?? '+Inf'}`
  }
  const value = problem === 'unsupported map key of type null' ? underNull(root) : undefined
  if (value === undefined) return v2Message
  const shown = sprintf('%#v', [fromPlain(toValue(value, 'v2', 'last-wins'))])
  return `unsupported map key of type: %!s(<nil>), key: <nil>, value: ${shown}`
}

/** The value of the first key that is null. */
function underNull(node: YamlNode | undefined): YamlNode | undefined {
  if (node?.kind === 'seq') return node.items.map(underNull).find((found) => found !== undefined)
  if (node?.kind !== 'map') return undefined
  for (const { key, value } of node.entries) {
    if (key.kind === 'scalar' && key.tag === '!!null') return value
    const below = underNull(value)
    if (below !== undefined) return below
  }
  return undefined
}
