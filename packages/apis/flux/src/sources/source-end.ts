import { describeFailure, type Failure } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { type StoredArtifact } from '../reconcile/effects.ts'
import { readArtifact } from '../reconcile/git-repository.ts'
import { type PassEnd } from '../reconcile/pass-end.ts'
import { type PassContext } from '../reconcile/settings.ts'
import { jitter } from '../spec/duration.ts'
import { isTrue, readConditions, type Statement } from '../status/conditions.ts'
import { type EventNote } from '../status/event-note.ts'
import { artifactStatus, baseStatus, keptStatus, newFailure, terminalReasons, withStanding } from './source-status.ts'

/** A pass over a source with a file as its artifact. */
export interface SourcePass {
  readonly object: KubeObject
  readonly context: PassContext
}

/** Conditions that a success ends. */
const abnormal = ['FetchFailed', 'BuildFailed', 'ArtifactOutdated', 'StorageOperationFailed', 'SourceVerified']

/** What is told of a stored artifact. */
export interface Stored {
  readonly artifact: StoredArtifact & { readonly metadata?: Readonly<Record<string, string>> }
  readonly latestUrl: string
  readonly intervalMs: number
  /** Of the conditions Ready and ArtifactInStorage. */
  readonly reason: string
  readonly message: string
  /** Told once for each artifact, and after a failure. */
  readonly news: { readonly reason: string; readonly recovered: string; readonly message: string }
  /** Fields of the status that the kind has beside those of all sources. */
  readonly observed: Readonly<Record<string, unknown>>
}

/** The artifact is there: Ready, and told when it is another one or when a failure is over. */
export function storedEnd({ object, context }: SourcePass, stored: Stored): PassEnd {
  const { artifact, reason, message, news } = stored
  const conditions = withStanding(
    object,
    { kind: 'succeeded', reason, message },
    { context, extra: [{ type: 'ArtifactInStorage', status: 'True', reason, message }], gone: abnormal },
  )
  const before = readConditions(object['status'])
  const isNew = readArtifact(object)?.digest !== artifact.digest
  const isRecovered = isTrue(before, 'FetchFailed') || isTrue(before, 'BuildFailed')
  const note: EventNote = {
    severity: 'info',
    reason: isNew ? news.reason : news.recovered,
    message: news.message,
    metadata: {
      'source.toolkit.fluxcd.io/revision': artifact.revision,
      'source.toolkit.fluxcd.io/digest': artifact.digest,
    },
  }
  return {
    status: {
      ...baseStatus(object, conditions),
      artifact: artifactStatus(object, artifact, context.now),
      url: stored.latestUrl,
      ...stored.observed,
    },
    notes: isNew || isRecovered ? [note] : [],
    next: {
      kind: 'done',
      intervalMs: jitter(stored.intervalMs, context.settings.intervalJitterPercent, context.random),
    },
    summary: '',
  }
}

type FailureType = (typeof failureTypes)[number]
const failureTypes = ['FetchFailed', 'BuildFailed', 'SourceVerified'] as const

/** How a failed pass goes on; without a delay it backs off. */
export interface FailedOptions {
  /** The condition that says it; FetchFailed when not given. SourceVerified says it by being False. */
  readonly type?: FailureType
  /** A condition that says it besides, with a reason of its own. */
  readonly also?: { readonly type: FailureType; readonly reason: string }
  readonly delayMs?: number
  /** Fields of the status that are set in spite of the failure. */
  readonly observed?: Readonly<Record<string, unknown>>
}

/** The pass failed and the old artifact stays; what no retry can mend is stalled. The failure's code is the reason. */
export function failedEnd({ object, context }: SourcePass, failure: Failure, options: FailedOptions = {}): PassEnd {
  const { type = 'FetchFailed', also, delayMs, observed = {} } = options
  const reason = failure.code
  const message = describeFailure(failure)
  const isTerminal = terminalReasons.has(reason)
  const stated = [{ type, reason }, ...(also === undefined ? [] : [also])]
  const extra = stated.map((one): Statement => ({ ...one, status: failedStatus(one.type), message }))
  const standing = { kind: isTerminal ? 'stalled' : 'failed', reason, message } as const
  const gone = failureTypes.filter((one) => stated.every((statement) => statement.type !== one))
  const conditions = withStanding(object, standing, { context, extra, gone })
  return {
    status: { ...keptStatus(object), ...baseStatus(object, conditions), ...observed },
    notes: newFailure(object, { reason, message }),
    next: isTerminal
      ? { kind: 'stalled', reason: message }
      : delayMs === undefined
        ? { kind: 'retry', cause: message }
        : { kind: 'after', delayMs },
    summary: message,
  }
}

function failedStatus(type: FailureType): 'True' | 'False' {
  return type === 'SourceVerified' ? 'False' : 'True'
}

/** After a restart the source's files are fetched again, and the source tells when: nothing is wrong. */
export function awaitedSource({ settings }: PassContext): PassEnd {
  const next = { kind: 'after', delayMs: settings.requeueDependencyMs } as const
  return { status: undefined, notes: [], next, summary: 'waiting for the source to be fetched' }
}
