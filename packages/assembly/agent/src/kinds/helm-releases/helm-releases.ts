import type { Timers } from '@kedge/base'
import type { CacheEvent } from '@kedge/cluster'
import type { EffectWatcher, InventoryEntry } from '@kedge/engine'
import {
  findCondition,
  isTrue,
  readConditions,
  readHelmReleaseStatus,
  readReleaseInventory,
  readRequest,
  reconcileHelmRelease,
  settleAction,
  typeOf,
  writeInventory,
  type ActionOrder,
  type ActionType,
  type EventNote,
  type FinishedAction,
  type HelmReleaseEnd,
  type HelmReleaseSpec,
  type SettledOutcome,
} from '@kedge/flux'
import { backOffMs, defaultBackOff, type Next } from '@kedge/loop'
import type { KubeObject } from '@kedge/manifest'

import { createObjectView, type ObjectView } from '../../cluster/object-view.ts'
import type { TargetClusters } from '../../cluster/target-clusters.ts'
import { passContext } from '../../pass-context.ts'
import type { HelmRender } from '../../render/helm-request.ts'
import type { ChartSources } from '../../sources/chart-sources.ts'
import type { AgentParts } from '../agent-parts.ts'
import type { Controller, Pause, Standing } from '../controller.ts'
import { finishPass } from '../finish-pass.ts'
import { priorityOf, readObject, refOf, standingOf } from '../object-standing.ts'
import { createWatchedReleases, type WatchedReleases } from './drift.ts'
import { carryOutHelm, type HelmHost } from './effects.ts'
import { type ObjectEvents } from './events.ts'
import { createKnownRecords, type KnownRecords } from './records.ts'
import { createReleaseReferences } from './references.ts'
import { createTasks, type Tasks } from './tasks.ts'
import { createReleaseWorks, type ReleaseWorks, type WorkFor } from './work.ts'
import { asksForRelease } from './asking.ts'
import { createReleaseClaims, type ReleaseClaims } from './claims.ts'
import { createReleaseCharts, type ReleaseCharts } from './charts.ts'
import { createObjectWriter, type ObjectWriter } from '../object-writer.ts'
import type { References } from '../references.ts'
import { untilQuiet } from '../until-quiet.ts'

const kindRef = { group: 'helm.toolkit.fluxcd.io', version: 'v2', kind: 'HelmRelease' }
const reporter = 'helm-controller'
/** Actions under way at once; most of them wait for the cluster. */
const maxActions = 20
/** A turn during an action has nothing to do; the action's end wakes. */
const actionLimitMs = 24 * 3_600_000

export interface HelmReleaseOptions {
  readonly timers: Timers
  readonly targets: () => TargetClusters
  readonly charts: ChartSources
  readonly render: HelmRender
  readonly events: ObjectEvents
  /** An object from a cache that is held anyway; `unknown` where only a request can tell. */
  readonly cached: (kind: string, namespace: string, name: string) => KubeObject | undefined | 'unknown'
  readonly claimedElsewhere: (clusterId: string, key: InventoryEntry, id: string) => string | undefined
  readonly watcher?: EffectWatcher
}

/** Keeps HelmReleases: installs, upgrades, tests, remedies and uninstalls their releases, and says how they stand. */
export interface HelmReleases extends Controller {
  /** A ConfigMap or Secret that is labelled to be watched has changed. */
  configChanged(kind: string, namespace: string, name: string): void
}

/** A run of passes over one object: from one that finds something to do to the one after its last action. */
interface Run {
  readonly uid: string
  done: readonly ActionType[]
  outcome: SettledOutcome | undefined
  finished: FinishedAction | undefined
  /** Whether the action that was begun last takes the release away. */
  isUninstalling: boolean
  /** Ends the waits for health of the action that was begun last. */
  callOff: AbortController
  calledOffBy: string | undefined
  /** Runs in a row that failed. */
  failures: number
  /** How often a pass was asked for, and how many of these askings have been answered. */
  asked: number
  answered: number
  /** Its source has something new, which it looks at as soon as one that it depends on has done so. */
  isHeldBack: boolean
  /** Since when a good end has not been told; undefined when all is told. */
  silentSinceMs: number | undefined
}

export function createHelmReleases(parts: AgentParts, options: HelmReleaseOptions): HelmReleases {
  return new HelmReleaseController(parts, options)
}

class HelmReleaseController implements HelmReleases {
  readonly kind = 'HelmRelease'
  readonly #parts: AgentParts
  readonly #options: HelmReleaseOptions
  readonly #view: ObjectView
  readonly #writer: ObjectWriter
  readonly #references: References<HelmReleaseSpec> = createReleaseReferences()
  readonly #claims: ReleaseClaims = createReleaseClaims()
  readonly #records: KnownRecords
  readonly #watched: WatchedReleases
  readonly #works: ReleaseWorks
  readonly #charts: ReleaseCharts
  readonly #tasks: Tasks<FinishedAction> = createTasks(maxActions)
  readonly #runs = new Map<string, Run>()
  readonly #host: HelmHost

  constructor(parts: AgentParts, options: HelmReleaseOptions) {
    this.#parts = parts
    this.#options = options
    this.#view = createObjectView(parts.cluster, kindRef)
    this.#writer = createObjectWriter({
      cluster: parts.cluster,
      view: this.#view,
      fieldManager: reporter,
      hasStatusSubresource: true,
    })
    this.#records = createKnownRecords(parts.cluster, (key) => {
      if (!this.#tasks.isUnderWay(key)) this.#ask(key)
    })
    this.#watched = createWatchedReleases(options.events, (key) => this.#ask(key, 'request'))
    this.#works = createReleaseWorks({ clock: parts.clock, ...options })
    this.#charts = createReleaseCharts(parts.cluster, options.charts, reporter)
    this.#host = {
      charts: this.#charts,
      works: this.#works,
      records: this.#records,
      watched: this.#watched,
      read: (ref) => this.#read(ref),
      setFinalizers: async (object, finalizers) => {
        await this.#writer.finalizers(this.#latest(object), finalizers)
      },
      workFor: (object) => this.#workFor(object),
    }
    this.#view.onEvent((event) => {
      const key = keyOf(event.object)
      if (event.type !== 'modified' || asksForRelease(event.previous, event.object)) {
        this.#note(key, event)
        this.#callOff(key, `HelmRelease/${key}`)
        this.#ask(key, priorityOf(event.object))
      }
      if (event.object.metadata.deletionTimestamp !== undefined) this.#stop(key)
      parts.changed()
    })
    options.charts.onArtifact(({ kind, namespace, name }) => this.#sourceReady(kind, `${namespace}/${name}`))
  }

  get synced(): Promise<void> {
    // The records are read where their watch is not in step.
    return this.#view.synced
  }

  objects(): readonly KubeObject[] {
    return this.#view.list()
  }

  standing(object: KubeObject): Standing {
    const { namespace, name } = refOf(object)
    const standing = { ...standingOf(object), revision: readHelmReleaseStatus(object).lastAttemptedRevision ?? '' }
    if (standing.state === 'suspended') return standing
    const key = `${namespace}/${name}`
    const run = this.#runs.get(key)
    const isOpen = this.#tasks.isUnderWay(key) || (run !== undefined && run.asked !== run.answered)
    if (isOpen) return { ...standing, state: standing.state === 'ready' ? 'ready' : 'progressing' }
    // A failure may leave observedGeneration behind: what no pass is due for has failed.
    const ready = findCondition(readConditions(object['status']), 'Ready')
    return ready?.status === 'False'
      ? { ...standing, state: 'failed', reason: ready.reason, message: ready.message }
      : standing
  }

  configChanged(kind: string, namespace: string, name: string): void {
    for (const key of this.#references.usersOfConfig(kind, `${namespace}/${name}`)) {
      this.#callOff(key, `${kind}/${namespace}/${name}`)
      this.#ask(key, 'request')
    }
  }

  async close(): Promise<void> {
    await this.#tasks.close()
    this.#watched.close()
    this.#records.close()
    this.#view.close()
  }

  async turn(namespace: string, name: string, pause: Pause): Promise<Next> {
    const key = `${namespace}/${name}`
    const object = this.#view.get(namespace, name)
    if (object === undefined) {
      this.#forget(key)
      return { kind: 'stalled', reason: 'deleted' }
    }
    const run = this.#runOf(key, object)
    if (this.#tasks.isUnderWay(key)) return { kind: 'waiting', deadlineMs: this.#parts.clock.now() + actionLimitMs }
    const { asked } = run
    const settled = run.finished === undefined ? object : await this.#settle(object, run, run.finished)
    const end = await this.#pass(settled, run)
    const latest = this.#latest(settled)
    const untold = await untilQuiet(end, {
      object: latest,
      untold: run,
      isAwaited: end.start !== undefined || readRequest(latest).isNew || this.#references.dependentsOf(key).length > 0,
      parts: this.#parts,
      reporter,
      pause,
    })
    const next =
      untold === undefined
        ? undefined
        : await finishPass(untold, {
            object: this.#latest(settled),
            parts: this.#parts,
            writer: this.#writer,
            reporter,
          })
    run.done = end.start === undefined ? [] : run.done
    run.outcome = undefined
    if (end.start !== undefined) {
      this.#start(key, end.start)
      return { kind: 'waiting', deadlineMs: this.#parts.clock.now() + actionLimitMs }
    }
    // What overtook this pass has another one come at once, which tells what this one did too.
    if (next === undefined) return { kind: 'done' }
    run.silentSinceMs = undefined
    run.answered = asked
    this.#wakeDependents(key)
    return this.#backOff(run, next)
  }

  /** Between two failures an action may run, which the loop takes for a turn that went well: failures are counted here. */
  #backOff(run: Run, next: Next): Next {
    run.failures = next.kind === 'retry' ? run.failures + 1 : 0
    if (next.kind !== 'retry') return next
    return { ...next, delayMs: backOffMs(run.failures, defaultBackOff, this.#parts.random) }
  }

  /** Takes the end of an action into the status, before anything else is done. */
  async #settle(object: KubeObject, run: Run, finished: FinishedAction): Promise<KubeObject> {
    const context = passContext(this.#parts)
    const moment = { generation: object.metadata.generation ?? 0, now: context.now }
    const { status, notes, outcome } = settleAction(readHelmReleaseStatus(object), finished, moment)
    const written = await this.#writer.status(object, { ...status })
    this.#tell(object, notes)
    run.done = outcome.kind === 'anew' ? [] : [...run.done, typeOf(finished.order.action)]
    run.outcome = outcome.kind === 'anew' ? undefined : outcome
    run.finished = undefined
    return written
  }

  #tell(object: KubeObject, notes: readonly EventNote[]): void {
    const { namespace, name } = refOf(object)
    for (const note of notes) {
      const type = note.severity === 'error' ? 'Warning' : 'Normal'
      const { reason, message, metadata: annotations } = note
      this.#parts.events.add({ about: object, type, reason, message, reporter, annotations })
      this.#parts.log({ level: note.severity, message, controllerKind: this.kind, namespace, name })
    }
  }

  async #pass(object: KubeObject, run: Run): Promise<HelmReleaseEnd> {
    const { outcome, done } = run
    const input = {
      object,
      resumed: outcome === undefined ? undefined : { done, outcome },
      dependenciesOf: (key: string) => this.#references.dependenciesOf(key),
      holder: this.#claims.holder(keyOf(object), (key) => this.#byKey(key)),
    }
    const program = reconcileHelmRelease(input, passContext(this.#parts))
    let step = program.next()
    while (!step.done) step = program.next(await carryOutHelm(step.value, object, this.#host))
    return step.value
  }

  #start(key: string, order: ActionOrder): void {
    const object = this.#byKey(key)
    if (object === undefined) return
    this.#watched.forget(key)
    const run = this.#runOf(key, object)
    run.isUninstalling = order.action.kind === 'uninstall'
    run.callOff = new AbortController()
    run.calledOffBy = undefined
    const callOff = run.callOff.signal
    this.#tasks.start(key, (signal) => this.#works.carryOut(order, { ...this.#workFor(object), signal, callOff }), {
      ended: (finished) => this.#finished(key, object, finished),
      lost: (error) => this.#lost(key, error),
    })
    this.#parts.changed()
  }

  #finished(key: string, object: KubeObject, finished: FinishedAction): void {
    this.#records.forget(key)
    if (finished.end !== undefined) this.#watched.remember(key, finished.end.memory)
    const run = this.#runOf(key, object)
    const { calledOffBy } = run
    run.finished = { ...finished, ...(calledOffBy === undefined ? {} : { calledOffBy }) }
    this.#ask(key, 'request')
  }

  /** An action that still waits for health makes way for what is wanted now, where the operator has it so. */
  #callOff(key: string, by: string): void {
    const run = this.#runs.get(key)
    const isWanted = passContext(this.#parts).settings.cancelHealthChecks && this.#tasks.isUnderWay(key)
    if (!isWanted || run === undefined || run.isUninstalling) return
    run.calledOffBy ??= by
    run.callOff.abort()
  }

  /** Who deletes a HelmRelease does not wait for its install: the uninstall finds out what there is. */
  #stop(key: string): void {
    if (this.#runs.get(key)?.isUninstalling === false) this.#tasks.abort(key, 'the HelmRelease is being deleted')
  }

  /** An action that was aborted, or threw: what it left behind is found out by the next pass. */
  #lost(key: string, error: unknown): void {
    const [namespace = '', name = ''] = key.split('/')
    const text = error instanceof Error ? error.message : String(error)
    this.#parts.log({ level: 'error', message: 'Action lost', controllerKind: this.kind, namespace, name, error: text })
    this.#records.forget(key)
    this.#ask(key)
  }

  #workFor(object: KubeObject): WorkFor {
    const latest = this.#latest(object)
    return {
      owner: latest,
      inventory: readReleaseInventory(readHelmReleaseStatus(latest)),
      saveInventory: async (entries) => {
        const present = this.#latest(object)
        const status = (present['status'] ?? {}) as Readonly<Record<string, unknown>>
        await this.#writer.status(present, { ...status, inventory: writeInventory(entries) })
      },
    }
  }

  async #read(ref: {
    apiVersion: string
    kind: string
    namespace: string
    name: string
  }): Promise<KubeObject | undefined> {
    const { kind, namespace, name } = ref
    if (kind === 'HelmRelease') return this.#view.get(namespace, name)
    if (kind === 'HelmChart' || kind === 'OCIRepository' || kind === 'ExternalArtifact') {
      return this.#charts.source({ kind, namespace, name })
    }
    const cached = this.#options.cached(kind, namespace, name)
    return cached === 'unknown' ? readObject(this.#parts.cluster, ref) : cached
  }

  #byKey(key: string): KubeObject | undefined {
    const [namespace = '', name = ''] = key.split('/')
    return this.#view.get(namespace, name)
  }

  #latest(object: KubeObject): KubeObject {
    const { namespace, name } = refOf(object)
    const latest = this.#view.get(namespace, name)
    return latest !== undefined && latest.metadata.uid === object.metadata.uid ? latest : object
  }

  #runOf(key: string, object: KubeObject | undefined): Run {
    const uid = object?.metadata.uid ?? ''
    const known = this.#runs.get(key)
    if (known !== undefined && (known.uid === uid || uid === '')) return known
    const asked = known?.asked ?? 1
    const run: Run = {
      uid,
      done: [],
      outcome: undefined,
      finished: undefined,
      isUninstalling: false,
      callOff: new AbortController(),
      calledOffBy: undefined,
      failures: 0,
      asked,
      answered: 0,
      isHeldBack: false,
      silentSinceMs: undefined,
    }
    this.#runs.set(key, run)
    return run
  }

  #forget(key: string): void {
    this.#runs.delete(key)
    this.#watched.forget(key)
    this.#records.forget(key)
  }

  /** Takes in what a HelmRelease wants now. Who wanted the same release, or wants it now, may have it or lose it. */
  #note(key: string, event: CacheEvent): void {
    const before = this.#claims.rivals(key)
    if (event.type === 'deleted') {
      this.#references.delete(key)
      this.#claims.delete(key)
    } else {
      this.#references.set(event.object)
      this.#claims.set(key, event.object, this.#references.spec(key))
    }
    for (const rival of new Set([...before, ...this.#claims.rivals(key)])) this.#ask(rival)
  }

  #ask(key: string, priority: 'request' | 'deletion' | 'normal' = 'normal'): void {
    const [namespace = '', name = ''] = key.split('/')
    const run = this.#runOf(key, this.#byKey(key))
    run.asked += 1
    run.isHeldBack = false
    this.#parts.wake('HelmRelease', { namespace, name }, priority)
  }

  /** Releases that wait for another one of the same source are woken by its end, not before it. */
  #sourceReady(kind: string, source: string): void {
    const users = this.#references.usersOfSource(kind, source)
    const all = new Set(users)
    for (const key of users) {
      this.#callOff(key, `${kind}/${source}`)
      if (this.#references.dependenciesOf(key).some((dependency) => all.has(dependency))) {
        this.#runOf(key, this.#byKey(key)).isHeldBack = true
      } else this.#ask(key)
    }
  }

  #wakeDependents(key: string): void {
    for (const dependent of this.#references.dependentsOf(key)) {
      const object = this.#byKey(dependent)
      if (object === undefined) continue
      const isReady = isTrue(readConditions(object['status']), 'Ready')
      if (!isReady || this.#runs.get(dependent)?.isHeldBack === true) this.#ask(dependent)
    }
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`
}
