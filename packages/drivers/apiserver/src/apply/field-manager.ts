import { emptyFieldSet, fieldSetOf, isEmptyFieldSet, subtractFields, unionFields, type FieldSet } from '@kedge/fields'
import type { ApplyRequest, ApplyResult, Draft, FieldManager } from '../contracts.ts'
import { isObject, member, text, type JsonObject } from '../schema/json.ts'
import { capUpdaters } from './cap-updaters.ts'
import { checkShape } from './check-shape.ts'
import { conflictResult } from './conflict-message.ts'
import { conflictsBesideLastApplied, kubectlManager, updateLastApplied } from './last-applied.ts'
import { applyConfiguration, ownersAfterUpdate, type Applied, type OwnedKind } from './ownership.ts'
import { managedFieldsOf, ownerKey, readOwners, writeOwners, type Owner, type Owners } from './owners.ts'
import type { Shape } from './shape.ts'
import { strategicMerge } from './strategic-merge.ts'

/** What the field manager asks the type system. */
export interface ManagedTypes {
  /** How values of a kind are merged; undefined when the version is not served. */
  shapeOf(apiVersion: string, kind: string): Shape | undefined
  /** The schema of a kind, undefined when it is not served. */
  schemaOf(apiVersion: string, kind: string): JsonObject | undefined
  /** The fields that an endpoint (`''`, `status`, …) of a kind resets. */
  resetFields(apiVersion: string, kind: string, subresource: string): FieldSet
  /** The object as the real server's typed form would write it; custom kinds are left as they are. */
  normalize(apiVersion: string, kind: string, draft: Draft): void
}

/** Fields that nobody owns: the server sets them, or they say which object it is. */
const unowned: FieldSet = fieldSetOf([
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName'].map((name) => below(name)),
  ...['generation', 'managedFields', 'resourceVersion'].map((name) => below(name)),
])

function below(name: string): string[] {
  return ['f:metadata', `f:${name}`]
}

/** Identity of the request at hand until it is merged with the manager's older entry. */
const currentOperation = 'current-operation'

/** Makes the keeper of managedFields over a type system. */
export function createFieldManager(types: ManagedTypes): FieldManager {
  return {
    apply: (request) => apply(types, request),
    recordUpdate(request) {
      const { apiVersion, kind, live, next, manager, subresource, now } = request
      const owners = ownersToStartFrom(live, next, subresource)
      dropManagedFields(next)
      const isCreate = text(member(live, 'metadata'), 'uid') === undefined
      const result =
        owners.size === 0 && !isCreate
          ? owners
          : update(types, { apiVersion, kind, live, next, manager, subresource, now }, owners)
      writeOwners(next, result)
    },
    // The contract has four parameters.
    strategicMerge: (...[apiVersion, kind, target, patch]) =>
      strategicMerge(types.schemaOf(apiVersion, kind) ?? {}, target, patch),
  }
}

type Update = Parameters<FieldManager['recordUpdate']>[0]

/** What a client sends counts, unless it comes through a subresource, or is not there or not readable. */
function ownersToStartFrom(live: Readonly<Draft> | undefined, next: Draft, subresource: string): Owners {
  const stored = readOwners(live) ?? new Map<string, Owner>()
  if (subresource !== '') return stored
  const sent = managedFieldsOf(next)
  const isReset = sent.length === 1 && isObject(sent[0]) && Object.keys(sent[0]).length === 0
  if (isReset) return new Map()
  const read = readOwners(next)
  return read === undefined || read.size === 0 ? stored : read
}

/** Settles who owns what after `next` took the place of `live`. */
function update(types: ManagedTypes, request: Update, owners: Owners): Owners {
  const { apiVersion, kind, subresource, manager } = request
  const before = types.shapeOf(apiVersion, kind)
  if (before === undefined) return owners
  const entry = { manager, operation: 'Update', apiVersion, subresource } as const
  const change = {
    kind: ownedKind(types, request),
    before: typedForm(types, request, request.live),
    after: typedForm(types, request, request.next),
    apiVersion,
    self: currentOperation,
  }
  const settled = new Map(ownersAfterUpdate(change, owners, entry))
  const current = settled.get(currentOperation)
  settled.delete(currentOperation)
  if (current !== undefined) {
    const fields = subtractFields(current.fields, unowned)
    const key = ownerKey(entry)
    const previous = settled.get(key)
    if (!isEmptyFieldSet(fields)) {
      settled.set(key, { ...entry, time: request.now, fields: unionFields(fields, previous?.fields ?? emptyFieldSet) })
    }
  }
  return capUpdaters(settled)
}

function ownedKind(
  types: ManagedTypes,
  of: { readonly apiVersion: string; readonly kind: string; readonly subresource: string },
): OwnedKind {
  return {
    shape: (apiVersion) => types.shapeOf(apiVersion, of.kind),
    reset: types.resetFields(of.apiVersion, of.kind, of.subresource),
  }
}

/** An object, or the empty one, as the typed server would see it, without managedFields. */
function typedForm(
  types: ManagedTypes,
  of: { readonly apiVersion: string; readonly kind: string },
  object: Readonly<Draft> | undefined,
): Draft {
  const copy: Draft = { ...object, apiVersion: of.apiVersion, kind: of.kind }
  dropManagedFields(copy)
  types.normalize(of.apiVersion, of.kind, copy)
  return copy
}

function dropManagedFields(object: Draft): void {
  const metadata = object['metadata']
  if (!isObject(metadata) || metadata['managedFields'] === undefined) return
  const { managedFields, ...rest } = metadata
  if (managedFields !== undefined) object['metadata'] = rest
}

function apply(types: ManagedTypes, request: ApplyRequest): ApplyResult {
  const refusal = refuse(types, request)
  if (refusal !== undefined) return refusal
  const shape = types.shapeOf(request.apiVersion, request.kind) ?? {}
  const live = typedForm(types, request, request.live)
  const owners = ownersBeforeApply(types, request)
  const run = (force: boolean): Applied =>
    applyConfiguration({ kind: ownedKind(types, request), shape, live, applied: request.applied }, owners, {
      self: ownerKey(entryOf(request)),
      entry: entryOf(request),
      force,
    })
  let result = run(request.force)
  if (result.conflicts !== undefined && request.manager === kubectlManager) {
    const rest = conflictsBesideLastApplied(shape, live, result.conflicts)
    result = rest.length === 0 ? run(true) : { conflicts: rest }
  }
  if (result.conflicts !== undefined) return conflictResult(result.conflicts)
  return { kind: 'merged', object: finish(types, request, { live, object: result.object, owners: result.owners }) }
}

function entryOf(request: ApplyRequest): Omit<Owner, 'fields' | 'time'> {
  const { manager, apiVersion, subresource } = request
  return { manager, operation: 'Apply', apiVersion, subresource }
}

function finish(
  types: ManagedTypes,
  request: ApplyRequest,
  result: { readonly live: Draft; readonly object: unknown; readonly owners: Owners },
): Draft {
  const changed = isObject(result.object) ? result.object : undefined
  const object: Draft = { ...(changed ?? result.live) }
  types.normalize(request.apiVersion, request.kind, object)
  writeOwners(object, withoutUnowned(result.owners, request, changed !== undefined))
  if (request.manager === kubectlManager) updateLastApplied(object, request.applied)
  return object
}

/** The applier's entry loses what nobody owns, and gets the time when something changed. */
function withoutUnowned(owners: Owners, request: ApplyRequest, hasChanged: boolean): Owners {
  const key = ownerKey(entryOf(request))
  const own = owners.get(key)
  if (own === undefined) return owners
  const fields = subtractFields(own.fields, unowned)
  const out = new Map(owners)
  if (isEmptyFieldSet(fields)) out.delete(key)
  else out.set(key, { ...own, fields, ...(hasChanged ? { time: request.now } : {}) })
  return out
}

/** An object from before fields were tracked gets an owner for all it has. */
function ownersBeforeApply(types: ManagedTypes, request: ApplyRequest): Owners {
  const owners = readOwners(request.live) ?? new Map<string, Owner>()
  if (owners.size > 0 || request.live === undefined) return owners
  const { apiVersion, kind, subresource, now } = request
  const manager = 'before-first-apply'
  return update(types, { apiVersion, kind, live: undefined, next: request.live, manager, subresource, now }, owners)
}

function refuse(types: ManagedTypes, request: ApplyRequest): ApplyResult | undefined {
  const { applied, apiVersion, kind } = request
  const version = text(applied, 'apiVersion') ?? ''
  if (version !== apiVersion) {
    const message = `Incorrect version specified in apply patch. Specified patch version: ${version}, expected: ${apiVersion}`
    return { kind: 'refused', code: 400, reason: 'BadRequest', message }
  }
  const managed = member(member(applied, 'metadata'), 'managedFields')
  if (managed !== undefined && managed !== null) {
    return { kind: 'refused', code: 400, reason: 'BadRequest', message: 'metadata.managedFields must be nil' }
  }
  const shape = types.shapeOf(apiVersion, kind)
  if (shape === undefined) {
    const message = `no corresponding type for ${describeKind(apiVersion, kind)}`
    return {
      kind: 'refused',
      code: 500,
      reason: '',
      message: `failed to create typed patch object (${describe(request)}): ${message}`,
    }
  }
  const problem = checkShape(shape, applied, 'refuse')
  if (problem === undefined) return undefined
  const message = `failed to create typed patch object (${describe(request)}): ${problem}`
  return { kind: 'refused', code: 500, reason: '', message }
}

function describe(request: ApplyRequest): string {
  const metadata: JsonObject | undefined = isObject(request.applied['metadata'])
    ? request.applied['metadata']
    : undefined
  const place = `${text(metadata, 'namespace') ?? ''}/${text(metadata, 'name') ?? ''}`
  return `${place}; ${describeKind(request.apiVersion, request.kind)}`
}

function describeKind(apiVersion: string, kind: string): string {
  const groupVersion = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
  return `${groupVersion}, Kind=${kind}`
}
