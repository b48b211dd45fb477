import { effectiveValue } from './effective.ts'
import type { MapNode, YamlNode } from './node.ts'
import { emptyObject, type JsonObject } from './object.ts'
import { YamlError } from './yaml-error.ts'

/** The JSON value of a tree without aliases, as kustomize converts it. */
export function nodeValue(node: YamlNode, inFlow = false): unknown {
  switch (node.kind) {
    case 'scalar':
      return effectiveValue(node, inFlow)
    case 'seq':
      return node.items.map((item) => nodeValue(item, inFlow || node.flow))
    case 'map':
      return mapValue(node, inFlow || node.flow)
    case 'alias':
      return nodeValue(node.target, inFlow)
  }
}

function mapValue(node: MapNode, inFlow: boolean): JsonObject {
  const object = emptyObject()
  for (const { key, value } of node.entries) object[keyText(key)] = nodeValue(value, inFlow)
  return object
}

/** The text of a key; JSON knows no keys but strings. */
export function keyText(key: YamlNode): string {
  if (key.kind === 'scalar') {
    if (key.tag === '!!str' || key.tag === '!!merge') return key.value
    const value = effectiveValue(key, true)
    if (typeof value === 'string' && key.tag !== '!!timestamp') return value
  }
  throw new YamlError({
    message: `json: unsupported type: map key ${key.kind === 'scalar' ? key.value : key.kind} is not a string`,
    line: key.line,
    goLine: 0,
  })
}
