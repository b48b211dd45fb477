import type { ScalarNode } from './node.ts'
import { isTimestamp } from './timestamp.ts'
import { parseGoFloat, parseGoInteger } from './go-number.ts'

/** The two sets of rules in use: `yaml.v2` (YAML 1.1 words for booleans) and `yaml.v3`. */
export type YamlRules = 'v2' | 'v3'

/** A scalar's type and value. A timestamp and a binary keep their text; a merge mark `<<` is a string here. */
export type Resolved =
  | { readonly type: 'null'; readonly value: null }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: number | bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'timestamp'; readonly value: string }
  | { readonly type: 'str'; readonly value: string }

const NULL: Resolved = { type: 'null', value: null }
const YES: Resolved = { type: 'bool', value: true }
const NO: Resolved = { type: 'bool', value: false }

const common: readonly (readonly [Resolved, string])[] = [
  [YES, 'true True TRUE'],
  [NO, 'false False FALSE'],
  [NULL, '~ null Null NULL'],
  [{ type: 'float', value: Number.NaN }, '.nan .NaN .NAN'],
  [{ type: 'float', value: Number.POSITIVE_INFINITY }, '.inf .Inf .INF +.inf +.Inf +.INF'],
  [{ type: 'float', value: Number.NEGATIVE_INFINITY }, '-.inf -.Inf -.INF'],
]

const words11: readonly (readonly [Resolved, string])[] = [
  [YES, 'y Y yes Yes YES on On ON'],
  [NO, 'n N no No NO off Off OFF'],
]

const tables: Readonly<Record<YamlRules, ReadonlyMap<string, Resolved>>> = {
  v2: buildTable([...common, ...words11]),
  v3: buildTable(common),
}

function buildTable(rows: readonly (readonly [Resolved, string])[]): ReadonlyMap<string, Resolved> {
  const table = new Map<string, Resolved>([['', NULL]])
  for (const [resolved, words] of rows) for (const word of words.split(' ')) table.set(word, resolved)
  return table
}

/** First characters that may begin something other than a string: signs, digits, point, and those of the word tables. */
const candidates = buildCandidates('+-0123456789.yYnNtTfFoO~')

function buildCandidates(characters: string): Uint8Array {
  const table = new Uint8Array(128)
  for (const character of characters) table[character.charCodeAt(0)] = 1
  return table
}

/** What an untagged plain scalar is, by its text. */
export function resolvePlain(text: string, rules: YamlRules): Resolved {
  if (text === '') return NULL
  const c = text.charCodeAt(0)
  if (c >= 128 || candidates[c] === 0 || text.length > 64) return { type: 'str', value: text }
  const word = text.length <= 5 ? tables[rules].get(text) : undefined
  if (word !== undefined) return word
  if (c === 46) return resolveDotted(text)
  if (c > 57) return { type: 'str', value: text }
  return resolveNumber(text)
}

function resolveDotted(text: string): Resolved {
  // Here Go's ParseFloat reads the text itself: digits, one exponent, underscores not allowed.
  const value = /^\.[0-9]+([eE][-+]?[0-9]+)?$/.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(value) ? { type: 'float', value } : { type: 'str', value: text }
}

function resolveNumber(text: string): Resolved {
  if (isTimestamp(text)) return { type: 'timestamp', value: text }
  const plain = text.includes('_') ? text.replaceAll('_', '') : text
  const integer = parseGoInteger(plain)
  if (integer !== undefined) return { type: 'int', value: integer }
  const float = parseGoFloat(plain)
  return float === undefined ? { type: 'str', value: text } : { type: 'float', value: float }
}

const tags = {
  str: '!!str',
  int: '!!int',
  float: '!!float',
  bool: '!!bool',
  null: '!!null',
  timestamp: '!!timestamp',
} as const satisfies Record<Resolved['type'], string>

/** The short tag of a type. */
export function resolveTag(resolved: Resolved): string {
  return tags[resolved.type]
}

/** What a scalar is, by its tag, style and text; undefined when its tag does not fit its text. */
export function resolveScalar(node: ScalarNode, rules: YamlRules): Resolved | undefined {
  if (node.tagged || node.style !== 'plain') return resolveTagged(node, rules)
  return node.tag === '!!str' && (rules === 'v3' || node.line === 0)
    ? { type: 'str', value: node.value }
    : resolvePlain(node.value, rules)
}

function resolveTagged(node: ScalarNode, rules: YamlRules): Resolved | undefined {
  if (!typed.has(node.tag)) return { type: 'str', value: node.value }
  const resolved = resolvePlain(node.value, rules)
  const wanted = node.tag.slice(2)
  if (resolved.type === wanted) return resolved
  if (wanted === 'float' && resolved.type === 'int') return { type: 'float', value: Number(resolved.value) }
  return undefined
}

const typed: ReadonlySet<string> = new Set(['!!bool', '!!int', '!!float', '!!null', '!!timestamp'])
