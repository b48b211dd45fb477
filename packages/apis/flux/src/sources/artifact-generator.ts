import { type Failure } from '@kedge/base'
import { digestText } from '@kedge/engine'
import { type KubeObject } from '@kedge/manifest'

import { perform, type FluxProgram, type GeneratedArtifact, type ObservedSource } from '../reconcile/effects.ts'
import { readArtifact, readOriginRevision } from '../reconcile/git-repository.ts'
import { type PassEnd } from '../reconcile/pass-end.ts'
import { type PassContext } from '../reconcile/settings.ts'
import { jitter } from '../spec/duration.ts'
import { isRecord } from '../spec/field-reader.ts'
import { findCondition, readConditions } from '../status/conditions.ts'
import { type EventNote } from '../status/event-note.ts'
import {
  checkArtifactGenerator,
  isDisabledGenerator,
  readArtifactGenerator,
  type ArtifactGeneratorSpec,
  type GeneratorSource,
} from './artifact-generator-spec.ts'
import { externalArtifactOf, isOfGenerator, matchesExternal, type ExternalWrite } from './external-artifact.ts'
import { awaitedSource } from './source-end.ts'
import { baseStatus, keptStatus, newFailure, withStanding } from './source-status.ts'

/** The finalizer of ArtifactGenerators, which is none of the other Flux kinds. */
export const generatorFinalizer = 'source.extensions.fluxcd.io/finalizer'

/** How often a generator is looked at when nothing changes, milliseconds. */
const intervalMs = 3_600_000

/** Reasons that only a change of the object, or of its sources, can mend. */
const terminalReasons: ReadonlySet<string> = new Set(['ValidationFailed', 'AccessDenied', 'UnsupportedSourceKind'])

interface GeneratorPass {
  readonly object: KubeObject
  readonly context: PassContext
}

/** An entry of status.inventory. */
interface Entry {
  readonly name: string
  readonly namespace: string
  readonly digest: string
  readonly filename: string
}

/** One pass over an ArtifactGenerator: make its artifacts, and the objects that name them (SPEC.md GA1 to GA12). */
export function* reconcileArtifactGenerator(object: KubeObject, context: PassContext): FluxProgram<PassEnd> {
  const pass: GeneratorPass = { object, context }
  if (object.metadata.deletionTimestamp !== undefined) return yield* removeGenerator(object)
  const finalizers = object.metadata.finalizers ?? []
  if (!finalizers.includes(generatorFinalizer))
    yield* perform({ kind: 'set-finalizers', finalizers: [...finalizers, generatorFinalizer] })
  if (isDisabledGenerator(object)) return disabledEnd(pass)
  const parsed = readArtifactGenerator(object)
  if (!parsed.ok) return failedEnd(pass, parsed.failure, { isTerminal: true })
  const spec = parsed.value
  const { namespace = '' } = object.metadata
  const { noCrossNamespaceRefs } = context.settings
  const checked = checkArtifactGenerator(spec, { namespace, noCrossNamespaceRefs })
  if (!checked.ok) return failedEnd(pass, checked.failure, { isTerminal: true })
  const observed = yield* observeSources(spec)
  if (!observed.ok) return sourceFailed(pass, observed.failure)
  const answer = yield* perform({
    kind: 'generate',
    request: { place: { namespace, name: object.metadata.name ?? '' }, spec, sources: observed.sources },
  })
  switch (answer.kind) {
    case 'awaited':
      return awaitedSource(context)
    case 'failed':
      return failedEnd(pass, answer.failure, { isTerminal: answer.isTerminal })
    case 'generated':
      return yield* settle(pass, { spec, sources: observed.sources, artifacts: answer.artifacts })
  }
}

type Observation =
  | { readonly ok: true; readonly sources: readonly ObservedSource[] }
  | { readonly ok: false; readonly failure: Failure & { readonly isMissing: boolean } }

function* observeSources(spec: ArtifactGeneratorSpec): FluxProgram<Observation> {
  const sources: ObservedSource[] = []
  for (const source of spec.sources) {
    const { kind, namespace, name } = source
    const found = yield* perform({
      kind: 'read',
      ref: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind, namespace, name },
    })
    const artifact = found === undefined ? undefined : readArtifact(found)
    if (found === undefined || artifact === undefined)
      return { ok: false, failure: { ...unavailable(source, found !== undefined), isMissing: found === undefined } }
    sources.push({ ...source, ...artifact, originRevision: readOriginRevision(found) ?? artifact.revision })
  }
  return { ok: true, sources }
}

function unavailable({ kind, namespace, name }: GeneratorSource, exists: boolean): Failure {
  const place = `${kind}/${namespace}/${name}`
  const message = exists ? `source '${place}' is not ready` : `source '${place}' not found`
  const fix = exists ? 'see its conditions' : 'create it, or correct spec.sources'
  return { code: 'SourceFetchFailed', message: `get sources failed: ${message}`, fix }
}

interface Made {
  readonly spec: ArtifactGeneratorSpec
  readonly sources: readonly ObservedSource[]
  readonly artifacts: readonly GeneratedArtifact[]
}

/** Brings the ExternalArtifacts to what was made, and removes those that nothing makes any more. */
function* settle(pass: GeneratorPass, made: Made): FluxProgram<PassEnd> {
  const { object } = pass
  const present = yield* ownExternals(object)
  const writes = yield* planWrites(pass, made, present)
  if (writes.kind === 'foreign') return foreignEnd(pass, writes.found)
  const { namespace = '', name = '' } = object.metadata
  for (const { isStored, ...write } of writes.writes)
    yield* perform({ kind: 'settle-external', generator: { namespace, name }, write, isStored })
  const names = new Set(made.artifacts.map((one) => one.name))
  for (const [own, external] of present) if (!names.has(own)) yield* perform({ kind: 'delete-external', external })
  return succeededEnd(pass, made)
}

type Writes =
  | { readonly kind: 'planned'; readonly writes: readonly (ExternalWrite & { readonly isStored: boolean })[] }
  /** An object of a wanted name is somebody else's. */
  | { readonly kind: 'foreign'; readonly found: KubeObject }

function* planWrites(
  { object, context }: GeneratorPass,
  { spec, artifacts }: Made,
  present: ReadonlyMap<string, KubeObject>,
): FluxProgram<Writes> {
  const ready = findCondition(readConditions(object['status']), 'Ready')
  const isNewSpec = ready?.observedGeneration !== object.metadata.generation
  const writes: (ExternalWrite & { readonly isStored: boolean })[] = []
  for (const artifact of artifacts) {
    const found = present.get(artifact.name) ?? (yield* readExternal(object, artifact.name))
    if (found !== undefined && !isOfGenerator(found, object)) return { kind: 'foreign', found }
    const input = { generator: object, found, metadata: spec.commonMetadata, now: context.now }
    const wanted = externalArtifactOf(artifact, input)
    writes.push({ ...wanted, isStored: !isNewSpec && found !== undefined && matchesExternal(found, wanted) })
  }
  return { kind: 'planned', writes }
}

/** The generator's ExternalArtifacts by name: those with its label, and those that its inventory names. */
function* ownExternals(object: KubeObject): FluxProgram<ReadonlyMap<string, KubeObject>> {
  const own = new Map<string, KubeObject>()
  for (const one of yield* perform({ kind: 'list-generated', generator: object })) own.set(one.metadata.name ?? '', one)
  for (const { name } of readEntries(object)) {
    const found = own.get(name) ?? (yield* readExternal(object, name))
    if (found !== undefined && isOfGenerator(found, object)) own.set(name, found)
  }
  return own
}

function* readExternal(generator: KubeObject, name: string): FluxProgram<KubeObject | undefined> {
  const { namespace = '' } = generator.metadata
  const apiVersion = 'source.toolkit.fluxcd.io/v1'
  return yield* perform({ kind: 'read', ref: { apiVersion, kind: 'ExternalArtifact', namespace, name } })
}

/** What it made goes with it, then the finalizer. */
function* removeGenerator(object: KubeObject): FluxProgram<PassEnd> {
  const present = yield* ownExternals(object)
  for (const external of present.values()) yield* perform({ kind: 'delete-external', external })
  const finalizers = object.metadata.finalizers ?? []
  const left = finalizers.filter((one) => one !== generatorFinalizer)
  if (left.length !== finalizers.length) yield* perform({ kind: 'set-finalizers', finalizers: left })
  return { status: undefined, notes: [], next: { kind: 'stalled', reason: 'deleted' }, summary: '' }
}

function succeededEnd({ object, context }: GeneratorPass, { sources, artifacts }: Made): PassEnd {
  const { namespace = '' } = object.metadata
  const entries = artifacts.map(({ name, artifact: { digest, path } }) => {
    return { name, namespace, digest, filename: path.slice(path.lastIndexOf('/') + 1) }
  })
  const message = `reconciliation succeeded, generated ${String(entries.length)} artifact(s)`
  const conditions = withStanding(
    object,
    { kind: 'succeeded', reason: 'Succeeded', message },
    { context, extra: [], gone: [] },
  )
  return {
    status: {
      ...statusOf(object, conditions),
      inventory: entries,
      observedSourcesDigest: digestSources(sources),
    },
    notes: changesOf(readEntries(object), entries),
    next: { kind: 'done', intervalMs: jitter(intervalMs, context.settings.intervalJitterPercent, context.random) },
    summary: '',
  }
}

function changesOf(before: readonly Entry[], after: readonly Entry[]): readonly EventNote[] {
  const known = new Set(before.map(({ name, digest }) => `${name} ${digest}`))
  const changed = after.filter(({ name, digest }) => !known.has(`${name} ${digest}`))
  if (changed.length === 0) return []
  const lines = changed.map(({ namespace, name, digest }) => `${namespace}/${name} (${digest})`)
  const message = `external artifacts reconciled: ${lines.join('\n')}`
  return [{ severity: 'info', reason: 'Ready', message, metadata: {} }]
}

/** Names the artifacts of all sources; where they can be had is left out, since it changes with every start. */
function digestSources(sources: readonly ObservedSource[]): string {
  const lines = sources.map(
    ({ alias, digest, revision, originRevision }) =>
      `${alias}=[digest=${digest},revision=${revision},origin=${originRevision}]`,
  )
  return digestText(lines.toSorted().join('|'))
}

function readEntries(object: KubeObject): readonly Entry[] {
  const status = object['status']
  const list = isRecord(status) ? status['inventory'] : undefined
  return Array.isArray(list) ? list.filter(isEntry) : []
}

function isEntry(value: unknown): value is Entry {
  return isRecord(value) && typeof value['name'] === 'string' && typeof value['digest'] === 'string'
}

function disabledEnd({ object, context }: GeneratorPass): PassEnd {
  const isFresh = findCondition(readConditions(object['status']), 'Ready') === undefined
  const standing = {
    kind: 'succeeded',
    reason: 'ReconciliationDisabled',
    message: 'Initialized with reconciliation suspended',
  } as const
  const conditions = withStanding(object, standing, { context, extra: [], gone: [] })
  const { conditions: kept } = keptStatus(object)
  return {
    status: statusOf(object, isFresh ? conditions : kept),
    notes: [],
    next: { kind: 'stalled', reason: 'disabled' },
    summary: 'Reconciliation is disabled',
  }
}

function sourceFailed(pass: GeneratorPass, failure: Failure & { readonly isMissing: boolean }): PassEnd {
  const { isMissing, ...plain } = failure
  const delayMs = pass.context.settings.requeueDependencyMs
  const end = failedEnd(pass, plain, { delayMs })
  // The source wakes the generator when it has files; nothing is wrong enough for an event.
  return isMissing ? end : { ...end, notes: [] }
}

function foreignEnd(pass: GeneratorPass, found: KubeObject): PassEnd {
  const { name = '' } = found.metadata
  return failedEnd(
    pass,
    {
      code: 'ReconciliationFailed',
      message: `${name} reconcile failed: an ExternalArtifact of this name is there and is not of this generator`,
      fix: 'delete it, or choose another name',
    },
    {},
  )
}

function failedEnd(
  { object, context }: GeneratorPass,
  failure: Failure,
  how: { readonly isTerminal?: boolean; readonly delayMs?: number },
): PassEnd {
  const { code: reason } = failure
  const message = failure.fix === undefined ? failure.message : `${failure.message}; ${failure.fix}`
  const isTerminal = how.isTerminal === true || terminalReasons.has(reason)
  const conditions = withStanding(
    object,
    { kind: isTerminal ? 'stalled' : 'failed', reason, message },
    { context, extra: [], gone: [] },
  )
  return {
    status: statusOf(object, conditions),
    notes: newFailure(object, { reason, message }),
    next: isTerminal
      ? { kind: 'stalled', reason: message }
      : how.delayMs === undefined
        ? { kind: 'retry', cause: message }
        : { kind: 'after', delayMs: how.delayMs },
    summary: message,
  }
}

/** The kind's status has no generation of its own. */
function statusOf(object: KubeObject, conditions: unknown): Readonly<Record<string, unknown>> {
  const { observedGeneration: _none, ...base } = baseStatus(object, [])
  return { ...keptStatus(object), ...base, conditions }
}
