import { describeFailure, type Failure } from '@kedge/base'
import { type Memory } from '@kedge/engine'
import { formatKey, type KubeObject } from '@kedge/manifest'

import { resourceOptions } from '../delivery/resource-options.ts'
import { toDelivery } from '../delivery/to-delivery.ts'
import { asRecord, textAt } from '../json.ts'
import { readApplication } from '../spec/application.ts'
import { automatedOperation, parseOperation, readOperation, type SyncOperation } from '../spec/operation.ts'
import {
  readInventory,
  writeConditions,
  writeHealth,
  writeResource,
  type ApplicationCondition,
} from '../status/application-status.ts'
import { decideAutomated } from './automated.ts'
import { compareResources, type Comparison } from './compare.ts'
import { perform, type ArgoProgram, type EventNote, type PassContext, type PassEnd } from './effects.ts'
import { fetchSource, type Pass } from './fetch-source.ts'
import { removeApplication } from './remove-application.ts'
import { runOperation, type OperationEnd } from './run-operation.ts'

const skipAnnotation = 'argocd.argoproj.io/skip-reconcile'

export interface ApplicationInput {
  readonly object: KubeObject
  readonly memory: Memory
}

/** One pass: compare, sync if asked or automated, compare again, and say how it stands (SPEC.md AP1 to AP9). */
export function* reconcileApplication(input: ApplicationInput, context: PassContext): ArgoProgram<PassEnd> {
  const { object } = input
  const parsed = readApplication(object)
  if (object.metadata.annotations?.[skipAnnotation] === 'true') {
    return {
      status: undefined,
      clearOperation: false,
      notes: [],
      next: { kind: 'stalled', reason: 'skipped' },
      summary: 'skipped',
    }
  }
  if (object.metadata.deletionTimestamp !== undefined) {
    return yield* removeApplication(object, parsed.ok ? parsed.value : undefined, context)
  }
  if (!parsed.ok) return invalid(object, parsed.failure, context)
  const pass: Pass = { object, spec: parsed.value, context, memory: input.memory }
  const pending = pendingOperation(pass)
  if (pending !== undefined) {
    const done = yield* runOperation(pass, pending)
    const looked = yield* look({ ...pass, object: withStatus(object, done.status) })
    return merge(pass, { looked, done })
  }
  const looked = yield* look(pass)
  const operation = looked.kind === 'compared' ? decideAutomated(pass, looked) : undefined
  if (operation === undefined || operation.kind === 'refused') return settle(pass, looked, operation?.conditions ?? [])
  const started = automatedOperation({ revision: looked.revision, prune: operation.prune, attempt: operation.attempt })
  const done = yield* runOperation({ ...pass, object: withStatus(object, statusOf(pass, looked, [])) }, started)
  const after = yield* look({ ...pass, object: withStatus(object, done.status) })
  return merge(pass, { looked: after, done })
}

/** The operation in the slot, or the one that was under way when the last pass ended. */
function pendingOperation(pass: Pass): SyncOperation | undefined {
  const state = asRecord(asRecord(pass.object['status'])?.['operationState'])
  const running = textAt(state, 'phase') === 'Running' ? asRecord(state?.['operation']) : undefined
  return readOperation(pass.object) ?? (running === undefined ? undefined : parseOperation(running))
}

type Looked =
  | {
      readonly kind: 'compared'
      readonly revision: string
      readonly comparison: Comparison
      readonly sourceType: string
      readonly hooks: number
    }
  | { readonly kind: 'failed'; readonly revision: string; readonly failure: Failure }

/** What the source says and how the cluster differs from it. Reads only. */
function* look(pass: Pass): ArgoProgram<Looked> {
  const { spec, object } = pass
  const source = yield* fetchSource(pass, spec.source, spec.source.targetRevision)
  if (source.kind === 'failed') return { kind: 'failed', revision: '', failure: source.failure }
  const inventory = readInventory(object)
  const delivery = toDelivery({
    application: object,
    spec,
    revision: source.revision,
    rendered: source.objects,
    inventory,
    options: spec.syncOptions,
    prune: true,
    force: false,
    isExplicit: true,
  })
  const preview = yield* perform({ kind: 'compare', delivery })
  const extras = preview.plan.prune.map(({ entry }) => entry)
  const live = extras.length === 0 ? [] : yield* perform({ kind: 'live', refs: extras })
  const liveByKey = new Map(extras.map((entry, index) => [formatKey(entry), live[index]]))
  return {
    kind: 'compared',
    revision: source.revision,
    comparison: compareResources(preview, { stored: inventory, liveOf: (key) => liveByKey.get(key) }),
    sourceType: source.sourceType,
    hooks: source.objects.filter((one) => resourceOptions(one.object).isHook).length,
  }
}

function withStatus(object: KubeObject, status: Readonly<Record<string, unknown>>): KubeObject {
  return { ...object, status }
}

function statusOf(
  pass: Pass,
  looked: Looked,
  extra: readonly ApplicationCondition[],
): Readonly<Record<string, unknown>> {
  const before = asRecord(pass.object['status']) ?? {}
  const { now } = pass.context
  const comparedTo = { source: pass.spec.source.raw, destination: asRecord(pass.object['spec'])?.['destination'] }
  if (looked.kind === 'failed') {
    const condition: ApplicationCondition = { type: 'ComparisonError', message: describeFailure(looked.failure) }
    const revision = textAt(asRecord(before['sync']), 'revision')
    return {
      ...before,
      sync: { status: 'Unknown', comparedTo, ...(revision === '' ? {} : { revision }) },
      health: before['health'] ?? writeHealth(undefined, 'Unknown', now),
      conditions: writeConditions(before['conditions'], [condition, ...extra], now),
    }
  }
  const { comparison, revision, sourceType, hooks } = looked
  const warnings: readonly ApplicationCondition[] =
    hooks === 0
      ? []
      : [
          {
            type: 'ExcludedResourceWarning',
            message: `${hooks === 1 ? '1 hook is' : `${String(hooks)} hooks are`} not run by this version of Kedge`,
          },
        ]
  const conditions = writeConditions(before['conditions'], [...comparison.conditions, ...extra, ...warnings], now)
  const { conditions: _conditions, ...rest } = before
  return {
    ...rest,
    sync: { status: comparison.sync, comparedTo, revision },
    health: writeHealth(before['health'], comparison.health, now),
    resources: comparison.resources.map(writeResource),
    sourceType,
    ...(conditions.length === 0 ? {} : { conditions }),
  }
}

function settle(pass: Pass, looked: Looked, conditions: readonly ApplicationCondition[]): PassEnd {
  const status = statusOf(pass, looked, conditions)
  const summary = looked.kind === 'failed' ? describeFailure(looked.failure) : (conditions[0]?.message ?? '')
  return {
    status,
    clearOperation: false,
    notes: statusNotes(pass, status),
    next: nextOf(pass, looked),
    memory: pass.memory,
    summary,
  }
}

function merge(pass: Pass, ends: { readonly looked: Looked; readonly done: OperationEnd }): PassEnd {
  const { looked, done } = ends
  const status = statusOf({ ...pass, object: withStatus(pass.object, done.status) }, looked, done.conditions)
  return {
    status,
    clearOperation: readOperation(pass.object) !== undefined,
    notes: [...done.notes, ...statusNotes(pass, status)],
    next: done.next ?? nextOf(pass, looked),
    memory: done.memory ?? pass.memory,
    ...(done.wait === undefined ? {} : { wait: done.wait }),
    summary: done.summary,
  }
}

function nextOf(pass: Pass, looked: Looked): PassEnd['next'] {
  const { refreshMs, random } = pass.context
  if (looked.kind === 'failed') return { kind: 'retry', cause: looked.failure.message }
  return { kind: 'done', intervalMs: refreshMs * (1 + random / 2) }
}

function statusNotes(pass: Pass, status: Readonly<Record<string, unknown>>): readonly EventNote[] {
  const before = asRecord(pass.object['status'])
  const [oldSync, newSync] = [before, status].map((one) => textAt(asRecord(one?.['sync']), 'status'))
  const [oldHealth, newHealth] = [before, status].map((one) => textAt(asRecord(one?.['health']), 'status'))
  const notes: EventNote[] = []
  if (oldSync !== newSync) {
    notes.push({
      severity: 'info',
      reason: 'ResourceUpdated',
      message: `Updated sync status: ${oldSync ?? ''} -> ${newSync ?? ''}`,
    })
  }
  if (oldHealth !== newHealth) {
    notes.push({
      severity: 'info',
      reason: 'ResourceUpdated',
      message: `Updated health status: ${oldHealth ?? ''} -> ${newHealth ?? ''}`,
    })
  }
  return notes
}

function invalid(object: KubeObject, failure: Failure, context: PassContext): PassEnd {
  const before = asRecord(object['status']) ?? {}
  const { message } = failure
  const condition: ApplicationCondition = { type: 'InvalidSpecError', message }
  const status = {
    ...before,
    sync: { ...asRecord(before['sync']), status: 'Unknown' },
    health: writeHealth(before['health'], 'Unknown', context.now),
    conditions: writeConditions(before['conditions'], [condition], context.now),
  }
  return { status, clearOperation: false, notes: [], next: { kind: 'stalled', reason: message }, summary: message }
}
