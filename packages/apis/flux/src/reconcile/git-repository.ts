import { type Failure } from '@kedge/base'
import { describeFailure } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { jitter } from '../spec/duration.ts'
import { isRecord } from '../spec/field-reader.ts'
import { checkGitUrl, readGitRepository, type GitRepositorySpec } from '../spec/git-repository.ts'
import {
  artifactStatus,
  baseStatus,
  keptStatus,
  newFailure,
  suspendedSource,
  terminalReasons,
  withStanding,
} from '../sources/source-status.ts'
import { isTrue, readConditions, type Standing } from '../status/conditions.ts'
import { type EventNote } from '../status/event-note.ts'
import { perform, type Artifact, type FetchAnswer, type FluxProgram, type GitFetch } from './effects.ts'
import { type PassEnd } from './pass-end.ts'
import { secretBytes } from './secret-data.ts'
import { type PassContext } from './settings.ts'

/** One pass over a GitRepository: look at the remote, fetch when it moved, and say so in the status (SPEC.md R1 to R9). */
export function* reconcileGitRepository(object: KubeObject, context: PassContext): FluxProgram<PassEnd> {
  const parsed = readGitRepository(object)
  if (!parsed.ok) return stalled(object, parsed.failure, context)
  const spec = parsed.value
  if (spec.suspend) return suspendedSource(object)
  const url = checkGitUrl(spec.url)
  if (!url.ok) return stalled(object, url.failure, context)
  const secrets = yield* readSecrets(object, spec)
  if (!secrets.ok) return failed(object, { failure: secrets.failure, spec }, context)
  const answer = yield* perform({
    kind: 'fetch-git',
    spec,
    request: {
      namespace: object.metadata.namespace ?? '',
      name: object.metadata.name ?? '',
      url: url.value,
      known: readArtifact(object),
      ...secrets.value,
    },
  })
  if (answer.kind === 'fetched') return fetched(object, { answer, spec }, context)
  if (terminalReasons.has(answer.failure.code)) return stalled(object, answer.failure, context)
  return failed(object, { failure: answer.failure, spec }, context)
}

type Secrets =
  | { readonly ok: true; readonly value: Pick<GitFetch, 'credentials' | 'proxy'> }
  | { readonly ok: false; readonly failure: Failure }

function* readSecrets(object: KubeObject, spec: GitRepositorySpec): FluxProgram<Secrets> {
  const namespace = object.metadata.namespace ?? ''
  const found: Record<string, Readonly<Record<string, Uint8Array>>> = {}
  for (const [role, name] of [['credentials', spec.secretName] as const, ['proxy', spec.proxySecretName] as const]) {
    if (name === undefined) continue
    const secret = yield* perform({ kind: 'read', ref: { apiVersion: 'v1', kind: 'Secret', namespace, name } })
    if (secret === undefined) {
      const message = `failed to get secret '${namespace}/${name}': secrets "${name}" not found`
      return { ok: false, failure: { code: 'AuthenticationFailed', message, fix: 'create the Secret' } }
    }
    found[role] = secretBytes(secret)
  }
  return { ok: true, value: { credentials: found['credentials'], proxy: found['proxy'] } }
}

/** The artifact that a source's status names; undefined when it has none. */
export function readArtifact(source: KubeObject): Artifact | undefined {
  const status = isRecord(source['status']) ? source['status'] : {}
  const artifact = isRecord(status['artifact']) ? status['artifact'] : {}
  const { revision, digest } = artifact
  return typeof revision === 'string' && typeof digest === 'string' ? { revision, digest } : undefined
}

/** What an artifact says that it was made from, as `flux push artifact` notes it; undefined when it does not. */
export function readOriginRevision(source: KubeObject): string | undefined {
  const status = isRecord(source['status']) ? source['status'] : {}
  const artifact = isRecord(status['artifact']) ? status['artifact'] : {}
  const metadata = isRecord(artifact['metadata']) ? artifact['metadata'] : {}
  const revision = metadata['org.opencontainers.image.revision']
  return typeof revision === 'string' && revision !== '' ? revision : undefined
}

function fetched(
  object: KubeObject,
  outcome: { readonly answer: Extract<FetchAnswer, { kind: 'fetched' }>; readonly spec: GitRepositorySpec },
  context: PassContext,
): PassEnd {
  const { artifact } = outcome.answer
  const message = `stored artifact for revision '${artifact.revision}'`
  const standing: Standing = { kind: 'succeeded', reason: 'Succeeded', message }
  const conditions = withStanding(object, standing, {
    context,
    extra: [{ type: 'ArtifactInStorage', status: 'True', reason: 'Succeeded', message }],
    gone: ['FetchFailed', 'ArtifactOutdated', 'StorageOperationFailed', 'IncludeUnavailable'],
  })
  const known = readArtifact(object)
  const same = known?.revision === artifact.revision && known.digest === artifact.digest
  const { spec } = outcome
  const status = {
    ...baseStatus(object, conditions),
    artifact: artifactStatus(object, artifact, context.now),
    ...(spec.ignore === undefined ? {} : { observedIgnore: spec.ignore }),
    ...(spec.include.length === 0 ? {} : { observedInclude: observedInclude(spec) }),
    ...(spec.sparseCheckout.length === 0 ? {} : { observedSparseCheckout: spec.sparseCheckout }),
  }
  const notes: EventNote[] = []
  if (!same) {
    const subject = artifact.subject === '' ? '' : ` '${artifact.subject}'`
    notes.push({
      severity: 'info',
      reason: 'NewArtifact',
      message: `stored artifact for commit${subject === '' ? ` '${artifact.revision}'` : subject}`,
      metadata: {
        'source.toolkit.fluxcd.io/revision': artifact.revision,
        'source.toolkit.fluxcd.io/digest': artifact.digest,
      },
    })
  } else if (isTrue(readConditions(object['status']), 'FetchFailed')) {
    notes.push({ severity: 'info', reason: 'Succeeded', message, metadata: {} })
  }
  const intervalMs = jitter(spec.intervalMs, context.settings.intervalJitterPercent, context.random)
  return { status, notes, next: { kind: 'done', intervalMs }, summary: '' }
}

function observedInclude(spec: GitRepositorySpec): readonly unknown[] {
  return spec.include.map((include) => ({
    repository: { name: include.repository },
    fromPath: include.fromPath,
    toPath: include.toPath,
  }))
}

function failed(
  object: KubeObject,
  outcome: { readonly failure: Failure; readonly spec: GitRepositorySpec },
  context: PassContext,
): PassEnd {
  const reason = reasonOf(outcome.failure)
  const message = describeFailure(outcome.failure)
  const type = outcome.failure.code === 'IncludeUnavailable' ? 'IncludeUnavailable' : 'FetchFailed'
  const standing: Standing = { kind: 'failed', reason, message }
  const conditions = withStanding(object, standing, {
    context,
    extra: [{ type, status: 'True', reason, message }],
    gone: type === 'FetchFailed' ? ['IncludeUnavailable'] : ['FetchFailed'],
  })
  return {
    status: { ...keptStatus(object), ...baseStatus(object, conditions) },
    notes: newFailure(object, { reason, message }),
    next:
      type === 'IncludeUnavailable'
        ? { kind: 'after', delayMs: context.settings.requeueDependencyMs }
        : { kind: 'retry', cause: message },
    summary: message,
  }
}

/** Reasons are words for programs: a code that already is Flux's stays, all others are the operation's failure. */
function reasonOf(failure: Failure): string {
  const known = ['AuthenticationFailed', 'EmptyGitRepository', 'IncludeUnavailable', 'IllegalPath']
  return known.includes(failure.code) ? failure.code : 'GitOperationFailed'
}

function stalled(object: KubeObject, failure: Failure, context: PassContext): PassEnd {
  const message = describeFailure(failure)
  const reason = failure.code
  const conditions = withStanding(
    object,
    { kind: 'stalled', reason, message },
    {
      context,
      extra: [{ type: 'FetchFailed', status: 'True', reason, message }],
      gone: [],
    },
  )
  return {
    status: { ...keptStatus(object), ...baseStatus(object, conditions) },
    notes: newFailure(object, { reason, message }),
    next: { kind: 'stalled', reason: message },
    summary: message,
  }
}
