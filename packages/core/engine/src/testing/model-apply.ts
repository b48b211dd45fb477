import {
  FieldSetBuilder,
  fieldElement,
  formatFieldsV1,
  hasField,
  parseFieldsV1,
  pathsOf,
  type FieldPath,
  type FieldSet,
} from '@kedge/fields'
import type { KubeObject, ManagedFieldsEntry } from '@kedge/manifest'

import { isRecord, sameJson } from '../canonical.ts'

/**
 * Server-side apply without schemas: maps are granular, lists and scalars are owned whole. Enough to exercise the
 * engine; the real rules are the embedded API server's.
 */
export function modelApply(live: KubeObject | undefined, applied: KubeObject, manager: string): KubeObject {
  const content = contentOf(applied)
  const next: Record<string, unknown> = structuredClone<Record<string, unknown>>({ ...(live ?? identityOf(applied)) })
  const wanted = fieldsOf(content)
  const entries = live?.metadata.managedFields ?? []
  const others = entries.filter((entry) => !isOwn(entry, manager))
  const before = entries.filter((entry) => isOwn(entry, manager)).map(setOf)
  for (const path of before.flatMap((set) => [...pathsOf(set)])) {
    const isShared = others.some((entry) => hasField(setOf(entry), path))
    if (!hasField(wanted, path) && !isShared) removeAt(next, path)
  }
  const lost = new Set<string>()
  for (const path of pathsOf(wanted)) {
    const value = valueAt(content, path)
    if (live !== undefined && !sameJson(valueAt(live, path), value)) lost.add(JSON.stringify(path))
    setAt(next, path, value)
  }
  const managedFields = [
    entryOf(manager, 'Apply', applied.apiVersion, wanted),
    ...others.flatMap((entry) => without(entry, lost)),
  ]
  return withFields(next, managedFields)
}

/** A change by somebody who does not apply: the changed fields become theirs. */
export function modelUpdate(live: KubeObject, changed: KubeObject, manager: string): KubeObject {
  const builder = new FieldSetBuilder()
  const lost = new Set<string>()
  for (const path of pathsOf(fieldsOf(contentOf(changed)))) {
    if (sameJson(valueAt(live, path), valueAt(changed, path))) continue
    builder.add(path)
    lost.add(JSON.stringify(path))
  }
  for (const path of pathsOf(fieldsOf(contentOf(live)))) {
    if (valueAt(changed, path) === undefined) lost.add(JSON.stringify(path))
  }
  const mine = builder.build()
  const entries = (live.metadata.managedFields ?? []).flatMap((entry) => without(entry, lost))
  if (mine.children.size > 0) entries.push(entryOf(manager, 'Update', live.apiVersion, mine))
  return withFields(structuredClone(changed) as Record<string, unknown>, entries)
}

function identityOf(object: KubeObject): Record<string, unknown> {
  const { name, namespace } = object.metadata
  const metadata = namespace === undefined ? { name } : { name, namespace }
  return { apiVersion: object.apiVersion, kind: object.kind, metadata }
}

function contentOf(object: KubeObject): Record<string, unknown> {
  const { apiVersion: _a, kind: _k, status: _s, metadata, ...rest } = object
  const { labels, annotations, finalizers } = metadata
  const kept = Object.fromEntries(
    Object.entries({ labels, annotations, finalizers }).filter(([, value]) => value !== undefined),
  )
  return Object.keys(kept).length === 0 ? rest : { ...rest, metadata: kept }
}

function fieldsOf(content: unknown): FieldSet {
  const builder = new FieldSetBuilder()
  collect(content, [], builder)
  return builder.build()
}

function collect(value: unknown, path: FieldPath, builder: FieldSetBuilder): void {
  if (!isRecord(value) || Object.keys(value).length === 0) {
    if (path.length > 0) builder.add(path)
    return
  }
  for (const [name, field] of Object.entries(value)) collect(field, [...path, fieldElement(name)], builder)
}

function setOf(entry: ManagedFieldsEntry): FieldSet {
  const parsed = parseFieldsV1(entry.fieldsV1 ?? {})
  if (!parsed.ok) throw new Error(parsed.failure.message)
  return parsed.value
}

function without(entry: ManagedFieldsEntry, lost: ReadonlySet<string>): ManagedFieldsEntry[] {
  const builder = new FieldSetBuilder()
  let left = 0
  for (const path of pathsOf(setOf(entry))) {
    if (lost.has(JSON.stringify(path)) || path.length === 0) continue
    builder.add(path)
    left += 1
  }
  return left === 0 ? [] : [{ ...entry, fieldsV1: formatFieldsV1(builder.build()) }]
}

function isOwn(entry: ManagedFieldsEntry, manager: string): boolean {
  return entry.manager === manager && entry.operation === 'Apply'
}

function entryOf(
  manager: string,
  operation: 'Apply' | 'Update',
  apiVersion: string,
  set: FieldSet,
): ManagedFieldsEntry {
  return { manager, operation, apiVersion, fieldsType: 'FieldsV1', fieldsV1: formatFieldsV1(set) }
}

function withFields(object: Record<string, unknown>, managedFields: readonly ManagedFieldsEntry[]): KubeObject {
  const typed = object as unknown as KubeObject
  return { ...typed, metadata: { ...typed.metadata, managedFields } }
}

function valueAt(value: unknown, path: FieldPath): unknown {
  let at = value
  for (const element of path) at = isRecord(at) ? at[element.slice(2)] : undefined
  return at
}

function setAt(target: Record<string, unknown>, path: FieldPath, value: unknown): void {
  const [element, ...rest] = path
  if (element === undefined) return
  const name = element.slice(2)
  if (rest.length === 0) {
    target[name] = structuredClone(value)
    return
  }
  if (!isRecord(target[name])) target[name] = {}
  setAt(target[name] as Record<string, unknown>, rest, value)
}

function removeAt(target: Record<string, unknown>, path: FieldPath): void {
  const [element, ...rest] = path
  if (element === undefined) return
  const name = element.slice(2)
  const below = target[name]
  if (rest.length === 0) {
    delete target[name]
    return
  }
  if (!isRecord(below)) return
  removeAt(below, rest)
  if (Object.keys(below).length === 0) delete target[name]
}
