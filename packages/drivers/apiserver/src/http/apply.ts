import type { Draft } from '../contracts.ts'
import { storageKey } from '../store/stored-object.ts'
import { admitToNamespace } from './admission.ts'
import { storedAnswer } from './answers.ts'
import { decodeText, requireDraft } from './bodies.ts'
import type { Answer, Call } from './call.ts'
import { commitCreate } from './commit.ts'
import { cloneValue, metadataOf, ownMetadata, textOf, timestamp } from './draft.ts'
import { giveIdentity, placeInNamespace } from './identity.ts'
import { JsonSyntaxError } from './json-syntax.ts'
import { optionError, parseWriteOptions, type WriteOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { resourceSubject, viewFor, type Scope } from './scope.ts'
import { badRequest, conflict, notFound, StatusError } from './status.ts'
import { replace, requireName } from './update.ts'

/** Server-side apply: PATCH with an applied configuration. Creates the object when it is not there. */
export function applyAnswer(parts: Parts, scope: Scope, call: Call): Answer {
  const options = applyOptions(call)
  const { applied, warnings } = readApplied(scope, { call, options })
  const old = parts.storage.get(scope.shelf, storageKey(scope.namespace, scope.name))
  if (old === undefined && scope.subresource !== '') throw notFound(resourceSubject(scope))
  const live = old === undefined ? undefined : viewFor(parts, scope.kind, old).object
  const draft = merge(parts, scope, { applied, live, options })
  placeInNamespace(scope, ownMetadata(draft))
  if (old !== undefined) return replace(parts, { scope, call, options, draft, warnings, old, isApplied: true })
  refuseIdentityOfNothing(scope, metadataOf(applied))
  admitToNamespace(parts, scope, scope.name)
  delete ownMetadata(draft)['resourceVersion']
  giveIdentity(parts, scope, draft)
  const written = commitCreate(parts, { scope, call, options, draft, isApplied: true })
  return storedAnswer(parts, { scope, call, status: 201, written, warnings })
}

function applyOptions(call: Call): WriteOptions {
  if ((call.query.get('fieldManager') ?? '') === '') {
    throw optionError('PatchOptions', 'fieldManager', {
      reason: 'FieldValueRequired',
      message: 'Required value: is required for apply patch',
    })
  }
  return parseWriteOptions(call.query, 'PatchOptions', call.userAgent)
}

function readApplied(
  scope: Scope,
  request: { readonly call: Call; readonly options: WriteOptions },
): { readonly applied: Draft; readonly warnings: readonly string[] } {
  const { call, options } = request
  const { value, duplicates } = decodeApplied(call)
  const applied = requireDraft(value)
  checkApplied(scope, applied)
  // Unknown fields are not complained of here: the field manager refuses them.
  const complaints = duplicates.map((field) => `duplicate field "${field}"`)
  if (options.fieldValidation === 'Ignore' || complaints.length === 0) return { applied, warnings: [] }
  if (options.fieldValidation === 'Warn') return { applied, warnings: complaints }
  throw badRequest(`error decoding patch: strict decoding error: ${complaints.join(', ')}`)
}

function decodeApplied(call: Call): { readonly value: unknown; readonly duplicates: readonly string[] } {
  if (call.body.kind === 'value') return { value: cloneValue(call.body.value), duplicates: [] }
  try {
    return decodeText(call.body.kind === 'bytes' ? call.body.bytes : new Uint8Array(), true)
  } catch (error) {
    if (error instanceof JsonSyntaxError) {
      throw badRequest(`error decoding patch: error converting YAML to JSON: ${error.reason}`)
    }
    if (error instanceof StatusError) throw badRequest(`error decoding patch: ${error.message}`)
    throw error
  }
}

function checkApplied(scope: Scope, applied: Draft): void {
  const { kind } = scope
  const metadata = ownMetadata(applied)
  if (applied['apiVersion'] !== scope.apiVersion || applied['kind'] !== kind.kind) {
    const apiVersion = textOf(applied, 'apiVersion')
    const version = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
    throw badRequest(`invalid object type: ${version}, Kind=${textOf(applied, 'kind')}`)
  }
  if (metadata['managedFields'] !== undefined && metadata['managedFields'] !== null) {
    throw badRequest('metadata.managedFields must be nil')
  }
  requireName(scope, metadata)
  // The namespace is not written into the configuration: the field manager tells messages as it was sent.
  placeInNamespace(scope, { ...metadata })
}

function merge(
  parts: Parts,
  scope: Scope,
  request: { readonly applied: Draft; readonly live: Readonly<Draft> | undefined; readonly options: WriteOptions },
): Draft {
  const { applied, live, options } = request
  const result = parts.fields.apply({
    apiVersion: scope.apiVersion,
    kind: scope.kind.kind,
    live,
    applied,
    manager: options.fieldManager,
    force: options.force,
    subresource: scope.subresource,
    now: timestamp(parts.clock.now()),
  })
  if (result.kind === 'merged') return cloneValue(result.object)
  if (result.kind === 'refused') throw new StatusError(result.code, result.reason, { message: result.message })
  throw new StatusError(409, 'Conflict', {
    message: result.message,
    details: {
      causes: result.conflicts.map((each) => ({
        reason: 'FieldManagerConflict',
        message: conflictCause(each),
        field: each.field,
      })),
    },
  })
}

function conflictCause(each: {
  readonly manager: string
  readonly operation: string
  readonly apiVersion: string
  readonly subresource: string
}): string {
  const manager = `conflict with ${JSON.stringify(each.manager)}`
  const part = each.subresource === '' ? '' : ` with subresource ${JSON.stringify(each.subresource)}`
  return each.operation === 'Update' ? `${manager}${part} using ${each.apiVersion}` : `${manager}${part}`
}

/** An apply that names a uid means an existing object. */
function refuseIdentityOfNothing(scope: Scope, metadata: Readonly<Draft>): void {
  if (textOf(metadata, 'uid') !== '') {
    throw conflict(
      resourceSubject(scope),
      `uid mismatch: the provided object specified uid ${textOf(metadata, 'uid')}, and no existing object was found`,
    )
  }
}
