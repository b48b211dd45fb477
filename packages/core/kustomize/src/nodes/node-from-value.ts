import { formatNumber, mapNode, plainScalar, seqNode, stringScalar, type YamlNode } from '@kedge/yaml'
import { compareText } from './node-access.ts'

/** The tree of a JSON value, keys sorted by bytes as Go's JSON writes them. `line` is noted on the root. */
export function nodeFromValue(value: unknown, line = 0): YamlNode {
  const node = convert(value)
  return line === 0 ? node : { ...node, line }
}

function convert(value: unknown): YamlNode {
  if (value === null || value === undefined) return plainScalar('null', '!!null')
  if (typeof value === 'string') return stringNode(value)
  if (typeof value === 'boolean') return plainScalar(String(value), '!!bool')
  if (typeof value === 'number' || typeof value === 'bigint') return numberNode(value)
  if (Array.isArray(value)) return seqNode(value.map(convert))
  const object = value as Readonly<Record<string, unknown>>
  const keys = Object.keys(object).toSorted(compareText)
  return mapNode(keys.map((key) => ({ key: stringScalar(key), value: convert(object[key]) })))
}

function stringNode(text: string): YamlNode {
  return text.includes('\n') ? { ...stringScalar(text), style: 'literal' } : stringScalar(text)
}

function numberNode(value: number | bigint): YamlNode {
  const text = formatNumber(value)
  return plainScalar(text, /^-?\d+$/.test(text) ? '!!int' : '!!float')
}
