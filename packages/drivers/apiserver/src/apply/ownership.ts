import {
  emptyFieldSet,
  intersectFields,
  isEmptyFieldSet,
  subtractFieldTrees,
  subtractFields,
  unionFields,
  type FieldSet,
} from '@kedge/fields'
import { jsonEquals } from '../schema/json.ts'
import { compareValues, type Comparison } from './compare-objects.ts'
import { fieldsOf } from './fields-of.ts'
import { mergeValues } from './merge-objects.ts'
import { ownerKey, type Owner, type Owners } from './owners.ts'
import { reconcileFields } from './reconcile-shape.ts'
import { removeFields, withDeclaredFields } from './remove-fields.ts'
import type { Shape } from './shape.ts'

/** What ownership must know of the kind an object has, in each version somebody may own fields in. */
export interface OwnedKind {
  /** The type in a version; undefined where the version is not served any more. */
  shape(apiVersion: string): Shape | undefined
  /** Fields that the endpoint in use resets, so that nobody comes to own them through it. */
  readonly reset: FieldSet
}

/** Fields that an applied configuration disagrees on with their owners. */
export type Conflicts = readonly { readonly owner: Owner; readonly fields: FieldSet }[]

interface Change {
  readonly kind: OwnedKind
  readonly before: unknown
  readonly after: unknown
  /** The version of the request. */
  readonly apiVersion: string
  /** Identity of who makes the change. */
  readonly self: string
}

/** Owners after an object was changed by other means than apply: who changed a field owns it alone. */
export function ownersAfterUpdate(change: Change, owners: Owners, self: Omit<Owner, 'fields'>): Owners {
  const known = reconcileOwners(change.kind, owners)
  const taken = takeOver(change, known)
  const difference = taken.comparisons.get(change.apiVersion) ?? compareIn(change, change.apiVersion)
  const own = taken.owners.get(change.self)?.fields ?? emptyFieldSet
  const fields = subtractFieldTrees(
    unionFields(unionFields(subtractFields(own, difference.removed), difference.modified), difference.added),
    change.kind.reset,
  )
  const out = new Map(taken.owners)
  if (isEmptyFieldSet(fields)) out.delete(change.self)
  else out.set(change.self, { ...self, fields })
  return out
}

/** What applying a configuration gives. */
export type Applied =
  | { readonly conflicts: Conflicts }
  /** `object` is undefined when nothing changed but, maybe, ownership. */
  | { readonly conflicts?: never; readonly object: unknown; readonly owners: Owners }

/** Merges an applied configuration, drops what its owner no longer applies and nobody else owns, and settles ownership. */
export function applyConfiguration(
  request: { readonly kind: OwnedKind; readonly shape: Shape; readonly live: unknown; readonly applied: unknown },
  owners: Owners,
  by: { readonly self: string; readonly entry: Omit<Owner, 'fields' | 'time'>; readonly force: boolean },
): Applied {
  const { kind, shape, live, applied } = request
  const known = reconcileOwners(kind, owners)
  const previous = known.get(by.self)
  const fields = subtractFieldTrees(fieldsOf(shape, applied), kind.reset)
  const claimed = new Map(known)
  claimed.set(by.self, {
    ...by.entry,
    fields,
    ...(previous?.time === undefined ? {} : { time: previous.time }),
  })
  const merged = mergeValues(shape, live, applied)
  const pruned = previous === undefined ? merged : pruneDropped(kind, { merged, owners: claimed, previous })
  const change: Change = { kind, before: live, after: pruned, apiVersion: by.entry.apiVersion, self: by.self }
  const taken = takeOver(change, claimed)
  if (!by.force && taken.conflicts.length > 0) return { conflicts: taken.conflicts }
  return { object: jsonEquals(live, pruned) ? undefined : pruned, owners: taken.owners }
}

/** Takes changed and removed fields from everybody but `self`; says whose they were. */
function takeOver(
  change: Change,
  owners: Owners,
): {
  readonly owners: Owners
  readonly conflicts: Conflicts
  /** By version. */
  readonly comparisons: ReadonlyMap<string, Comparison>
} {
  const comparisons = new Map<string, Comparison>()
  const conflicts: { owner: Owner; fields: FieldSet }[] = []
  const out = new Map<string, Owner>()
  for (const [key, owner] of owners) {
    if (key === change.self) {
      if (!isEmptyFieldSet(owner.fields)) out.set(key, owner)
      continue
    }
    if (change.kind.shape(owner.apiVersion) === undefined) continue
    let difference = comparisons.get(owner.apiVersion)
    if (difference === undefined) {
      difference = compareIn(change, owner.apiVersion)
      comparisons.set(owner.apiVersion, difference)
    }
    const disputed = intersectFields(owner.fields, unionFields(difference.modified, difference.added))
    if (!isEmptyFieldSet(disputed)) conflicts.push({ owner, fields: disputed })
    const removed = intersectFields(owner.fields, difference.removed)
    if (isEmptyFieldSet(disputed) && isEmptyFieldSet(removed)) {
      out.set(key, owner)
      continue
    }
    const fields = subtractFields(subtractFields(owner.fields, disputed), difference.removed)
    if (!isEmptyFieldSet(fields)) out.set(key, { ...owner, fields })
  }
  return { owners: out, conflicts, comparisons }
}

function compareIn(change: Change, apiVersion: string): Comparison {
  const shape = change.kind.shape(apiVersion)
  if (shape === undefined) return { removed: emptyFieldSet, modified: emptyFieldSet, added: emptyFieldSet }
  const difference = compareValues(shape, change.before, change.after)
  if (isEmptyFieldSet(change.kind.reset)) return difference
  return {
    removed: subtractFieldTrees(difference.removed, change.kind.reset),
    modified: subtractFieldTrees(difference.modified, change.kind.reset),
    added: subtractFieldTrees(difference.added, change.kind.reset),
  }
}

/**
 * Removes what the applier owned before, does not apply any more, and nobody else owns. A list item or map entry that
 * somebody else has something in stays.
 */
function pruneDropped(
  kind: OwnedKind,
  state: { readonly merged: unknown; readonly owners: Owners; readonly previous: Owner },
): unknown {
  const { merged, owners, previous } = state
  const shape = kind.shape(previous.apiVersion)
  const claimed = owners.get(ownerKey(previous))
  // In the same version, nothing was dropped when all of it is applied again.
  const isSameVersion = claimed?.apiVersion === previous.apiVersion
  const dropped = isSameVersion ? subtractFields(previous.fields, claimed.fields) : previous.fields
  if (shape === undefined || isEmptyFieldSet(dropped)) return merged
  const last = withDeclaredFields(shape, previous.fields)
  let pruned = removeFields(shape, merged, last)
  for (const [apiVersion, owned] of ownedByVersion(owners, previous.apiVersion)) {
    const versioned = kind.shape(apiVersion)
    if (versioned === undefined) continue
    const all = withDeclaredFields(versioned, fieldsOf(versioned, merged))
    const kept = withDeclaredFields(versioned, fieldsOf(versioned, pruned))
    const stays = unionFields(kept, withDeclaredFields(versioned, owned))
    pruned = removeFields(versioned, merged, subtractFields(all, stays))
  }
  // Only what the applier itself owned may go: fields that nobody owns come back.
  const kept = withDeclaredFields(shape, fieldsOf(shape, pruned))
  const all = withDeclaredFields(shape, fieldsOf(shape, merged))
  return removeFields(shape, merged, intersectFields(subtractFields(all, kept), last))
}

/** Everything owned, by version; the given version first. */
function ownedByVersion(owners: Owners, first: string): ReadonlyMap<string, FieldSet> {
  const out = new Map<string, FieldSet>([[first, emptyFieldSet]])
  for (const owner of owners.values()) {
    out.set(owner.apiVersion, unionFields(out.get(owner.apiVersion) ?? emptyFieldSet, owner.fields))
  }
  return out
}

function reconcileOwners(kind: OwnedKind, owners: Owners): Owners {
  const out = new Map<string, Owner>()
  for (const [key, owner] of owners) {
    const shape = kind.shape(owner.apiVersion)
    if (shape === undefined) continue
    const fields = reconcileFields(shape, owner.fields)
    out.set(key, fields === owner.fields ? owner : { ...owner, fields })
  }
  return out
}
