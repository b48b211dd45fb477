import {
  formatNumber,
  isBase60,
  isPlainText,
  mapNode,
  plainScalar,
  resolvePlain,
  seqNode,
  stringScalar,
  type YamlNode,
} from '@kedge/yaml'
import { compareText } from './node-access.ts'

/**
 * The tree of a JSON value as kustomize reads it back from the YAML that it writes: strings that could be taken for
 * something else are quoted, and stay quoted when another value takes their place.
 */
export function nodeFromValue(value: unknown): YamlNode {
  return convert(value, yamlString)
}

/** The tree of a JSON value as read from JSON text: all strings are quoted. `line` is noted on the root. */
export function nodeFromJson(value: unknown, line: number): YamlNode {
  return { ...convert(value, (text) => ({ ...stringScalar(text), style: 'double' })), line }
}

function convert(value: unknown, stringNode: (text: string) => YamlNode): YamlNode {
  if (value === null || value === undefined) return plainScalar('null', '!!null')
  if (typeof value === 'string') return stringNode(value)
  if (typeof value === 'boolean') return plainScalar(String(value), '!!bool')
  if (typeof value === 'number' || typeof value === 'bigint') return numberNode(value)
  if (Array.isArray(value)) return seqNode(value.map((item) => convert(item, stringNode)))
  const object = value as Readonly<Record<string, unknown>>
  const keys = Object.keys(object).toSorted(compareText)
  return mapNode(keys.map((key) => ({ key: stringScalar(key), value: convert(object[key], stringNode) })))
}

/** Words that YAML 1.1 takes for booleans; they are quoted even where YAML 1.2 is written. */
const OLD_BOOLEAN = /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/

function yamlString(text: string): YamlNode {
  if (text.includes('\n')) return { ...stringScalar(text), style: 'literal' }
  const isPlain =
    resolvePlain(text, 'v3').type === 'str' && !OLD_BOOLEAN.test(text) && !isBase60(text) && isPlainText(text)
  return isPlain ? stringScalar(text) : { ...stringScalar(text), style: 'double' }
}

function numberNode(value: number | bigint): YamlNode {
  const text = formatNumber(value)
  return plainScalar(text, /^-?\d+$/.test(text) ? '!!int' : '!!float')
}
