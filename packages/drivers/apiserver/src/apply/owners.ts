import { formatFieldsV1, isEmptyFieldSet, parseFieldsV1, type FieldSet } from '@kedge/fields'
import { isObject, member, text } from '../schema/json.ts'

/** Who owns fields: an entry of metadata.managedFields. */
export interface Owner {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  /** The version whose field names `fields` uses. */
  readonly apiVersion: string
  readonly subresource: string
  readonly fields: FieldSet
  /** When the owner last changed something; co-owners that never did have none. RFC 3339, whole seconds. */
  readonly time?: string
}

/** Owners by their identity: manager, operation, subresource and, for updates, version. */
export type Owners = ReadonlyMap<string, Owner>

/** The identity under which an owner's entries are one, in the form the real server sorts conflicts by. */
export function ownerKey(owner: Omit<Owner, 'fields' | 'time'>): string {
  return JSON.stringify({
    ...(owner.manager === '' ? {} : { manager: owner.manager }),
    operation: owner.operation,
    ...(owner.operation === 'Update' && owner.apiVersion !== '' ? { apiVersion: owner.apiVersion } : {}),
    ...(owner.subresource === '' ? {} : { subresource: owner.subresource }),
  })
}

/** Reads metadata.managedFields; undefined where an entry cannot be read. */
export function readOwners(object: unknown): Owners | undefined {
  const entries = managedFieldsOf(object)
  const out = new Map<string, Owner>()
  for (const entry of entries) {
    const owner = readOwner(entry)
    if (owner === undefined) return undefined
    out.set(ownerKey(owner), owner)
  }
  return out
}

/** The raw entries of metadata.managedFields; empty where there are none. */
export function managedFieldsOf(object: unknown): readonly unknown[] {
  const entries = member(member(object, 'metadata'), 'managedFields')
  return Array.isArray(entries) ? entries : []
}

/** Sets by the stored form that they were read from, and back: what nobody changes is neither read nor written anew. */
const read = new WeakMap<object, FieldSet>()
const written = new WeakMap<FieldSet, object>()

function readFields(stored: unknown): FieldSet | undefined {
  const isKept = typeof stored === 'object' && stored !== null && Object.isFrozen(stored)
  const known = isKept ? read.get(stored) : undefined
  if (known !== undefined) return known
  const parsed = parseFieldsV1(stored)
  if (!parsed.ok) return undefined
  if (isKept) {
    read.set(stored, parsed.value)
    written.set(parsed.value, stored)
  }
  return parsed.value
}

function readOwner(entry: unknown): Owner | undefined {
  const operation = text(entry, 'operation')
  const apiVersion = text(entry, 'apiVersion') ?? ''
  if (operation !== 'Apply' && operation !== 'Update') return undefined
  if (apiVersion === '' || text(entry, 'fieldsType') !== 'FieldsV1') return undefined
  const fields = readFields(member(entry, 'fieldsV1') ?? {})
  if (fields === undefined) return undefined
  const time = text(entry, 'time')
  return {
    manager: text(entry, 'manager') ?? '',
    operation,
    apiVersion,
    subresource: text(entry, 'subresource') ?? '',
    fields,
    ...(time === undefined ? {} : { time }),
  }
}

/** Writes the owners into the object's metadata.managedFields, in the real server's order; none leaves the field out. */
export function writeOwners(object: Record<string, unknown>, owners: Owners): void {
  const metadata = object['metadata']
  const target = isObject(metadata) ? { ...metadata } : {}
  const entries = [...owners.values()].filter((owner) => !isEmptyFieldSet(owner.fields)).toSorted(compareOwners)
  if (entries.length === 0) delete target['managedFields']
  else target['managedFields'] = entries.map(writeOwner)
  object['metadata'] = target
}

function writeOwner(owner: Owner): Record<string, unknown> {
  return {
    ...(owner.manager === '' ? {} : { manager: owner.manager }),
    operation: owner.operation,
    apiVersion: owner.apiVersion,
    ...(owner.time === undefined ? {} : { time: owner.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: written.get(owner.fields) ?? formatFieldsV1(owner.fields),
    ...(owner.subresource === '' ? {} : { subresource: owner.subresource }),
  }
}

function compareOwners(a: Owner, b: Owner): number {
  return (
    compareText(a.operation, b.operation) ||
    timeOf(a) - timeOf(b) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  )
}

/** Seconds since 1970, 0 for an owner without time. */
export function timeOf(owner: Owner): number {
  const parsed = owner.time === undefined ? Number.NaN : Date.parse(owner.time)
  return Number.isNaN(parsed) ? 0 : Math.floor(parsed / 1000)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
