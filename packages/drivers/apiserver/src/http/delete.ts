import type { Draft } from '../contracts.ts'
import { definitionShelf } from '../discovery/definitions.ts'
import { shelfOf } from '../discovery/registry.ts'
import type { StoredObject } from '../store/stored-object.ts'
import { storedAnswer } from './answers.ts'
import { decodeBody } from './bodies.ts'
import { objectAnswer, type Answer, type Call } from './call.ts'
import { finishDefinition, isFinished, put, remove } from './commit.ts'
import { cloneValue, isDraft, isEqual, metadataOf, ownMetadata, partOf, textOf, textsOf, timestamp } from './draft.ts'
import { optionError, parseDryRun, parseListOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { presentationOf } from './presentation.ts'
import { pageOf } from './read.ts'
import { requireStored, resourceSubject, viewFor, type Scope } from './scope.ts'
import { badRequest, conflict, deleted, StatusError } from './status.ts'

/** What a client asks of a deletion. */
export interface DeleteOptions {
  readonly graceSeconds: number | undefined
  readonly propagation: 'Orphan' | 'Background' | 'Foreground' | undefined
  readonly uid: string
  readonly resourceVersion: string
  readonly dryRun: boolean
}

/** DELETE of one object. */
export function deleteOne(parts: Parts, scope: Scope, call: Call): Answer {
  const options = readDeleteOptions(parts, call)
  const old = requireStored(parts, scope)
  checkPreconditions(scope, old, options)
  const outcome = deleteStored(parts, scope, { old, options })
  // Kinds that end gracefully show their last state, whether it took time or not.
  if (outcome.kind === 'gone' && scope.kind.strategy.graceSeconds === undefined) {
    return objectAnswer(200, deleted(resourceSubject(scope), textOf(metadataOf(old.object), 'uid')))
  }
  const written = { stored: outcome.stored, warnings: [] }
  return storedAnswer(parts, { scope, call, status: 200, written, warnings: [] })
}

/** DELETE of a collection: everything that the selectors match. Answers with what was there. */
export function deleteCollection(parts: Parts, scope: Scope, call: Call): Answer {
  const options = readDeleteOptions(parts, call)
  const { items } = pageOf(parts, scope, parseListOptions(call.query))
  for (const old of items) deleteStored(parts, scope, { old, options })
  const presentation = presentationOf(parts, scope, call)
  const meta = { resourceVersion: String(parts.storage.revision) }
  const shown = items.map((stored) => viewFor(parts, scope.kind, stored))
  return { kind: 'object', status: 200, payload: presentation.list(shown, meta), contentType: presentation.contentType }
}

/** Begins, and where nothing holds it back completes, the deletion of an object. */
export function deleteStored(
  parts: Parts,
  scope: Pick<Scope, 'shelf' | 'kind'>,
  request: { readonly old: StoredObject; readonly options: DeleteOptions },
): { readonly kind: 'gone' | 'waiting'; readonly stored: StoredObject } {
  const { old, options } = request
  const marked = markDeleted(parts, scope, request)
  const placement = { scope, key: old.key, dryRun: options.dryRun }
  if (marked === undefined) return { kind: 'waiting', stored: old }
  if (isFinished(scope.kind, marked)) {
    const wasMarked = metadataOf(old.object)['deletionTimestamp'] !== undefined
    const isGraceful = wasMarked || scope.kind.strategy.graceSeconds !== undefined
    const stored = remove(parts, { ...placement, object: isGraceful ? marked : { ...old.object } })
    return { kind: 'gone', stored }
  }
  const stored = put(parts, { ...placement, object: marked })
  if (scope.shelf === definitionShelf && !options.dryRun) clearDefinition(parts, old.key)
  return { kind: 'waiting', stored: parts.storage.get(scope.shelf, old.key) ?? stored }
}

/** The objects of a deleted definition go first; those with finalizers hold it. */
function clearDefinition(parts: Parts, shelf: string): void {
  const options = { graceSeconds: undefined, propagation: undefined, uid: '', resourceVersion: '', dryRun: false }
  const kind = parts.registry.all().find((each) => shelfOf(each) === shelf)
  if (kind !== undefined)
    for (const old of parts.storage.list(shelf)) deleteStored(parts, { shelf, kind }, { old, options })
  finishDefinition(parts, shelf)
}

/** The object on its way out; undefined when it is already on it and this request changes nothing. */
function markDeleted(
  parts: Parts,
  scope: Pick<Scope, 'kind'>,
  request: { readonly old: StoredObject; readonly options: DeleteOptions },
): Draft | undefined {
  const { old, options } = request
  const before = metadataOf(old.object)
  const finalizers = finalizersFor(textsOf(before, 'finalizers'), options.propagation)
  const grace = scope.kind.strategy.graceSeconds?.(old.object, options.graceSeconds) ?? 0
  const object = cloneValue(old.object) as Draft
  const metadata = ownMetadata(object)
  if (finalizers.length === 0) delete metadata['finalizers']
  else metadata['finalizers'] = finalizers
  const earlier = before['deletionGracePeriodSeconds']
  const isMarked = before['deletionTimestamp'] !== undefined
  const shortens = typeof earlier === 'number' && grace < earlier
  if (isMarked && !shortens && isEqual(finalizers, textsOf(before, 'finalizers'))) {
    return isFinished(scope.kind, object) ? object : undefined
  }
  if (!isMarked || shortens) setDeletion(scope, metadata, { nowMs: parts.clock.now(), grace })
  if (!isMarked) bumpGeneration(metadata)
  scope.kind.strategy.prepareForDelete?.(object)
  return object
}

function setDeletion(
  scope: Pick<Scope, 'kind'>,
  metadata: Draft,
  time: { readonly nowMs: number; readonly grace: number },
): void {
  metadata['deletionTimestamp'] = timestamp(time.nowMs + time.grace * 1000)
  // A namespace is not given time: it ends with its content.
  if (scope.kind.kind !== 'Namespace') metadata['deletionGracePeriodSeconds'] = time.grace
}

function bumpGeneration(metadata: Draft): void {
  const { generation } = metadata
  if (typeof generation === 'number' && generation > 0) metadata['generation'] = generation + 1
}

/** Orphan and foreground deletion are carried out by the garbage collector, which takes its finalizer off at the end. */
function finalizersFor(present: readonly string[], propagation: DeleteOptions['propagation']): readonly string[] {
  if (propagation === undefined) return present
  const others = present.filter((finalizer) => finalizer !== 'orphan' && finalizer !== 'foregroundDeletion')
  if (propagation === 'Orphan') return [...others, 'orphan']
  return propagation === 'Foreground' ? [...others, 'foregroundDeletion'] : others
}

function checkPreconditions(scope: Scope, old: StoredObject, options: DeleteOptions): void {
  const metadata = metadataOf(old.object)
  const subject = { group: scope.kind.group, kind: scope.kind.kind, name: scope.name }
  const uid = textOf(metadata, 'uid')
  if (options.uid !== '' && options.uid !== uid) {
    throw conflict(
      subject,
      `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    )
  }
  const revision = textOf(metadata, 'resourceVersion')
  if (options.resourceVersion === '' || options.resourceVersion === revision) return
  throw conflict(
    subject,
    `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${revision}). The object might have been modified`,
  )
}

/** DeleteOptions come in the body, or in the query when there is none. */
function readDeleteOptions(parts: Parts, call: Call): DeleteOptions {
  const hasBody = call.body.kind === 'value' || (call.body.kind === 'bytes' && call.body.bytes.length > 0)
  const given = hasBody ? decodeOptions(parts, call) : fromQuery(call.query)
  const preconditions = partOf(given, 'preconditions')
  const dryRun = [...textsOf(given, 'dryRun'), ...call.query.getAll('dryRun')]
  return {
    graceSeconds: typeof given['gracePeriodSeconds'] === 'number' ? given['gracePeriodSeconds'] : undefined,
    propagation: readPropagation(given),
    uid: textOf(preconditions, 'uid'),
    resourceVersion: textOf(preconditions, 'resourceVersion'),
    dryRun: parseDryRun(dryRun, 'DeleteOptions'),
  }
}

function decodeOptions(parts: Parts, call: Call): Draft {
  try {
    const { value } = decodeBody(call, parts.protobuf, 'DeleteOptions')
    if (isDraft(value)) return value
  } catch (error) {
    const unreadable = "couldn't get version/kind"
    if (!(error instanceof StatusError) || !error.message.includes(unreadable)) throw error
    const reason = error.message.slice(error.message.indexOf(unreadable)).replace(/ \([^)]*\)$/s, '')
    throw badRequest(reason)
  }
  throw badRequest('the body of a deletion must be DeleteOptions')
}

function readPropagation(given: Readonly<Draft>): DeleteOptions['propagation'] {
  const policy = textOf(given, 'propagationPolicy')
  const orphan = given['orphanDependents']
  if (policy === '') return orphan === true ? 'Orphan' : orphan === false ? 'Background' : undefined
  const shown = JSON.stringify(policy)
  if (typeof orphan === 'boolean') {
    const message = `Invalid value: ${shown}: orphanDependents and deletionPropagation cannot be both set`
    throw optionError('DeleteOptions', 'propagationPolicy', { reason: 'FieldValueInvalid', message })
  }
  if (policy === 'Orphan' || policy === 'Background' || policy === 'Foreground') return policy
  const message = `Unsupported value: ${shown}: supported values: "Foreground", "Background", "Orphan", "nil"`
  throw optionError('DeleteOptions', 'propagationPolicy', { reason: 'FieldValueNotSupported', message })
}

function fromQuery(query: URLSearchParams): Draft {
  const grace = query.get('gracePeriodSeconds') ?? ''
  return {
    ...(grace === '' ? {} : { gracePeriodSeconds: Number(grace) }),
    propagationPolicy: query.get('propagationPolicy') ?? '',
    ...(query.has('orphanDependents') ? { orphanDependents: query.get('orphanDependents') === 'true' } : {}),
  }
}
