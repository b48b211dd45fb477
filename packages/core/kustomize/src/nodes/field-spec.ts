import { mapNode, plainScalar, seqNode, type MapNode, type ScalarNode, type YamlNode } from '@kedge/yaml'
import { buildFailure } from '../build-failure.ts'
import type { FieldSpec } from '../config/transformer-config.ts'
import { splitApiVersion, type Gvk } from '../model/identity.ts'
import { entryOf, fieldOf, putField, setField, textOf } from './node-access.ts'

/** What to do at the fields that a spec names. */
export interface FieldEdit {
  readonly set: (node: YamlNode) => YamlNode
  /** What a missing last field becomes, where the spec says that it may be created. */
  readonly create?: { readonly kind: 'scalar' | 'map'; readonly tag: string }
}

/** Applies an edit at every place that a field spec names in an object of its kind. */
export function editField(node: MapNode, spec: FieldSpec, edit: FieldEdit): MapNode {
  if (!isOfKind(kindOf(node), spec)) return node
  return editAt(node, splitFieldPath(spec.path), { spec, edit }) as MapNode
}

/** Applies an edit at every place that field specs name, spec after spec. */
export function editFields(node: MapNode, specs: readonly FieldSpec[], edit: FieldEdit): MapNode {
  const kind = kindOf(node)
  let result = node
  for (const spec of specs) {
    if (isOfKind(kind, spec)) result = editAt(result, splitFieldPath(spec.path), { spec, edit }) as MapNode
  }
  return result
}

function kindOf(node: MapNode): Gvk {
  return { ...splitApiVersion(textOf(fieldOf(node, 'apiVersion'))), kind: textOf(fieldOf(node, 'kind')) }
}

function isOfKind(gvk: Gvk, spec: FieldSpec): boolean {
  return (
    (!isSet(spec.kind) || spec.kind === gvk.kind) &&
    (!isSet(spec.group) || spec.group === gvk.group) &&
    (!isSet(spec.version) || spec.version === gvk.version)
  )
}

function isSet(text: string | undefined): boolean {
  return text !== undefined && text !== ''
}

const splitPaths = new Map<string, readonly string[]>()

/** Splits at `/`; a backslash before a slash keeps it. */
export function splitFieldPath(path: string): readonly string[] {
  const known = splitPaths.get(path)
  if (known !== undefined) return known
  const parts = splitPath(path, '/')
  if (splitPaths.size < 2000) splitPaths.set(path, parts)
  return parts
}

/** Splits at a delimiter that a backslash can escape; one leading delimiter is dropped. */
export function splitPath(path: string, delimiter: string): readonly string[] {
  const pieces = path.split(delimiter)
  const [first = '', ...rest] = pieces.length > 1 && pieces[0] === '' ? pieces.slice(1) : pieces
  const parts = [first]
  for (const piece of rest) {
    const last = parts.at(-1) ?? ''
    if (last.endsWith('\\')) parts[parts.length - 1] = last.slice(0, -1) + delimiter + piece
    else parts.push(piece)
  }
  return parts
}

interface Edit {
  readonly spec: FieldSpec
  readonly edit: FieldEdit
}

function editAt(node: YamlNode, path: readonly string[], context: Edit): YamlNode {
  if (path.length === 0) return context.edit.set(node)
  if (node.tag === '!!null') return node
  if (node.kind === 'seq') {
    let changed = false
    const items = node.items.map((item) => {
      const edited = editAt(item, path, context)
      changed ||= edited !== item
      return edited
    })
    return changed ? { ...node, items } : node
  }
  if (node.kind === 'map') return editMap(node, path, context)
  throw buildFailure(
    'kustomize-transform',
    `considering field '${context.spec.path}': expected sequence or mapping node`,
  )
}

function editMap(node: MapNode, path: readonly string[], context: Edit): YamlNode {
  const [part = '', ...rest] = path
  const isSeq = part.endsWith('[]')
  const name = isSeq ? part.slice(0, -2) : part
  if (name === '') throw buildFailure('kustomize-transform', 'cannot set or create an empty field name')
  const blank = blankFor(rest.length === 0, isSeq, context)
  const found = entryOf(node, name)?.value
  if (found === undefined) {
    if (blank === undefined || isSeq) return node
    return putField(node, name, editAt(blank, rest, context))
  }
  const start = found.tag === '!!null' && blank !== undefined ? blank : found
  const edited = editAt(start, rest, context)
  return edited === found ? node : putField(node, name, edited)
}

/** What stands for a missing or null field; undefined where nothing may be created. */
function blankFor(isLast: boolean, isSeq: boolean, { spec, edit }: Edit): YamlNode | undefined {
  if (isSeq) return seqNode([])
  if (spec.create !== true || edit.create === undefined) return undefined
  if (isLast && edit.create.kind === 'scalar') return plainScalar('', edit.create.tag)
  return mapNode([])
}

/** An edit that sets a scalar, keeping its style. */
export function scalarSetter(value: string, tag: string): (node: YamlNode) => YamlNode {
  return (node) => {
    if (node.kind !== 'scalar') throw wrongKind('scalar', node)
    return { ...plainScalar(value, tag), style: node.style, line: node.line }
  }
}

/** An edit that sets one key of a map of strings; new entries all hold `value` itself, changed ones a copy of it. */
export function entrySetter(key: string, value: ScalarNode): (node: YamlNode) => YamlNode {
  return (node) => {
    if (node.tag === '!!null') return node
    if (node.kind !== 'map') throw wrongKind('map', node)
    return entryOf(node, key) === undefined
      ? putField(node, key, value)
      : setField(node, key, { ...value, tagged: false })
  }
}

const kindNames = { scalar: 'ScalarNode', map: 'MappingNode', seq: 'SequenceNode', alias: 'AliasNode' } as const

/** The failure for a node of the wrong kind. */
export function wrongKind(expected: keyof typeof kindNames, node: YamlNode): Error {
  return buildFailure(
    'kustomize-transform',
    `wrong node kind: expected ${kindNames[expected]} but got ${kindNames[node.kind]}`,
  )
}
