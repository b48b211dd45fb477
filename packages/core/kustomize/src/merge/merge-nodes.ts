import { plainScalar, type MapNode, type SeqNode, type YamlNode } from '@kedge/yaml'
import { buildFailure } from '../build-failure.ts'
import {
  compareText,
  entryOf,
  fieldOf,
  isNull,
  putField,
  quotedWhereNeeded,
  setEntry,
  stringOf,
  textOf,
} from '../nodes/node-access.ts'
import { wrongKind } from '../nodes/field-spec.ts'
import { takeDirective } from './directive.ts'
import { mergeLists } from './merge-lists.ts'
import { schemaByComment, schemaOfEntry } from './comment-schema.ts'
import type { Schema, Schemas } from './schema.ts'

export interface MergeOptions {
  readonly schemas: Schemas
  /** Whether members that only the patch has go before or after the others. */
  readonly prepend: boolean
  /** Whether lists of unknown kinds merge when all their members have names. */
  readonly infer?: boolean
}

/** A node merged, and whether the target was kept and changed rather than replaced or removed. */
export interface Merged {
  readonly node: YamlNode | undefined
  readonly keptTarget: boolean
}

export const REMOVED: Merged = { node: undefined, keptTarget: false }

/** Merges a strategic merge patch into a target; undefined means that the target is to go. */
export function mergeNodes(target: YamlNode, patch: YamlNode, options: MergeOptions): YamlNode | undefined {
  return walk({ target, patch }, undefined, options).node
}

/** The same place in the target and in the patch. */
export interface Pair {
  readonly target: YamlNode | undefined
  readonly patch: YamlNode | undefined
}

export function walk(pair: Pair, known: Schema | undefined, options: MergeOptions): Merged {
  const schema = schemaByComment(pair) ?? known ?? schemaByKind(pair, options.schemas)
  switch (kindOf(pair)) {
    case 'map':
      requireKind(pair, 'map')
      return walkMap(pair, schema, options)
    case 'seq':
      requireKind(pair, 'seq')
      return walkSeq(pair, schema, options)
    case 'scalar':
      requireKind(pair, 'scalar')
      return pair.patch === undefined
        ? { node: pair.target, keptTarget: true }
        : { node: pair.patch, keptTarget: false }
    case 'alias':
      return REMOVED
    case undefined:
      return mergeNulls(pair)
  }
}

function kindOf({ target, patch }: Pair): YamlNode['kind'] | undefined {
  if (!isNull(target)) return target?.kind
  return isNull(patch) ? undefined : patch?.kind
}

function requireKind({ target, patch }: Pair, kind: YamlNode['kind']): void {
  for (const node of [target, patch]) {
    if (node !== undefined && !isNull(node) && node.kind !== kind) throw wrongKind(kind, node)
  }
}

function schemaByKind({ target, patch }: Pair, schemas: Schemas): Schema | undefined {
  for (const node of [target, patch]) {
    if (node?.kind !== 'map') continue
    const kind = stringOf(fieldOf(node, 'kind'))
    const apiVersion = stringOf(fieldOf(node, 'apiVersion'))
    const schema = kind === '' || apiVersion === '' ? undefined : schemas.ofKind(apiVersion, kind)
    if (schema !== undefined) return schema
  }
  return undefined
}

/** Two nulls: the patch's one removes the field; the target's one stays when it was written out. */
function mergeNulls({ target, patch }: Pair): Merged {
  if (patch === undefined && textOf(target) !== '') return { node: target, keptTarget: true }
  return REMOVED
}

function walkMap(pair: Pair, schema: Schema | undefined, options: MergeOptions): Merged {
  const start = startMap(pair)
  if (start === undefined) return REMOVED
  let map = start.map
  for (const name of fieldNames(start.map, start.patch)) {
    const field = schema === undefined ? undefined : options.schemas.field(schema, name)
    const before = fieldOf(map, name)
    const noted = schemaOfEntry(entryOf(map, name)) ?? schemaOfEntry(entryOf(start.patch, name))
    const merged = walk({ target: before, patch: fieldOf(start.patch, name) }, noted ?? field, options)
    map = putMerged(map, name, { before, merged, patch: start.patch })
  }
  return { node: map, keptTarget: start.keptTarget }
}

interface Start {
  readonly map: MapNode
  readonly patch: MapNode | undefined
  readonly keptTarget: boolean
}

/** What the fields are merged into: the target, or the patch itself where the target has nothing or is replaced. */
function startMap({ target, patch }: Pair): Start | undefined {
  const patchMap = patch?.kind === 'map' ? patch : undefined
  if (target === undefined || isNull(target) || target.kind !== 'map') {
    if (patchMap === undefined) return undefined
    const directive = takeDirective(patchMap)
    if (directive.what === 'delete') return undefined
    return { map: directive.rest as MapNode, patch: directive.rest as MapNode, keptTarget: false }
  }
  if (patch !== undefined && isNull(patch)) return undefined
  if (patchMap === undefined) return { map: target, patch: undefined, keptTarget: true }
  const directive = takeDirective(patchMap)
  const rest = directive.rest as MapNode
  if (directive.what === 'delete') return undefined
  // Where the target has nothing, the patch is merged with itself, and what it says about itself goes from both.
  if (directive.what === 'replace' || target === patch) return { map: rest, patch: rest, keptTarget: target === patch }
  const map = target.entries.length === 0 ? { ...target, flow: rest.flow } : target
  return { map, patch: rest, keptTarget: true }
}

function fieldNames(target: MapNode, patch: MapNode | undefined): readonly string[] {
  const names = new Set<string>()
  for (const map of [target, patch]) for (const { key } of map?.entries ?? []) names.add(textOf(key))
  return [...names].toSorted(compareText)
}

function putMerged(
  map: MapNode,
  name: string,
  change: { before: YamlNode | undefined; merged: Merged; patch: MapNode | undefined },
): MapNode {
  const { before, merged, patch } = change
  const { node } = merged
  // Also what the patch does not mention is set anew, and so gets the quotes that it needs.
  if (node === before && node !== undefined) return putField(map, name, quotedWhereNeeded(node))
  // A null that the target spells out stays as it is.
  if (node !== undefined && merged.keptTarget && isNull(node)) return map
  if (node !== undefined && merged.keptTarget && before !== undefined) return putField(map, name, node)
  const key = before === undefined ? entryOf(patch, name)?.key : undefined
  const style = key?.kind === 'scalar' ? key.style : 'plain'
  return setEntry(map, { key: { ...plainScalar(name), style }, value: node })
}

function walkSeq(pair: Pair, schema: Schema | undefined, options: MergeOptions): Merged {
  const { target, patch } = pair
  if (!isAssociative(pair, schema, options)) {
    return patch === undefined ? { node: target, keptTarget: true } : { node: patch, keptTarget: false }
  }
  const start = startSeq(pair)
  if (start === undefined) return REMOVED
  const keys = schema?.merge ?? inferredKeys(pair)
  const items = mergeLists(start.seq.items, start.patch?.items, { keys, schema, options, walk })
  const flow = start.seq.items.length === 0 && start.patch !== undefined ? start.patch.flow : start.seq.flow
  return { node: { ...start.seq, items, flow }, keptTarget: start.keptTarget }
}

function isAssociative(pair: Pair, schema: Schema | undefined, options: MergeOptions): boolean {
  if (schema !== undefined) return schema.merge !== undefined
  if (options.infer !== true) return false
  return [pair.target, pair.patch].some((node) => node?.kind === 'seq' && node.items.every(hasName))
}

function hasName(item: YamlNode): boolean {
  return fieldOf(item, 'name') !== undefined
}

function inferredKeys({ target, patch }: Pair): readonly string[] {
  for (const node of [target, patch]) {
    if (node?.kind === 'seq' && node.items.length > 0 && !node.items.every(hasName)) {
      throw buildFailure('kustomize-patch', 'conflicting merge keys in a list')
    }
  }
  return ['name']
}

function startSeq({
  target,
  patch,
}: Pair): { seq: SeqNode; patch: SeqNode | undefined; keptTarget: boolean } | undefined {
  const patchSeq = patch?.kind === 'seq' ? patch : undefined
  if (target === undefined || isNull(target) || target.kind !== 'seq') {
    return patchSeq === undefined ? undefined : { seq: patchSeq, patch: patchSeq, keptTarget: false }
  }
  if (patch !== undefined && isNull(patch)) return undefined
  if (patchSeq === undefined) return { seq: target, patch: undefined, keptTarget: true }
  const directive = takeDirective(patchSeq)
  const rest = directive.rest as SeqNode
  if (directive.what === 'delete') return undefined
  if (directive.what === 'replace' || target === patch) return { seq: rest, patch: rest, keptTarget: target === patch }
  return { seq: target, patch: rest, keptTarget: true }
}
