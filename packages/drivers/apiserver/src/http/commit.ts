import type { Draft, FieldError, Refusal, ResourceKind } from '../contracts.ts'
import { freezeDeep, storageKey, StoredObject } from '../store/stored-object.ts'
import { cleanupFinalizer, definitionErrors, definitionShelf, settleDefinition } from '../discovery/definitions.ts'
import type { Call } from './call.ts'
import { isEqual, metadataOf, ownMetadata, textOf, textsOf, timestamp } from './draft.ts'
import type { WriteOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { kindSubject, resourceSubject, strategyContext, toStorage, writesStatus, type Scope } from './scope.ts'
import { invalid, StatusError } from './status.ts'

/** A draft in the request's version, on its way into storage. */
export interface Write {
  readonly scope: Scope
  readonly call: Call
  readonly options: WriteOptions
  readonly draft: Draft
  /** Server-side apply has settled who owns what. */
  readonly isApplied?: boolean
}

/** The outcome of a write: what is stored now, or would be. */
export interface Written {
  readonly stored: StoredObject
  readonly warnings: readonly string[]
}

/** Stores a new object whose identity is settled. */
export function commitCreate(parts: Parts, write: Write): Written {
  const { scope, draft, options } = write
  const { strategy } = scope.kind
  applyDefaults(parts, scope, draft)
  recordManager(parts, write, undefined)
  const object = toStorage(scope.kind, draft)
  const context = strategyContext(parts, write.call, options.dryRun)
  strategy.prepareForCreate(object, context)
  // The status of a custom kind has defaults too, though clients cannot send it here.
  if (scope.kind.custom) parts.types.applySchemaDefaults(textOf(object, 'apiVersion'), scope.kind.kind, object)
  settle(parts, scope, object)
  refuse(scope, object, strategy.admit?.(object, undefined, context))
  if (strategy.hasGeneration) ownMetadata(object)['generation'] = 1
  refuseInvalid(scope, object, [
    ...(scope.kind.custom ? parts.types.validate(textOf(object, 'apiVersion'), scope.kind.kind, object) : []),
    ...strategy.validateCreate(object, context),
    ...(scope.shelf === definitionShelf ? definitionErrors(parts.types, object) : []),
  ])
  const name = textOf(metadataOf(object), 'name')
  const key = storageKey(scope.namespace, name)
  return { stored: put(parts, { scope, key, object, dryRun: options.dryRun }), warnings: strategy.warnings(object) }
}

/** Stores a changed object, unless nothing changed; removes it when it was only waiting for this change. */
export function commitUpdate(
  parts: Parts,
  write: Write & { readonly old: StoredObject; readonly live: Readonly<Draft> },
): Written {
  const { scope, draft, options, old } = write
  const { strategy } = scope.kind
  carryIdentity(draft, write.live)
  applyDefaults(parts, scope, draft)
  recordManager(parts, write, write.live)
  const object = toStorage(scope.kind, draft)
  const context = strategyContext(parts, write.call, options.dryRun)
  if (scope.subresource === '') strategy.prepareForUpdate(object, old.object, context)
  else if (writesStatus(scope)) strategy.prepareStatus?.(object, old.object)
  settle(parts, scope, object)
  refuse(scope, object, strategy.admit?.(object, old.object, context))
  if (!writesStatus(scope)) keepGeneration(scope, object, old.object)
  refuseInvalid(scope, object, [
    ...finalizerErrors(object, old.object),
    ...(scope.kind.custom
      ? parts.types.validate(textOf(object, 'apiVersion'), scope.kind.kind, object, old.object)
      : []),
    ...(scope.subresource === '' ? strategy.validateUpdate(object, old.object, context) : []),
    ...(scope.subresource === '' && scope.shelf === definitionShelf ? definitionErrors(parts.types, object) : []),
  ])
  const warnings = strategy.warnings(object)
  ownMetadata(object)['resourceVersion'] = metadataOf(old.object)['resourceVersion']
  if (isUnchanged(object, old.object)) return { stored: old, warnings }
  const placement = { scope, key: old.key, object, dryRun: options.dryRun }
  return { stored: isFinished(scope.kind, object) ? remove(parts, placement) : put(parts, placement), warnings }
}

/** Names of definitions are accepted in the write itself, so that their kinds are served when the answer is there. */
function settle(parts: Parts, scope: Scope, object: Draft): void {
  if (scope.shelf === definitionShelf) settleDefinition(parts.registry, object, parts.clock.now())
}

/** Ends the request the way built-in admission wants it. */
function refuse(scope: Scope, object: Readonly<Draft>, refusal: Refusal | undefined): void {
  if (refusal === undefined) return
  const { code, reason, message, causes } = refusal
  const { group, kind } = resourceSubject(scope)
  const subject = { name: textOf(metadataOf(object), 'name'), ...(group === '' ? {} : { group }), kind }
  throw new StatusError(code, reason, {
    message,
    details: { ...(reason === 'Forbidden' ? subject : {}), ...(causes === undefined ? {} : { causes }) },
  })
}

interface Placement {
  readonly scope: Pick<Scope, 'shelf'>
  readonly key: string
  readonly object: Draft
  readonly dryRun: boolean
}

/** Puts an object in its place, or says what would be there. */
export function put(parts: Parts, placement: Placement): StoredObject {
  const { scope, key, object, dryRun } = placement
  if (dryRun) return new StoredObject(key, parts.storage.revision, freezeDeep(object))
  return parts.storage.write({ kind: 'put', resource: scope.shelf, key, object })
}

/** Takes an object out, its last state being the given one. */
export function remove(parts: Parts, placement: Placement): StoredObject {
  const { scope, key, object, dryRun } = placement
  if (dryRun) return new StoredObject(key, parts.storage.revision, freezeDeep(object))
  const removed = parts.storage.write({ kind: 'remove', resource: scope.shelf, key, object })
  finishDefinition(parts, scope.shelf)
  return removed
}

/** Lets a deleted definition go once the last of its objects is gone. */
export function finishDefinition(parts: Parts, shelf: string): void {
  if (parts.storage.count(shelf) > 0) return
  const definition = parts.storage.get(definitionShelf, shelf)
  if (definition === undefined) return
  const metadata = metadataOf(definition.object)
  if (metadata['deletionTimestamp'] === undefined) return
  const finalizers = textsOf(metadata, 'finalizers').filter((finalizer) => finalizer !== cleanupFinalizer)
  const object = { ...definition.object, metadata: { ...metadata, finalizers } }
  const kind = finalizers.length === 0 ? 'remove' : 'put'
  parts.storage.write({ kind, resource: definitionShelf, key: definition.key, object })
}

/** Refuses the object when there is anything wrong with it. */
function refuseInvalid(scope: Scope, object: Readonly<Draft>, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(kindSubject(scope, textOf(metadataOf(object), 'name')), errors)
}

function applyDefaults(parts: Parts, scope: Scope, draft: Draft): void {
  if (scope.kind.custom) parts.types.applySchemaDefaults(scope.apiVersion, scope.kind.kind, draft)
  scope.kind.strategy.applyDefaults(draft)
}

/** Fields that a client cannot change, from the live object. */
function carryIdentity(draft: Draft, live: Readonly<Draft>): void {
  const metadata = ownMetadata(draft)
  const old = metadataOf(live)
  for (const field of ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generation']) {
    if (old[field] === undefined) delete metadata[field]
    else metadata[field] = old[field]
  }
  delete metadata['selfLink']
}

/** Writes down what the client now owns; server-side apply has done so already. */
function recordManager(parts: Parts, write: Write, live: Readonly<Draft> | undefined): void {
  if (write.isApplied === true) return
  parts.fields.recordUpdate({
    apiVersion: write.scope.apiVersion,
    kind: write.scope.kind.kind,
    live,
    next: write.draft,
    manager: write.options.fieldManager,
    subresource: write.scope.subresource,
    now: timestamp(parts.clock.now()),
  })
}

function keepGeneration(scope: Scope, object: Draft, old: Readonly<Draft>): void {
  const { strategy } = scope.kind
  if (!strategy.hasGeneration) return
  const before = metadataOf(old)['generation']
  const generation = typeof before === 'number' ? before : 0
  ownMetadata(object)['generation'] = strategy.specChanged(object, old) ? generation + 1 : generation
}

/** No finalizer may come once the deletion has begun. */
function finalizerErrors(object: Readonly<Draft>, old: Readonly<Draft>): readonly FieldError[] {
  const metadata = metadataOf(object)
  if (metadata['deletionTimestamp'] === undefined) return []
  const before = textsOf(metadataOf(old), 'finalizers')
  const added = textsOf(metadata, 'finalizers').filter((finalizer) => !before.includes(finalizer))
  if (added.length === 0) return []
  const names = added.map((finalizer) => JSON.stringify(finalizer)).join(', ')
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`
  return [{ reason: 'FieldValueForbidden', field: 'metadata.finalizers', message }]
}

/** Whether nothing changed but the times at which managers were recorded. */
function isUnchanged(object: Readonly<Draft>, old: Readonly<Draft>): boolean {
  const { metadata: newMetadata, ...rest } = object
  const { metadata: oldMetadata, ...oldRest } = old
  return isEqual(rest, oldRest) && isEqual(withoutTimes(newMetadata as Draft), withoutTimes(oldMetadata as Draft))
}

function withoutTimes(metadata: Readonly<Draft>): Draft {
  const managers = metadata['managedFields']
  if (!Array.isArray(managers)) return metadata
  return { ...metadata, managedFields: managers.map((entry: Readonly<Draft>) => ({ ...entry, time: '' })) }
}

/** Whether a deletion that waited for finalizers or a grace period has nothing left to wait for. */
export function isFinished(kind: ResourceKind, object: Readonly<Draft>): boolean {
  const metadata = metadataOf(object)
  if (metadata['deletionTimestamp'] === undefined || textsOf(metadata, 'finalizers').length > 0) return false
  if (kind.strategy.heldAfterDelete?.(object) === true) return false
  const grace = metadata['deletionGracePeriodSeconds']
  return grace === undefined || grace === 0
}
