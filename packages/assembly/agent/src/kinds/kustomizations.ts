import { emptyMemory, type InventoryEntry, type Report } from '@kedge/engine'
import {
  deliveryId,
  isTrue,
  readArtifact,
  readConditions,
  readKustomizationStatus,
  readRequest,
  reconcileKustomization,
  writeInventory,
  type FluxEffect,
  type PassEnd,
  type RenderAnswer,
} from '@kedge/flux'
import type { Next } from '@kedge/loop'
import { describeKey, type KubeObject } from '@kedge/manifest'
import { subtree, type FileTree } from '@kedge/tree'

import { createObjectView, type ObjectView } from '../cluster/object-view.ts'
import { passContext } from '../pass-context.ts'
import type { Render } from '../render/renderer.ts'
import type { AgentParts } from './agent-parts.ts'
import type { Controller, Pause, Standing } from './controller.ts'
import type { Delivering } from './delivering.ts'
import type { DeliveryState } from './delivery-state.ts'
import { finishPass } from './finish-pass.ts'
import { asksForTurn, priorityOf, readObject, refOf, standingOf } from './object-standing.ts'
import { interpret, type FluxInterpreter } from './interpret.ts'
import { createObjectWriter, type ObjectWriter } from './object-writer.ts'
import { createReferences, type References } from './references.ts'
import type { SourceObjects } from './source-objects.ts'
import { untilQuiet } from './until-quiet.ts'

const kindRef = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization' }
const reporter = 'kustomize-controller'

export interface KustomizationOptions {
  readonly sources: SourceObjects
  readonly delivering: Delivering
  readonly render: Render
  /** An object from a cache that is held anyway; `unknown` where only a request can tell. */
  readonly cached: (kind: string, namespace: string, name: string) => KubeObject | undefined | 'unknown'
}

/** Keeps Kustomizations: renders them, delivers them, corrects drift, and says how they stand. */
export interface Kustomizations extends Controller {
  /** A ConfigMap or Secret that is labelled to be watched has changed. */
  configChanged(kind: string, namespace: string, name: string): void
}

export function createKustomizations(parts: AgentParts, options: KustomizationOptions): Kustomizations {
  return new KustomizationController(parts, options)
}

class KustomizationController implements Kustomizations {
  readonly kind = 'Kustomization'
  readonly #parts: AgentParts
  readonly #options: KustomizationOptions
  readonly #view: ObjectView
  readonly #writer: ObjectWriter
  readonly #references: References = createReferences()
  /** Digest of each Kustomization's folder in the last artifact of its source. */
  readonly #folders = new Map<string, string>()

  constructor(parts: AgentParts, options: KustomizationOptions) {
    this.#parts = parts
    this.#options = options
    this.#view = createObjectView(parts.cluster, kindRef)
    this.#writer = createObjectWriter({
      cluster: parts.cluster,
      view: this.#view,
      fieldManager: 'gotk-kustomize-controller',
      hasStatusSubresource: true,
    })
    this.#view.onEvent((event) => {
      const { namespace, name } = refOf(event.object)
      if (event.type === 'deleted') this.#drop(`${namespace}/${name}`)
      else if (event.type === 'added' || !isSameSpec(event.previous, event.object)) this.#references.set(event.object)
      if (event.type !== 'modified' || asksForTurn(event.previous, event.object)) {
        this.#ask(`${namespace}/${name}`, priorityOf(event.object))
      }
      parts.changed()
    })
    options.sources.onArtifact((kind, namespace, name) => this.#sourceReady(kind, `${namespace}/${name}`))
  }

  get synced(): Promise<void> {
    return this.#view.synced
  }

  objects(): readonly KubeObject[] {
    return this.#view.list()
  }

  standing(object: KubeObject): Standing {
    const [namespace, name] = placeOf(object)
    const status = readKustomizationStatus(object)
    const standing = { ...standingOf(object), revision: status.lastAppliedRevision ?? '' }
    const state = this.#stateOf(namespace, name)
    // A pass that was asked for may change everything that the status says now.
    const isOpen = standing.state === 'failed' && state.asked !== state.answered
    return isOpen ? { ...standing, state: 'progressing' } : standing
  }

  configChanged(kind: string, namespace: string, name: string): void {
    for (const key of this.#references.usersOfConfig(kind, `${namespace}/${name}`)) this.#ask(key, 'request')
  }

  close(): void {
    this.#view.close()
  }

  async turn(namespace: string, name: string, pause: Pause): Promise<Next> {
    const object = this.#view.get(namespace, name)
    const id = deliveryId({ namespace, name })
    if (object === undefined) {
      this.#options.delivering.forget(id)
      return { kind: 'stalled', reason: 'deleted' }
    }
    const state = this.#stateOf(namespace, name)
    const corrected = await this.#correct(state, object)
    if (corrected !== undefined) return corrected
    const { asked } = state
    const end = await this.#pass(object, state)
    const isAwaited = this.#isAwaited(state, `${namespace}/${name}`)
    const untold = await untilQuiet(end, { object, untold: state, isAwaited, parts: this.#parts, reporter, pause })
    if (untold === undefined) return { kind: 'done' }
    state.silentSinceMs = undefined
    const latest = this.#view.get(namespace, name) ?? object
    const next = await finishPass(untold, { object: latest, parts: this.#parts, writer: this.#writer, reporter })
    state.answered = asked
    state.nextPassAtMs = nextTurn(next, this.#parts.clock.now())
    this.#wakeDependents(`${namespace}/${name}`)
    return next
  }

  #isAwaited(state: DeliveryState, key: string): boolean {
    const object = this.#view.get(...splitKey(key))
    if (object === undefined || readRequest(object).isNew) return true
    // An object that waits to be looked at is looked at as soon as this pass has ended, and not before.
    return this.#references.dependentsOf(key).length > 0 || state.dirty.size > 0
  }

  /** Puts back what somebody changed, when that is all there is to do; undefined asks for a whole pass. */
  async #correct(state: DeliveryState, object: KubeObject): Promise<Next | undefined> {
    const now = this.#parts.clock.now()
    const isDue = state.asked !== state.answered || now >= state.nextPassAtMs || state.current === undefined
    if (isDue || object.metadata.deletionTimestamp !== undefined) return undefined
    const report = state.dirty.size === 0 ? undefined : await this.#options.delivering.correct(state)
    if (report === undefined) {
      return state.dirty.size > 0 ? undefined : this.#rest(state)
    }
    this.#tellCorrections(object, report)
    // A correction that did not work is a matter for the status, which whole passes write.
    if (report.result === 'failed') return undefined
    return this.#rest(state)
  }

  /** Until the next whole pass is due. */
  #rest(state: DeliveryState): Next {
    if (state.nextPassAtMs === Number.POSITIVE_INFINITY) return { kind: 'done' }
    return { kind: 'after', delayMs: Math.max(0, state.nextPassAtMs - this.#parts.clock.now()) }
  }

  #tellCorrections(object: KubeObject, report: Report): void {
    const lines = report.outcomes
      .filter((one) => ['created', 'configured', 'corrected', 'replaced'].includes(one.kind))
      .map((one) => `${describeKey(one.ref)} ${one.kind === 'created' ? 'created' : 'configured'}`)
    if (lines.length === 0) return
    this.#parts.events.add({
      about: object,
      type: 'Normal',
      reason: 'DriftCorrected',
      message: lines.join('\n'),
      reporter,
      annotations: { 'kustomize.toolkit.fluxcd.io/revision': report.revision },
    })
  }

  async #pass(object: KubeObject, state: DeliveryState): Promise<PassEnd> {
    const { delivering } = this.#options
    let delivered = false
    const interpreter: FluxInterpreter = {
      read: (effect) => this.#read(effect.ref),
      render: (effect) => this.#render(effect.request),
      'set-finalizers': async ({ finalizers }) => {
        await this.#writer.finalizers(this.#view.get(...placeOf(object)) ?? object, finalizers)
        return null
      },
      deliver: async (effect) => {
        delivered = true
        const answer = await delivering.deliver({
          key: state.key,
          delivery: effect.delivery,
          target: effect.target,
          cause: causeOf(object),
          saveInventory: (entries) => this.#saveInventory(object, effect, entries),
        })
        return answer.ok
          ? { kind: 'report', report: answer.value }
          : { kind: 'no-target', failure: answer.failure, gone: answer.failure.gone }
      },
    }
    const input = {
      object,
      memory: state.memory ?? emptyMemory,
      dependenciesOf: (key: string) => this.#references.dependenciesOf(key),
    }
    const end = await interpret(reconcileKustomization(input, passContext(this.#parts)), interpreter)
    // What is suspended, stalled or could not be rendered is left alone; so is what is on its way out.
    const rests = end.next.kind === 'stalled' || object.metadata.deletionTimestamp !== undefined
    if (rests) delivering.rest(state.id)
    if (!delivered && state.wait !== undefined) state.wait = undefined
    return end
  }

  async #saveInventory(
    object: KubeObject,
    effect: Extract<FluxEffect, { kind: 'deliver' }>,
    entries: readonly InventoryEntry[],
  ): Promise<void> {
    const latest = this.#view.get(...placeOf(object)) ?? object
    const before = (latest['status'] ?? {}) as Readonly<Record<string, unknown>>
    const progress = Object.keys(effect.progress).length === 0 ? before : effect.progress
    await this.#writer.status(latest, { ...progress, inventory: writeInventory(entries) })
  }

  async #read(ref: Extract<FluxEffect, { kind: 'read' }>['ref']): Promise<KubeObject | undefined> {
    const { kind, namespace, name } = ref
    if (this.#options.sources.has(kind)) return this.#options.sources.get(kind, namespace, name)
    if (kind === 'Kustomization') return this.#view.get(namespace, name)
    const cached = this.#options.cached(kind, namespace, name)
    if (cached !== 'unknown') return cached
    if (kind !== 'Secret' && kind !== 'ConfigMap') return undefined
    return readObject(this.#parts.cluster, ref)
  }

  #render(request: Extract<FluxEffect, { kind: 'render' }>['request']): Promise<RenderAnswer> {
    const { source, artifact } = request
    const tree = this.#options.sources.tree(source.kind, source, artifact.revision)
    if (tree !== undefined) return this.#options.render(tree, request)
    const failure = this.#options.sources.problem(source.kind, source, artifact.revision)
    return Promise.resolve(failure === undefined ? { kind: 'no-artifact' } : { kind: 'no-path', failure })
  }

  #stateOf(namespace: string, name: string): DeliveryState {
    return this.#options.delivering.stateOf(deliveryId({ namespace, name }), `Kustomization/${namespace}/${name}`)
  }

  #drop(key: string): void {
    this.#references.delete(key)
    this.#folders.delete(key)
  }

  #ask(key: string, priority: 'request' | 'deletion' | 'normal' = 'normal'): void {
    const [namespace = '', name = ''] = key.split('/')
    const state = this.#stateOf(namespace, name)
    state.asked += 1
    this.#parts.wake('Kustomization', { namespace, name }, priority)
  }

  /**
   * Those that wait for another one of the same source are woken by its end, not before it. Of the others those whose
   * own folder has changed go first: most of the rest only have a new revision to note.
   */
  #sourceReady(kind: string, source: string): void {
    const users = this.#references.usersOfSource(kind, source)
    const all = new Set(users)
    const tree = this.#presentTree(kind, source)
    for (const key of users) {
      const isTouched = this.#isTouched(key, tree)
      if (this.#references.dependenciesOf(key).some((dependency) => all.has(dependency))) continue
      this.#ask(key, isTouched ? 'request' : 'normal')
    }
  }

  #presentTree(kind: string, source: string): FileTree | undefined {
    const [namespace = '', name = ''] = source.split('/')
    const object = this.#options.sources.get(kind, namespace, name)
    const revision = object === undefined ? undefined : readArtifact(object)?.revision
    return revision === undefined ? undefined : this.#options.sources.tree(kind, { namespace, name }, revision)
  }

  #isTouched(key: string, tree: FileTree | undefined): boolean {
    const path = this.#references.spec(key)?.path
    const digest = tree === undefined || path === undefined ? undefined : subtree(tree, path)?.digest
    const before = this.#folders.get(key)
    if (digest === undefined) this.#folders.delete(key)
    else this.#folders.set(key, digest)
    return digest === undefined || digest !== before
  }

  #wakeDependents(key: string): void {
    for (const dependent of this.#references.dependentsOf(key)) {
      const [namespace = '', name = ''] = dependent.split('/')
      const object = this.#view.get(namespace, name)
      if (object !== undefined && this.#isBehind(dependent, object)) this.#ask(dependent)
    }
  }

  /** Whether a Kustomization is not ready, or has not looked at its source's present revision. */
  #isBehind(key: string, object: KubeObject): boolean {
    const status = readKustomizationStatus(object)
    if (!isTrue(readConditions(object['status']), 'Ready')) return true
    const [namespace = '', name = ''] = key.split('/')
    // After a restart all have to look once, so that drift is heard of.
    if (this.#stateOf(namespace, name).current === undefined) return true
    const source = this.#references.spec(key)?.sourceRef
    if (source === undefined) return false
    const found = this.#options.sources.get(source.kind, source.namespace, source.name)
    const revision = found === undefined ? undefined : readArtifact(found)?.revision
    return revision !== undefined && revision !== status.lastAttemptedRevision
  }
}

/** Most events are of our own status writes. */
function isSameSpec({ metadata: before }: KubeObject, { metadata: after }: KubeObject): boolean {
  return before.uid === after.uid && before.generation === after.generation
}

/** All of an object that a pass reads beside its source and variables. */
function causeOf(object: KubeObject): string {
  const { uid = '', generation = 0, annotations, deletionTimestamp = '' } = object.metadata
  return JSON.stringify([uid, generation, annotations ?? {}, deletionTimestamp])
}

function splitKey(key: string): [string, string] {
  const [namespace = '', name = ''] = key.split('/')
  return [namespace, name]
}

function placeOf(object: KubeObject): [string, string] {
  return [object.metadata.namespace ?? '', object.metadata.name ?? '']
}

function nextTurn(next: Next, nowMs: number): number {
  switch (next.kind) {
    case 'done':
      return next.intervalMs === undefined ? Number.POSITIVE_INFINITY : nowMs + next.intervalMs
    case 'after':
      return nowMs + next.delayMs
    case 'retry':
      return nowMs
    case 'stalled':
      return Number.POSITIVE_INFINITY
    case 'waiting':
      return next.deadlineMs
  }
}
