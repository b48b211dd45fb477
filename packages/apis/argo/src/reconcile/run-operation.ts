import { describeFailure, type Failure } from '@kedge/base'
import { type HealthWait, type Memory, type Report } from '@kedge/engine'
import { type Next } from '@kedge/loop'
import { type ObjectKey } from '@kedge/manifest'

import { toDelivery } from '../delivery/to-delivery.ts'
import { asRecord, listAt, textAt } from '../json.ts'
import { type ApplicationSource, type Retry } from '../spec/application.ts'
import { type SyncOperation } from '../spec/operation.ts'
import {
  readInventory,
  writeResource,
  type ApplicationCondition,
  type ResourceStatus,
} from '../status/application-status.ts'
import { appendHistory } from '../status/history.ts'
import { fetchSource, type Pass } from './fetch-source.ts'
import { perform, type ArgoProgram, type EventNote } from './effects.ts'
import { judgeSync, syncResources, type SyncVerdict } from './sync-result.ts'

/** An operation after a pass: done, or waiting for health or its next attempt. */
export interface OperationEnd {
  readonly status: Readonly<Record<string, unknown>>
  readonly notes: readonly EventNote[]
  readonly conditions: readonly ApplicationCondition[]
  readonly next: Next | undefined
  readonly wait: HealthWait | undefined
  readonly memory: Memory | undefined
  readonly summary: string
}

/** Carries an operation out as far as it goes now (SPEC.md OP1 to OP7). */
export function* runOperation(pass: Pass, operation: SyncOperation): ArgoProgram<OperationEnd> {
  const source = operation.source ?? pass.spec.source
  const fetched = yield* fetchSource(pass, source, operation.revision || source.targetRevision)
  if (fetched.kind === 'failed')
    return endWith(pass, operation, { source, revision: operation.revision, failure: fetched.failure })
  const { revision } = fetched
  const options = operation.syncOptions ?? pass.spec.syncOptions
  const delivery = toDelivery({
    application: pass.object,
    spec: pass.spec,
    revision,
    rendered: fetched.objects,
    inventory: readInventory(pass.object),
    options,
    prune: operation.prune,
    force: operation.force,
    isExplicit: !operation.automated,
  })
  if (operation.dryRun) {
    const preview = yield* perform({ kind: 'compare', delivery })
    const failure = preview.failures[0]
    if (failure !== undefined) return endWith(pass, operation, { source, revision, failure })
    const verdict: SyncVerdict = { phase: 'Succeeded', message: 'successfully synced (dry run)', retryable: false }
    return endWith(pass, operation, { source, revision, verdict })
  }
  const running: SyncVerdict = { phase: 'Running', message: 'waiting for completion', retryable: false }
  const progress = { ...statusWith(pass, operation, { source, revision, verdict: running }) }
  const only = selected(operation, delivery.inventory)
  const report = yield* perform({ kind: 'deliver', delivery, only, progress })
  return endWith(pass, operation, { source, revision, report, verdict: judgeSync(report) })
}

/** A selection names kinds and names, and a namespace where it matters. */
function selected(operation: SyncOperation, inventory: readonly ObjectKey[]): readonly ObjectKey[] | undefined {
  if (operation.resources.length === 0) return undefined
  return operation.resources.flatMap((wanted) => {
    const known = inventory.filter(
      (key) => key.group === wanted.group && key.kind === wanted.kind && key.name === wanted.name,
    )
    return wanted.namespace !== '' || known.length === 0 ? [wanted] : known
  })
}

interface Result {
  readonly source: ApplicationSource
  readonly revision: string
  readonly failure?: Failure
  readonly report?: Report
  readonly verdict?: SyncVerdict
}

function endWith(pass: Pass, operation: SyncOperation, result: Result): OperationEnd {
  const verdict = result.verdict ?? failedVerdict(result.failure)
  const retry = verdict.phase === 'Failed' ? retryOf(pass, operation, verdict) : undefined
  const status = statusWith(pass, operation, { ...result, verdict, retry })
  const isWaiting = verdict.phase === 'Running'
  const conditions: ApplicationCondition[] = []
  if (verdict.phase === 'Failed' && retry === undefined && operation.automated) {
    conditions.push({
      type: 'SyncError',
      message: `Failed last sync attempt to [${result.revision}]: ${verdict.message}`,
    })
  }
  return {
    status,
    notes: notesOf(pass, operation, { verdict, revision: result.revision, retry }),
    conditions,
    next: retry ?? (isWaiting ? waitingNext(result.report) : undefined),
    wait: result.report?.wait,
    memory: result.report?.memory,
    summary: verdict.phase === 'Succeeded' ? '' : verdict.message,
  }
}

function failedVerdict(failure: Failure | undefined): SyncVerdict {
  const message = failure === undefined ? 'failed' : describeFailure(failure)
  return { phase: 'Failed', message: `ComparisonError: ${message}`, retryable: true }
}

function waitingNext(report: Report | undefined): Next {
  return report?.wait === undefined
    ? { kind: 'after', delayMs: 2000 }
    : { kind: 'waiting', deadlineMs: report.wait.deadlineMs }
}

/** When a failed operation is tried again; undefined when it is not (SPEC.md OP5). */
function retryOf(pass: Pass, operation: SyncOperation, verdict: SyncVerdict): Next | undefined {
  const policy = pass.spec.retry ?? operation.retry
  const count = retryCount(pass)
  if (policy === undefined || !verdict.retryable || (policy.limit >= 0 && count >= policy.limit)) return undefined
  return { kind: 'after', delayMs: delayOf(policy, count) }
}

function delayOf(policy: Retry, count: number): number {
  return Math.min(policy.maxDelayMs, policy.delayMs * policy.factor ** Math.min(count, 50))
}

function runningState(pass: Pass): Readonly<Record<string, unknown>> | undefined {
  const state = asRecord(asRecord(pass.object['status'])?.['operationState'])
  return textAt(state, 'phase') === 'Running' && pass.object['operation'] === undefined ? state : undefined
}

function retryCount(pass: Pass): number {
  const count = runningState(pass)?.['retryCount']
  return typeof count === 'number' ? count : 0
}

function statusWith(
  pass: Pass,
  operation: SyncOperation,
  result: Result & { readonly verdict: SyncVerdict; readonly retry?: Next | undefined },
): Readonly<Record<string, unknown>> {
  const before = asRecord(pass.object['status']) ?? {}
  const { verdict, report, retry } = result
  const { now } = pass.context
  const startedAt = textAt(runningState(pass), 'startedAt') || now
  const isOver = verdict.phase !== 'Running'
  const count = retryCount(pass) + (retry === undefined ? 0 : 1)
  const message = retry === undefined ? verdict.message : `${verdict.message}. Retrying attempt #${String(count)}`
  const operationState = {
    operation: operation.raw,
    phase: retry === undefined ? verdict.phase : 'Running',
    message,
    startedAt,
    ...(isOver ? { finishedAt: now } : {}),
    ...(count === 0 ? {} : { retryCount: count }),
    syncResult: {
      revision: result.revision,
      source: result.source.raw,
      ...(report === undefined ? {} : { resources: syncResources(report) }),
    },
  }
  const succeeded = verdict.phase === 'Succeeded' && report !== undefined && operation.resources.length === 0
  return {
    ...before,
    operationState,
    ...(report === undefined ? {} : { resources: mergeResources(before, report) }),
    ...(succeeded ? { history: newHistory(pass, operation, { ...result, startedAt }) } : {}),
  }
}

function newHistory(
  pass: Pass,
  operation: SyncOperation,
  deployed: { readonly source: ApplicationSource; readonly revision: string; readonly startedAt: string },
): readonly unknown[] {
  const initiatedBy = asRecord(operation.raw['initiatedBy']) ?? {}
  return appendHistory(
    pass.object['status'],
    {
      revision: deployed.revision,
      source: deployed.source.raw,
      deployStartedAt: deployed.startedAt,
      deployedAt: pass.context.now,
      initiatedBy,
    },
    pass.spec.historyLimit,
  )
}

/** The inventory of the engine in the form that the next comparison reads it from. */
function mergeResources(before: Readonly<Record<string, unknown>>, report: Report): readonly unknown[] {
  const old = new Map(listAt(before, 'resources').map((item) => [resourceKey(asRecord(item)), asRecord(item)]))
  return report.inventory.map((entry) => {
    const { group, version, kind, namespace, name, uid, digest } = entry
    const known = old.get(resourceKey({ group, kind, namespace, name }))
    const status: ResourceStatus['status'] = textAt(known, 'status') === 'Synced' ? 'Synced' : 'OutOfSync'
    const written = writeResource({
      group,
      version,
      kind,
      namespace,
      name,
      status,
      uid,
      ...(digest === undefined ? {} : { digest }),
    })
    return { ...known, ...written }
  })
}

function resourceKey(item: Readonly<Record<string, unknown>> | undefined): string {
  return [textAt(item, 'group'), textAt(item, 'kind'), textAt(item, 'namespace'), textAt(item, 'name')].join('/')
}

function notesOf(
  pass: Pass,
  operation: SyncOperation,
  end: { readonly verdict: SyncVerdict; readonly revision: string; readonly retry: Next | undefined },
): readonly EventNote[] {
  const notes: EventNote[] = []
  const initiator = operation.automated ? 'automated sync' : `sync by ${operation.username || 'operation'}`
  if (runningState(pass) === undefined) {
    notes.push({ severity: 'info', reason: 'OperationStarted', message: `Initiated ${initiator} to '${end.revision}'` })
  }
  if (end.verdict.phase === 'Succeeded') {
    notes.push({
      severity: 'info',
      reason: 'OperationCompleted',
      message: `Sync operation to ${end.revision} succeeded`,
    })
  } else if (end.verdict.phase === 'Failed' && end.retry === undefined) {
    const message = `Sync operation to ${end.revision} failed: ${end.verdict.message}`
    notes.push({ severity: 'error', reason: 'OperationCompleted', message })
  }
  return notes
}
