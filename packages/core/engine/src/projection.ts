import { emptyFieldSet, parseElement, parseFieldsV1, projectFields, type FieldSet } from '@kedge/fields'
import type { KubeObject } from '@kedge/manifest'

import { digestOf, isRecord, sameJson } from './canonical.ts'
import type { AppliedRecord } from './model/memory.ts'

/** The fields of a live object that a manager owns by server-side apply; empty when it owns none. */
export function ownedFields(live: KubeObject, fieldManager: string): FieldSet {
  const entry = live.metadata.managedFields?.find(
    (one) => one.manager === fieldManager && one.operation === 'Apply' && (one.subresource ?? '') === '',
  )
  if (entry?.fieldsV1 === undefined) return emptyFieldSet
  const parsed = parseFieldsV1(entry.fieldsV1)
  return parsed.ok ? parsed.value : emptyFieldSet
}

/** Digest of the part of a live object that a manager owns: equal digests mean that nobody changed that part. */
export function projectionDigest(live: KubeObject, fieldManager: string): string {
  const owned = ownedFields(live, fieldManager)
  return owned === emptyFieldSet ? digestOf(null) : digestOf(projectFields(live, owned))
}

/** What is remembered of an object right after it was applied or found as desired. */
export function recordOf(live: KubeObject, desiredDigest: string, fieldManager: string): AppliedRecord {
  const digests = { desiredDigest, projectionDigest: projectionDigest(live, fieldManager) }
  const { uid = '', resourceVersion = '' } = live.metadata
  return { uid, resourceVersion, ...digests, digest: appliedDigest(digests) }
}

/** The digest of an inventory entry: changes when the source or the owned part of the live object changes. */
export function appliedDigest(record: Pick<AppliedRecord, 'desiredDigest' | 'projectionDigest'>): string {
  return digestOf([record.desiredDigest, record.projectionDigest])
}

/**
 * Whether a live object is as desired, told without asking the server: the manager owns exactly the fields that the
 * desired object has, and they have the desired values. Says no where the server normalised a value (`1000m` → `1`).
 */
export function isEvidentlyAsDesired(live: KubeObject, object: KubeObject, fieldManager: string): boolean {
  const owned = ownedFields(live, fieldManager)
  if (owned === emptyFieldSet) return false
  const content = contentOf(object)
  return coversFields(owned, content) && sameOwned(content, live, owned)
}

/** Whether two objects have the same values in the fields of a set; part by part, because the first mostly tells. */
function sameOwned(a: unknown, b: unknown, owned: FieldSet): boolean {
  for (const child of owned.children) {
    const part = { owned: false, children: new Map([child]) }
    if (!sameJson(projectFields(a, part), projectFields(b, part))) return false
  }
  return true
}

/** An object without what identifies it, which nobody owns. */
function contentOf(object: KubeObject): Readonly<Record<string, unknown>> {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = object
  const { name: _name, namespace: _namespace, ...others } = metadata
  return Object.keys(others).length === 0 ? rest : { ...rest, metadata: others }
}

/** Whether every field of a value is in the set or below a leaf of it. */
function coversFields(set: FieldSet, value: unknown): boolean {
  if (set.children.size === 0) return set.owned
  if (Array.isArray(value)) return value.every((item) => coversItem(set, item))
  if (!isRecord(value)) return set.owned
  return Object.entries(value).every(([name, field]) => {
    const below = set.children.get(`f:${name}`)
    return below !== undefined && coversFields(below, field)
  })
}

function coversItem(set: FieldSet, item: unknown): boolean {
  for (const [element, below] of set.children) {
    const step = parseElement(element)
    if (step?.kind === 'value' && sameJson(step.value, item)) return true
    const matches =
      step?.kind === 'key' &&
      isRecord(item) &&
      Object.entries(step.keys).every(([name, value]) => item[name] === undefined || sameJson(item[name], value))
    if (matches && coversFields(below, item)) return true
  }
  return false
}
