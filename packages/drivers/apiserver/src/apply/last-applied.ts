import { intersectFields, isEmptyFieldSet, subtractFields, type FieldSet } from '@kedge/fields'
import { isObject, member, text, type JsonObject } from '../schema/json.ts'
import { checkShape } from './check-shape.ts'
import { compareValues } from './compare-objects.ts'
import { fieldsOf } from './fields-of.ts'
import type { Conflicts } from './ownership.ts'
import type { Shape } from './shape.ts'

const annotation = 'kubectl.kubernetes.io/last-applied-configuration'

/** The manager name for which kubectl's own record of what was applied counts. */
export const kubectlManager = 'kubectl'

/**
 * Conflicts that remain when kubectl moves from client-side to server-side apply: on fields that its last-applied
 * annotation holds with the value they have now, there is none.
 */
export function conflictsBesideLastApplied(shape: Shape, live: JsonObject, conflicts: Conflicts): Conflicts {
  const allowed = fieldsLastApplied(shape, live)
  if (allowed === undefined) return conflicts
  return conflicts
    .map(({ owner, fields }) => ({ owner, fields: subtractFields(fields, intersectFields(fields, allowed)) }))
    .filter(({ fields }) => !isEmptyFieldSet(fields))
}

function fieldsLastApplied(shape: Shape, live: JsonObject): FieldSet | undefined {
  const recorded = text(member(member(live, 'metadata'), 'annotations'), annotation)
  const applied = recorded === undefined ? undefined : parse(recorded)
  if (!isObject(applied) || applied['apiVersion'] !== live['apiVersion']) return undefined
  if (checkShape(shape, applied, 'refuse') !== undefined) return undefined
  const { added, modified, removed } = compareValues(shape, applied, live)
  return [modified, added, removed].reduce((set, other) => subtractFields(set, other), fieldsOf(shape, applied))
}

/** Keeps kubectl's last-applied annotation, where there is one, up to date with what it applies on the server side. */
export function updateLastApplied(object: Record<string, unknown>, applied: JsonObject): void {
  const metadata = member(object, 'metadata')
  const annotations = member(metadata, 'annotations')
  if (!isObject(metadata) || !isObject(annotations)) return
  const present = annotations[annotation]
  if (typeof present !== 'string' || present === '') return
  const value = `${JSON.stringify(sortKeys(withoutAnnotation(applied)))}\n`
  object['metadata'] = { ...metadata, annotations: { ...annotations, [annotation]: value } }
}

function withoutAnnotation(applied: JsonObject): JsonObject {
  const metadata = member(applied, 'metadata')
  const annotations = member(metadata, 'annotations')
  if (!isObject(metadata) || !isObject(annotations)) return applied
  const { [annotation]: gone, ...rest } = annotations
  if (gone === undefined) return applied
  return { ...applied, metadata: { ...metadata, annotations: rest } }
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((name) => [name, sortKeys(value[name])]),
  )
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
