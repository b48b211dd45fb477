import type { Draft } from '../contracts.ts'
import { storageKey, type StoredObject } from '../store/stored-object.ts'
import { storedAnswer } from './answers.ts'
import type { Answer, Call } from './call.ts'
import { commitUpdate } from './commit.ts'
import { cloneValue, metadataOf, ownMetadata, textOf } from './draft.ts'
import { placeInNamespace } from './identity.ts'
import { readIncoming } from './incoming.ts'
import { parseWriteOptions, type WriteOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { requireStored, resourceSubject, viewFor, writesStatus, type Scope } from './scope.ts'
import { badRequest, conflict, invalid, modified, StatusError } from './status.ts'

/** PUT of an object, or of its status. */
export function update(parts: Parts, scope: Scope, call: Call): Answer {
  const options = parseWriteOptions(call.query, 'UpdateOptions', call.userAgent)
  const { draft, warnings } = readIncoming(parts, { call, expected: scope.kind, options })
  const old = requireStored(parts, scope)
  requireRevision(scope, draft)
  return replace(parts, { scope, call, options, draft, warnings, old, isApplied: false })
}

/** Custom objects are never overwritten unseen. */
function requireRevision(scope: Scope, draft: Readonly<Draft>): void {
  if (!scope.kind.custom || textOf(metadataOf(draft), 'resourceVersion') !== '') return
  const message = 'Invalid value: 0: must be specified for an update'
  throw invalid(resourceSubject(scope), [{ reason: 'FieldValueInvalid', field: 'metadata.resourceVersion', message }])
}

/** A whole new state for a stored object, from a PUT or as the outcome of a patch. */
export interface Replacement {
  readonly scope: Scope
  readonly call: Call
  readonly options: WriteOptions
  readonly draft: Draft
  readonly warnings: readonly string[]
  readonly old: StoredObject
  /** Server-side apply has settled the managers already. */
  readonly isApplied: boolean
}

export function replace(parts: Parts, replacement: Replacement): Answer {
  const { scope, call, options, warnings, old, isApplied } = replacement
  const live = viewFor(parts, scope.kind, old).object
  checkIdentity(scope, replacement.draft, live)
  const draft = restrict(scope, replacement.draft, live)
  const written = commitUpdate(parts, { scope, call, options, draft, old, live, isApplied })
  return storedAnswer(parts, { scope, call, status: 200, written, warnings })
}

/** The name must be that of the path, and uid and resourceVersion, where given, those of the stored object. */
function checkIdentity(scope: Scope, draft: Draft, live: Readonly<Draft>): void {
  const metadata = ownMetadata(draft)
  const old = metadataOf(live)
  requireName(scope, metadata)
  placeInNamespace(scope, metadata)
  const uid = textOf(metadata, 'uid')
  const liveUid = textOf(old, 'uid')
  if (uid !== '' && uid !== liveUid) {
    const group = scope.kind.custom ? `${scope.kind.group}/` : ''
    const key = `/registry/${group}${scope.kind.resource}/${storageKey(scope.namespace, scope.name)}`
    const detail = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${liveUid}`
    const message = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${detail}`
    throw conflict(resourceSubject(scope), message)
  }
  const revision = textOf(metadata, 'resourceVersion')
  if (revision === '' || revision === textOf(old, 'resourceVersion')) return
  if (/^\d+$/.test(revision)) throw modified(resourceSubject(scope))
  throw new StatusError(500, '', { message: `strconv.ParseUint: parsing ${JSON.stringify(revision)}: invalid syntax` })
}

/** An object must carry the name of its path. */
export function requireName(scope: Scope, metadata: Readonly<Draft>): void {
  const name = textOf(metadata, 'name')
  if (name === scope.name) return
  throw badRequest(
    name === ''
      ? `the name of the object (${scope.name} based on URL) was undeterminable: name must be provided`
      : `the name of the object (${name}) does not match the name on the URL (${scope.name})`,
  )
}

/** What of the new state this verb may change: all but status, or status alone. */
function restrict(scope: Scope, draft: Draft, live: Readonly<Draft>): Draft {
  if (writesStatus(scope)) return withStatusOf(draft, live, scope.kind.custom)
  if (!('status' in scope.kind.subresources)) return draft
  const { status: _status, ...rest } = draft
  return live['status'] === undefined ? rest : { ...rest, status: cloneValue(live['status']) }
}

/**
 * The live object with the new status; of the metadata only what a status update may change. Of built-in kinds it may
 * change annotations: the deployment controller marks revisions so, without a new generation.
 */
function withStatusOf(draft: Draft, live: Readonly<Draft>, isCustom: boolean): Draft {
  const { status: _old, metadata: oldMetadata, ...kept } = live
  // What is stored of a custom kind stays as it is: shared, and not looked at again.
  const rest: Draft = { ...(isCustom ? kept : cloneValue(kept)), metadata: cloneValue(oldMetadata) }
  const { managedFields, annotations } = metadataOf(draft)
  const metadata: Draft = { ...metadataOf(rest), ...(managedFields === undefined ? {} : { managedFields }) }
  if (!isCustom && annotations !== undefined) metadata['annotations'] = annotations
  const status = draft['status']
  return { ...rest, metadata, ...(status === undefined ? {} : { status }) }
}
