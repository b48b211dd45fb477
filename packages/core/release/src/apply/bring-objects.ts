import type { Failure } from '@kedge/base'
import { reconcile, type Delivery, type InventoryEntry, type Memory, type Report } from '@kedge/engine'
import { describeKey, formatKey } from '@kedge/manifest'

import type { ReleaseProgram } from '../model/effect.ts'
import type { Standing, Work } from '../model/work.ts'
import { maxTries, pauseForHealth, pauseOn, rest } from '../patience.ts'
import { now } from '../program.ts'
import { newPassNotes, recordedAlready, withFreshReads, type PassNotes } from './recorded-already.ts'

/** What came of bringing a manifest to the cluster. */
export interface Brought extends Standing {
  /** In Helm's words; undefined when all went well. */
  readonly failure?: Failure
  readonly retryable: boolean
  /** Objects that were not there before, with their UIDs. */
  readonly created: readonly InventoryEntry[]
  /** Whether any request that writes was sent. */
  readonly hasWritten: boolean
}

interface State extends Standing {
  readonly created: ReadonlyMap<string, InventoryEntry>
  readonly hasWritten: boolean
  readonly tries: number
  /** Whether everything was applied: from then on it is looked at and not corrected, as others may have changed it since. */
  readonly isApplied: boolean
  /** When the wait that is on ends. */
  readonly deadlineMs: number | undefined
}

/** How a manifest is brought. */
export interface Bringing {
  readonly memory: Memory
  /** Whether deleted objects are waited for until they are gone. */
  readonly untilGone: boolean
  /** Whether there was a manifest before: Helm then says of an object that it could not be created. */
  readonly isUpdate?: boolean
}

/**
 * Passes of the engine until everything is applied, what is stale is deleted and what is awaited is healthy. Between
 * passes the program pauses.
 */
export function* bringObjects(work: Work, delivery: Delivery, how: Bringing): ReleaseProgram<Brought> {
  const startedMs = yield* now()
  const giveUpMs = startedMs + work.options.timeoutMs
  let state: State = {
    inventory: delivery.inventory,
    memory: how.memory,
    created: new Map(),
    hasWritten: false,
    tries: 1,
    isApplied: false,
    deadlineMs: undefined,
  }
  for (;;) {
    const nowMs = yield* now()
    const pass = { delivery: passDelivery(delivery, state), memory: state.memory, nowMs }
    const notes = newPassNotes()
    const program = hasSeen(state.memory) ? reconcile(pass) : withFreshReads(reconcile(pass))
    const report = yield* recordedAlready(program, notes)
    const before = state
    state = afterPass(before, report)
    const next = judge(report, { before, nowMs, giveUpMs, how, notes })
    if (next.kind === 'end') return endOf(state, next)
    if (next.kind === 'again') {
      work.log.add(`trying again: ${next.why}`)
      state = { ...state, tries: state.tries + 1 }
      yield* rest(before.tries)
    } else {
      if (state.deadlineMs === undefined) work.log.add(`waiting for ${next.objects.length} object(s)`)
      state = { ...state, deadlineMs: next.untilMs, tries: 1 }
      if (!next.forHealth) yield* pauseOn(next.objects, next.untilMs)
      else if (!(yield* pauseForHealth(next.objects, next.untilMs)))
        return endOf(state, { kind: 'end', failure: unhealthy(report, contextCanceled), retryable: false })
    }
  }
}

/**
 * Whether the engine knows how new a look at the objects has to be. A cache may not have seen the writes of the action
 * before yet, and would show objects as they are to become.
 */
export function hasSeen(memory: Memory): boolean {
  return Object.keys(memory.applied).length > 0
}

function passDelivery(delivery: Delivery, state: State): Delivery {
  const { inventory } = state
  if (!state.isApplied) return { ...delivery, inventory }
  return { ...delivery, inventory, leaves: () => 'it is applied' }
}

function afterPass(state: State, report: Report): State {
  const created = new Map(state.created)
  for (const { ref, kind } of report.outcomes) {
    const key = formatKey(ref)
    const uid = report.memory.applied[key]?.uid
    if (kind === 'created' && uid !== undefined) created.set(key, { ...ref, uid })
  }
  const { inventory, memory } = report
  const hasWritten = state.hasWritten || report.writes > 0
  return { ...state, inventory, memory, created, hasWritten, isApplied: state.isApplied || report.applied }
}

type Next =
  | { readonly kind: 'end'; readonly failure?: Failure; readonly retryable: boolean }
  | { readonly kind: 'again'; readonly why: string }
  | {
      readonly kind: 'pause'
      readonly objects: Report['terminating']
      readonly untilMs: number
      readonly forHealth: boolean
    }

interface Judging {
  /** The state before the pass. */
  readonly before: State
  readonly nowMs: number
  readonly giveUpMs: number
  readonly how: Bringing
  readonly notes: PassNotes
}

function judge(report: Report, judging: Judging): Next {
  const { before, nowMs, giveUpMs, how } = judging
  if (report.result === 'failed') {
    if (report.failedStep === 'health') {
      const isLate = before.deadlineMs !== undefined && nowMs >= before.deadlineMs
      return { kind: 'end', failure: unhealthy(report, isLate ? deadlineExceeded : undefined), retryable: false }
    }
    const failure = failureOf(report, judging)
    if (report.retryable && before.tries < maxTries) return { kind: 'again', why: failure.message }
    return { kind: 'end', failure, retryable: report.retryable }
  }
  if (report.wait !== undefined) {
    const { objects, deadlineMs } = report.wait
    return { kind: 'pause', objects, untilMs: deadlineMs, forHealth: true }
  }
  const isOpen = report.pruned.some(({ verdict }) => verdict.kind === 'delete')
  const isBlocked = report.outcomes.some(({ kind }) => kind === 'terminating' || kind === 'pending')
  const isWaiting = isOpen || isBlocked || (how.untilGone && report.terminating.length > 0)
  if (!isWaiting) return { kind: 'end', retryable: true }
  if (nowMs < giveUpMs) return { kind: 'pause', objects: report.terminating, untilMs: giveUpMs, forHealth: false }
  return { kind: 'end', failure: lingering(report), retryable: false }
}

function endOf(state: State, end: Extract<Next, { kind: 'end' }>): Brought {
  const { inventory, memory, hasWritten } = state
  const created = [...state.created.values()]
  return {
    inventory,
    memory,
    created,
    hasWritten,
    retryable: end.retryable,
    ...(end.failure === undefined ? {} : { failure: end.failure }),
  }
}

/** Helm's list of what did not get ready, and what ended the wait. */
function unhealthy(report: Report, end: string | undefined): Failure {
  const open = report.health.filter(({ health }) => health.status !== 'Current')
  const lines = open.map(
    ({ ref, health }) =>
      `resource ${ref.kind}/${ref.namespace}/${ref.name} not ready. status: ${health.status}, message: ${health.message}`,
  )
  const message = [...lines, ...(end === undefined ? [] : [end])].join('\n')
  const [first] = open
  return { code: 'Unhealthy', message, ...(first === undefined ? {} : { object: describeKey(first.ref) }) }
}

/** Go's words for a wait that took too long. */
export const deadlineExceeded = 'context deadline exceeded'
/** Go's words for a wait that was called off. */
export const contextCanceled = 'context canceled'

function lingering(report: Report): Failure {
  const lines = report.terminating.map(
    ({ kind, namespace, name }) =>
      `resource ${kind}/${namespace}/${name} still exists. status: Terminating, message: Resource scheduled for deletion`,
  )
  return {
    code: 'StillTerminating',
    message: [...lines, deadlineExceeded].join('\n'),
    fix: 'look at the finalizers of the objects',
  }
}

/** Helm joins the errors of one update so; what the engine refuses without a request has its own words. */
function failureOf({ failures, outcomes }: Report, { how, notes }: Judging): Failure {
  const keys = new Map(outcomes.map(({ ref }) => [describeKey(ref), formatKey(ref)]))
  const texts = failures.map(({ object = '', message }) => {
    const key = keys.get(object) ?? ''
    const words = notes.errors.get(key) ?? `${object}: ${message}`
    return how.isUpdate === true && notes.absent.has(key) ? `failed to create resource: ${words}` : words
  })
  const [first] = failures
  const message = texts.join(' && ')
  if (first === undefined) return { code: 'ApplyFailed', message }
  return failures.length === 1 ? { ...first, message } : { ...first, message, code: 'ApplyFailed' }
}
