import { FailureError } from '@kedge/base'
import { goText } from '../schema/go-text.ts'
import { isObject, jsonEquals, text, type JsonObject } from '../schema/json.ts'
import { memberSchema, resolve } from '../schema/resolve.ts'
import { keyValue, orderLike } from './strategic-order.ts'

/** Directives in a strategic merge patch; the last two stand before the name of a list. */
const directives = {
  patch: '$patch',
  retainKeys: '$retainKeys',
  order: '$setElementOrder/',
  remove: '$deleteFromPrimitiveList/',
} as const

/**
 * Applies a strategic merge patch: objects merge by field, lists by the merge key their schema names, and directives say
 * what else is to be done. Returns a new object. Throws FailureError (`InvalidPatch`) for a patch that makes no sense.
 */
export function strategicMerge(schema: JsonObject, target: JsonObject, patch: JsonObject): Record<string, unknown> {
  return mergeObject(schema, target, patch)
}

/** Refuses a patch, in the real server's words where it has any. */
function refusePatch(message: string): never {
  throw new FailureError({ code: 'InvalidPatch', message, fix: 'correct the strategic merge patch' })
}

/** Merges a patch into one object of a list or field. */
function mergeObject(declared: JsonObject, target: JsonObject, patch: JsonObject): Record<string, unknown> {
  const { schema } = resolve(declared)
  const kind = patch[directives.patch]
  if (kind === 'replace') return cleanObject(patch)
  if (kind === 'delete') return {}
  if (kind !== undefined && kind !== 'merge') refusePatch(`unknown patch type found in map: ${JSON.stringify(kind)}`)
  const out = retainKeys(target, patch)
  const done = new Set<string>()
  for (const [name, value] of Object.entries(patch)) {
    if (!name.startsWith(directives.order)) continue
    const list = name.slice(directives.order.length)
    mergeOrdered({ schema, out, patch }, list, value)
    done.add(list)
  }
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith(directives.remove)) removeItems(out, name.slice(directives.remove.length), value)
    else if (!name.startsWith('$') && !done.has(name)) mergeMember(schema, out, { name, value })
  }
  return out
}

function retainKeys(target: JsonObject, patch: JsonObject): Record<string, unknown> {
  const kept = patch[directives.retainKeys]
  if (kept === undefined) return { ...target }
  if (!Array.isArray(kept)) return refusePatch('invalid patch format of retainKeys: it must be a list')
  for (const name of Object.keys(patch)) {
    if (!name.startsWith('$') && !kept.includes(name)) refusePatch('invalid patch format of retainKeys')
  }
  return Object.fromEntries(Object.entries(target).filter(([name]) => kept.includes(name)))
}

function mergeMember(
  schema: JsonObject,
  out: Record<string, unknown>,
  { name, value }: { readonly name: string; readonly value: unknown },
): void {
  const present = out[name]
  if (value === null) delete out[name]
  else if (isObject(present) && isObject(value)) {
    const declared = memberSchema(schema, name) ?? {}
    out[name] = strategyOf(declared) === 'replace' ? cleanObject(value) : mergeObject(declared, present, value)
  } else if (Array.isArray(present) && Array.isArray(value)) out[name] = mergeList(schema, { name, present, value })
  else {
    const cleaned = clean(value)
    if (cleaned !== undefined) out[name] = cleaned
  }
}

function mergeList(
  schema: JsonObject,
  list: { readonly name: string; readonly present: readonly unknown[]; readonly value: readonly unknown[] },
): readonly unknown[] {
  const declared = memberSchema(schema, list.name) ?? {}
  if (strategyOf(declared) !== 'merge') return cleanList(list.value)
  return mergePatchList({ items: itemsOf(declared), key: mergeKeyOf(declared) }, list.present, list.value)
}

function mergeOrdered(
  at: { readonly schema: JsonObject; readonly out: Record<string, unknown>; readonly patch: JsonObject },
  name: string,
  order: unknown,
): void {
  if (!Array.isArray(order)) return refusePatch(`${directives.order}${name} must be a list`)
  const declared = memberSchema(at.schema, name) ?? {}
  const key = mergeKeyOf(declared)
  const present = at.out[name]
  const value = at.patch[name]
  const hasPresent = Array.isArray(present)
  if (value !== undefined && !Array.isArray(value)) return mergeMember(at.schema, at.out, { name, value })
  if (!hasPresent && value === undefined) return
  if (value !== undefined) checkOrder(value, order, key)
  let merged: readonly unknown[]
  if (!hasPresent) merged = cleanList(value ?? [])
  else merged = value === undefined ? present : mergeList(at.schema, { name, present, value })
  at.out[name] = orderLike({ order, server: hasPresent ? present : [], key }, merged)
}

/** What the patch holds must be in the order that it gives. */
function checkOrder(value: readonly unknown[], order: readonly unknown[], key: string | undefined): void {
  const known = order.map((item) => keyValue(item, key))
  let last = -1
  for (const item of value) {
    if (isObject(item) && item[directives.patch] === 'delete') continue
    const at = known.findIndex((other) => jsonEquals(other, keyValue(item, key)))
    if (at <= last) {
      refusePatch(
        `The order in patch list:\n${JSON.stringify(value)}\n doesn't match $setElementOrder list:\n${JSON.stringify(order)}\n`,
      )
    }
    last = at
  }
}

function removeItems(out: Record<string, unknown>, name: string, gone: unknown): void {
  const present = out[name]
  if (!Array.isArray(gone)) return refusePatch(`${directives.remove}${name} must be a list`)
  if (Array.isArray(present)) out[name] = present.filter((item) => !gone.includes(item))
}

function strategyOf(declared: JsonObject): 'merge' | 'replace' | undefined {
  const strategies = text(declared, 'x-kubernetes-patch-strategy')?.split(',') ?? []
  if (strategies.includes('merge')) return 'merge'
  return strategies.includes('replace') ? 'replace' : undefined
}

function mergeKeyOf(declared: JsonObject): string | undefined {
  return text(declared, 'x-kubernetes-patch-merge-key')
}

function itemsOf(declared: JsonObject): JsonObject {
  const items = resolve(declared).schema['items']
  return isObject(items) ? items : {}
}

/** How items of a list that is merged are told apart: by a key field, or, where there is none, as scalars. */
interface MergedList {
  readonly items: JsonObject
  readonly key: string | undefined
}

/** Merges a patch list into a list: items are merged by key, new ones added, `$patch` items delete or replace. */
function mergePatchList(list: MergedList, present: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  if (patch.some((item) => isObject(item) && item[directives.patch] === 'replace')) {
    return cleanList(patch)
  }
  if (list.key === undefined) return mergeScalars(present, patch)
  return mergeKeyed(list, list.key, { present, patch })
}

function mergeScalars(present: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  if (patch.some(isObject)) return refusePatch('cannot merge lists without merge key for type list of objects')
  const merged = [...present]
  for (const item of patch) if (!merged.some((other) => jsonEquals(other, item))) merged.push(item)
  return orderLike({ order: patch, server: present, key: undefined }, merged)
}

function mergeKeyed(
  list: MergedList,
  key: string,
  { present, patch }: { readonly present: readonly unknown[]; readonly patch: readonly unknown[] },
): readonly unknown[] {
  let merged = [...present]
  const kept: JsonObject[] = []
  for (const item of patch) {
    if (!isObject(item) || item[key] === undefined) {
      return refusePatch(`map: ${goText(item)} does not contain declared merge key: ${key}`)
    }
    if (item[directives.patch] === 'delete')
      merged = merged.filter((other) => !jsonEquals(keyValue(other, key), item[key]))
    else kept.push(item)
  }
  for (const item of kept) {
    const at = merged.findIndex((other) => jsonEquals(keyValue(other, key), item[key]))
    const known = merged[at]
    if (isObject(known)) merged[at] = mergeObject(list.items, known, item)
    else merged.push(clean(item))
  }
  return orderLike({ order: kept, server: present, key }, merged)
}

/** A value that is taken as it comes, without nulls; what carries a directive has nothing to work on and is undefined. */
function clean(value: unknown): unknown {
  if (Array.isArray(value)) return cleanList(value)
  if (!isObject(value)) return value
  return value[directives.patch] === undefined ? cleanObject(value) : undefined
}

function cleanList(list: readonly unknown[]): readonly unknown[] {
  return list.map(clean).filter((item) => item !== undefined)
}

function cleanObject(value: JsonObject): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !name.startsWith('$'))
      .map(([name, below]) => [name, clean(below)] as const)
      .filter(([, below]) => below !== null && below !== undefined),
  )
}
