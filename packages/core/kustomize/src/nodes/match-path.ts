import { mapNode, plainScalar, printTree, seqNode, type SeqNode, type YamlNode } from '@kedge/yaml'
import { buildFailure } from '../build-failure.ts'
import { compileGoRegexp } from '../select/go-regexp.ts'
import { parseScalarText } from './scalar-text.ts'
import { isIndexPart, isListPart, splitListPart } from './lookup.ts'
import { fieldOf, isNull, putField, replaceItem } from './node-access.ts'
import { wrongKind } from './field-spec.ts'

export type NodeKind = 'scalar' | 'map' | 'seq'

/** How a path is followed, and what is done where it ends. */
export interface PathEdit {
  /** What to create where the path ends in nothing; undefined creates nothing. */
  readonly create: NodeKind | undefined
  readonly edit: (node: YamlNode) => YamlNode
}

/** The tree after an edit, and at how many places the path ended. */
export interface PathResult {
  readonly node: YamlNode
  readonly count: number
}

/** Edits every place where a path ends: fields, indexes, `*`, and `[name=pattern]` for all members that match. */
export function editPath(node: YamlNode, path: readonly string[], edit: PathEdit): PathResult {
  const [part, ...rest] = path
  if (part === undefined) return { node: edit.edit(node), count: 1 }
  if (isIndexPart(part)) return editIndex(node, { part, rest }, edit)
  if (isListPart(part)) return editMatching(node, { part, rest }, edit)
  if (part === '*') return editEvery(node, rest, edit)
  return editFieldPart(node, { part, rest }, edit)
}

interface Step {
  readonly part: string
  readonly rest: readonly string[]
}

/** The kind that a created node needs so that the next part of the path can follow. */
function kindFor(next: string | undefined, last: NodeKind): NodeKind {
  if (next === undefined || next === '') return last
  return isListPart(next) || isIndexPart(next) ? 'seq' : 'map'
}

function blank(kind: NodeKind): YamlNode {
  if (kind === 'scalar') return plainScalar('')
  return kind === 'map' ? mapNode([]) : seqNode([])
}

function requireSeq(node: YamlNode): SeqNode {
  if (isNull(node)) return seqNode([])
  if (node.kind !== 'seq') throw wrongKind('seq', node)
  return node
}

function editFieldPart(node: YamlNode, { part, rest }: Step, edit: PathEdit): PathResult {
  if (isNull(node)) return { node, count: 0 }
  if (node.kind !== 'map') throw wrongKind('map', node)
  const found = fieldOf(node, part)
  if (found === undefined && edit.create === undefined) return { node, count: 0 }
  const field = found ?? blank(kindFor(rest[0], edit.create ?? 'scalar'))
  if (field.kind === 'scalar' && rest.length > 0) return { node, count: countInside(field.value, rest, edit) }
  const result = editPath(field, rest, edit)
  return { node: putField(node, part, result.node), count: result.count }
}

/** A path may go on inside the text of a scalar; what it finds there counts, but is not changed by this way. */
function countInside(text: string, path: readonly string[], edit: PathEdit): number {
  const inner = parseScalarText(text)
  return inner === undefined ? 0 : editPath(inner, path, edit).count
}

function editIndex(node: YamlNode, { part, rest }: Step, edit: PathEdit): PathResult {
  const seq = requireSeq(node)
  const index = Number(part)
  const isNew = index === seq.items.length && edit.create !== undefined
  const item = isNew ? blank(kindFor(rest[0], edit.create ?? 'scalar')) : seq.items[index]
  if (item === undefined) {
    throw buildFailure('kustomize-transform', `index ${index} specified but only ${seq.items.length} elements found`)
  }
  const result = editPath(item, rest, edit)
  const items = isNew ? [...seq.items, result.node] : seq.items.with(index, result.node)
  return { node: { ...seq, items }, count: result.count }
}

function editEvery(node: YamlNode, rest: readonly string[], edit: PathEdit): PathResult {
  let seq = requireSeq(node)
  let count = 0
  seq.items.forEach((item, index) => {
    const result = editPath(item, rest, edit)
    seq = replaceItem(seq, index, result.node)
    count += result.count
  })
  return { node: isNull(node) ? node : seq, count }
}

function editMatching(node: YamlNode, step: Step, edit: PathEdit): PathResult {
  const { name, value } = splitListPart(step.part)
  const result = editMatches(requireSeq(node), { name, pattern: compileGoRegexp(value), rest: step.rest }, edit)
  if (result.count > 0 || edit.create === undefined) return isNull(node) ? { node, count: result.count } : result
  const element = name === '' ? plainScalar(value) : mapNode([{ key: plainScalar(name), value: plainScalar(value) }])
  const grown = { ...requireSeq(node), items: [...requireSeq(node).items, element] }
  return editMatches(grown, { name, pattern: compileGoRegexp(value), rest: step.rest }, edit)
}

interface Match {
  readonly name: string
  readonly pattern: RegExp
  readonly rest: readonly string[]
}

function editMatches(start: SeqNode, match: Match, edit: PathEdit): PathResult {
  let seq = start
  let count = 0
  start.items.forEach((item, index) => {
    const subject = match.name === '' ? item : fieldOf(item, match.name)
    if (subject === undefined || !match.pattern.test(printTree(subject).trim())) return
    const result = editPath(item, match.name === '' ? [] : match.rest, edit)
    seq = replaceItem(seq, index, result.node)
    count += result.count
  })
  return { node: seq, count }
}
