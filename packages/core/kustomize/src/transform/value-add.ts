import { plainScalar, mapNode, seqNode, type MapNode, type YamlNode } from '@kedge/yaml'
import { buildFailure } from '../build-failure.ts'
import type { Selector } from '../model/kustomization.ts'
import { wrongKind, splitPath } from '../nodes/field-spec.ts'
import { fieldOf, isNull, putField } from '../nodes/node-access.ts'
import { isIndexPart } from '../nodes/lookup.ts'
import { selectResources } from '../select/selector.ts'
import { setNamespace } from './namespace.ts'
import type { Transformer } from './transformer.ts'

export interface ValueTarget {
  readonly selector?: Selector
  readonly fieldPath?: string
  readonly filePathPosition?: number
}

/** Sets one value in fields of chosen objects, or inserts it as a part of the paths that they hold. */
export function valueAddTransformer(value: string, targets: readonly ValueTarget[]): Transformer {
  if (targets.length === 0) throw buildFailure('kustomize-invalid', 'must specify at least one target')
  for (const { fieldPath = '', filePathPosition = 0 } of targets) {
    if (fieldPath === '') throw buildFailure('kustomize-invalid', 'fieldPath cannot be empty')
    if (filePathPosition < 0) {
      throw buildFailure('kustomize-invalid', `value of FilePathPosition (${filePathPosition}) cannot be negative`)
    }
  }
  return (resources) => {
    for (const { selector, fieldPath = '', filePathPosition = 0 } of targets) {
      const chosen = selector === undefined ? resources.list : selectResources(resources.list, selector)
      for (const resource of chosen) {
        resource.change((node) =>
          fieldPath === 'metadata/namespace'
            ? setNamespace(resource, { namespace: value, fieldSpecs: [] })
            : (setAt(node, splitPath(fieldPath, '/'), insert(value, filePathPosition)) as MapNode),
        )
      }
    }
  }
}

function insert(value: string, position: number): (old: string) => string {
  if (position === 0) return () => value
  return (old) => {
    const isAbsolute = old.startsWith('/')
    const parts = old.split('/').filter((part) => part !== '')
    parts.splice(Math.min(position - 1, parts.length), 0, value)
    return (isAbsolute ? '/' : '') + parts.join('/')
  }
}

function setAt(node: YamlNode, path: readonly string[], edit: (old: string) => string): YamlNode {
  const [part, ...rest] = path
  if (part === undefined) {
    if (node.kind !== 'scalar') throw wrongKind('scalar', node)
    return { ...plainScalar(edit(isNull(node) ? '' : node.value)), style: node.style }
  }
  if (isIndexPart(part)) {
    if (node.kind !== 'seq') throw wrongKind('seq', node)
    const item = node.items[Number(part)]
    if (item === undefined) return node
    return { ...node, items: node.items.with(Number(part), setAt(item, rest, edit)) }
  }
  if (node.kind !== 'map') throw wrongKind('map', node)
  const found = fieldOf(node, part)
  if (found !== undefined) return putField(node, part, setAt(found, rest, edit))
  return putField(node, part, setAt(blankFor(rest), rest, edit))
}

function blankFor(rest: readonly string[]): YamlNode {
  const [next] = rest
  if (next === undefined) return plainScalar('')
  return isIndexPart(next) ? seqNode([]) : mapNode([])
}
