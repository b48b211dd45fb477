import type { Draft } from '../contracts.ts'
import { draftsOf, metadataOf, partOf, textOf } from '../http/draft.ts'
import { describeAge } from './age.ts'
import { conditionOf, none, numberOf, orNone, scalarOf, specOf, statusOf, type Cells } from './cells.ts'

/** Cells of a pod: its status is the most telling reason among its containers. */
export const podCells: Cells = (pod, nowMs) => {
  const spec = specOf(pod)
  const status = statusOf(pod)
  const summary = summarize(pod)
  const gates = draftsOf(spec, 'readinessGates')
  const open = gates.filter((gate) => conditionOf(pod, textOf(gate, 'conditionType'))?.['status'] === 'True')
  return {
    Ready: `${summary.ready}/${summary.total}`,
    Status: summary.reason,
    Restarts: restartsText(summary, nowMs),
    IP: orNone(textOf(draftsOf(status, 'podIPs')[0] ?? {}, 'ip') || textOf(status, 'podIP')),
    Node: orNone(textOf(spec, 'nodeName')),
    'Nominated Node': orNone(textOf(status, 'nominatedNodeName')),
    'Readiness Gates': gates.length === 0 ? none : `${open.length}/${gates.length}`,
  }
}

interface Summary {
  readonly reason: string
  readonly ready: number
  readonly total: number
  readonly restarts: number
  readonly lastRestart: string
}

function summarize(pod: Readonly<Draft>): Summary {
  const spec = specOf(pod)
  const status = statusOf(pod)
  const init = summarizeInit(pod)
  const sidecars = draftsOf(spec, 'initContainers').filter((container) => container['restartPolicy'] === 'Always')
  const total = draftsOf(spec, 'containers').length + sidecars.length
  const isInitialized = conditionOf(pod, 'Initialized')?.['status'] === 'True'
  const main = init.reason === '' || isInitialized ? summarizeMain(pod, init) : undefined
  const reason = main?.reason ?? init.reason
  return {
    reason: endingReason(pod, reason),
    ready: init.ready + (main?.ready ?? 0),
    total,
    restarts: main === undefined ? init.restarts : init.sidecarRestarts + main.restarts,
    lastRestart: main?.lastRestart ?? lastRestartOf(draftsOf(status, 'initContainerStatuses')),
  }
}

function endingReason(pod: Readonly<Draft>, reason: string): string {
  const status = statusOf(pod)
  if (metadataOf(pod)['deletionTimestamp'] === undefined) return reason
  if (status['reason'] === 'NodeLost') return 'Unknown'
  const phase = status['phase']
  return phase === 'Succeeded' || phase === 'Failed' ? reason : 'Terminating'
}

function phaseReason(pod: Readonly<Draft>): string {
  const status = statusOf(pod)
  if (conditionOf(pod, 'PodScheduled')?.['reason'] === 'SchedulingGated') return 'SchedulingGated'
  return textOf(status, 'reason') || textOf(status, 'phase')
}

interface InitSummary {
  /** Empty once all init containers have done their work. */
  readonly reason: string
  readonly ready: number
  readonly restarts: number
  readonly sidecarRestarts: number
}

function summarizeInit(pod: Readonly<Draft>): InitSummary {
  const declared = draftsOf(specOf(pod), 'initContainers')
  const statuses = draftsOf(statusOf(pod), 'initContainerStatuses')
  const isSidecar = (name: string): boolean =>
    declared.some((container) => container['name'] === name && container['restartPolicy'] === 'Always')
  let ready = 0
  let restarts = 0
  let sidecarRestarts = 0
  for (const [at, container] of statuses.entries()) {
    const sidecar = isSidecar(textOf(container, 'name'))
    restarts += numberOf(container, 'restartCount')
    if (sidecar) sidecarRestarts += numberOf(container, 'restartCount')
    if (sidecar && container['started'] === true) {
      if (container['ready'] === true) ready += 1
      continue
    }
    const reason = initReason(container, `Init:${at}/${declared.length}`)
    if (reason !== '') return { reason, ready, restarts, sidecarRestarts }
  }
  return { reason: '', ready, restarts, sidecarRestarts }
}

function initReason(container: Readonly<Draft>, progress: string): string {
  const state = partOf(container, 'state')
  const terminated = state['terminated']
  if (terminated !== undefined) {
    const end = partOf(state, 'terminated')
    return numberOf(end, 'exitCode') === 0 ? '' : `Init:${endReason(end)}`
  }
  const waiting = textOf(partOf(state, 'waiting'), 'reason')
  return waiting !== '' && waiting !== 'PodInitializing' ? `Init:${waiting}` : progress
}

function endReason(end: Readonly<Draft>): string {
  const reason = textOf(end, 'reason')
  if (reason !== '') return reason
  const signal = numberOf(end, 'signal')
  return signal === 0 ? `ExitCode:${numberOf(end, 'exitCode')}` : `Signal:${signal}`
}

function summarizeMain(
  pod: Readonly<Draft>,
  init: InitSummary,
): Pick<Summary, 'reason' | 'ready' | 'restarts' | 'lastRestart'> {
  const statuses = draftsOf(statusOf(pod), 'containerStatuses')
  let reason = init.reason === '' ? phaseReason(pod) : init.reason
  let ready = 0
  let isRunning = false
  for (const container of statuses.toReversed()) {
    const state = partOf(container, 'state')
    const waiting = textOf(partOf(state, 'waiting'), 'reason')
    if (waiting !== '') reason = waiting
    else if (state['terminated'] !== undefined) reason = endReason(partOf(state, 'terminated'))
    else if (container['ready'] === true && state['running'] !== undefined) {
      isRunning = true
      ready += 1
    }
  }
  if (reason === 'Completed' && isRunning) {
    reason = conditionOf(pod, 'Ready')?.['status'] === 'True' ? 'Running' : 'NotReady'
  }
  const restarts = statuses.reduce((sum, container) => sum + numberOf(container, 'restartCount'), 0)
  return { reason, ready, restarts, lastRestart: lastRestartOf(statuses) }
}

function lastRestartOf(statuses: readonly Draft[]): string {
  const times = statuses.map((container) =>
    scalarOf(partOf(partOf(container, 'lastState'), 'terminated'), 'finishedAt'),
  )
  return times.toSorted().at(-1) ?? ''
}

function restartsText(summary: Summary, nowMs: number): string {
  if (summary.restarts === 0 || summary.lastRestart === '') return String(summary.restarts)
  return `${summary.restarts} (${describeAge(summary.lastRestart, nowMs)} ago)`
}
