import { buildFailure } from '../build-failure.ts'
import type { YamlNode } from '@kedge/yaml'
import { fieldOf, isNull, textOf } from './node-access.ts'
import { splitPath } from './field-spec.ts'

/** Splits a path at dots; brackets keep what is inside them together, `[a.b=c]` and `[a.b]` alike. */
export function smartSplit(path: string, delimiter: string): readonly string[] {
  const pieces = splitPath(path, delimiter)
  const result: string[] = []
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] ?? ''
    if (!piece.startsWith('[') || piece.endsWith(']')) {
      result.push(piece)
      continue
    }
    const group = [piece]
    while (i < pieces.length - 1) {
      i++
      group.push(pieces[i] ?? '')
      if (pieces[i]?.endsWith(']') === true) break
    }
    const text = group.join(delimiter)
    result.push(text.includes('=') ? text : text.replace(/^[[\]]+|[[\]]+$/g, ''))
  }
  return result
}

/** Whether a part of a path chooses members of a list: `[name=web]`. */
export function isListPart(part: string): boolean {
  return part.startsWith('[') && part.endsWith(']')
}

/** Splits `[name=web]`; `[=web]` chooses scalars. */
export function splitListPart(part: string): { name: string; value: string } {
  const inner = part.replace(/^\[/, '').replace(/\]$/, '')
  const at = inner.indexOf('=')
  if (at < 0) {
    throw buildFailure(
      'kustomize-invalid',
      `list path element must contain fieldName=fieldValue for element to match: '${part}'`,
    )
  }
  return { name: inner.slice(0, at), value: inner.slice(at + 1) }
}

/** Whether a part of a path is an index. */
export function isIndexPart(part: string): boolean {
  return /^\+?\d+$/.test(part)
}

/** Follows a path of fields, indexes and `[name=value]` choices; undefined when it leads nowhere. */
export function lookupPath(node: YamlNode, path: readonly string[]): YamlNode | undefined {
  let at: YamlNode | undefined = node
  for (const raw of path) {
    const part = raw.trim()
    if (part === '') continue
    if (at === undefined || isNull(at)) return undefined
    at = step(at, part)
  }
  return at
}

function step(node: YamlNode, part: string): YamlNode | undefined {
  if (part === '*') throw buildFailure('kustomize-invalid', 'wildcard is not supported here')
  if (isIndexPart(part) || part === '-') {
    const items = requireSeq(node)
    return part === '-' ? items.at(-1) : items[Number(part)]
  }
  if (isListPart(part)) {
    const { name, value } = splitListPart(part)
    return requireSeq(node).find((item) => textOf(name === '' ? item : fieldOf(item, name)) === value)
  }
  if (node.kind !== 'map') {
    throw buildFailure('kustomize-transform', `wrong node kind: expected MappingNode at '${part}'`)
  }
  return fieldOf(node, part)
}

function requireSeq(node: YamlNode): readonly YamlNode[] {
  if (node.kind === 'seq') return node.items
  throw buildFailure('kustomize-transform', 'wrong node kind: expected SequenceNode')
}
