import {
  deliveryId,
  reconcileApplication,
  refreshAnnotation,
  resourceHealth,
  writeResource,
  type ApplicationSource,
  type ArgoAnswers,
  type ArgoEffect,
  type ArgoProgram,
  type PassEnd,
} from '@kedge/argo'
import { FailureError, type Failure } from '@kedge/base'
import type { EventVerdict, InventoryEntry } from '@kedge/engine'
import type { Next } from '@kedge/loop'
import { formatKey, type KubeObject } from '@kedge/manifest'
import type { FileTree } from '@kedge/tree'

import type { OwnedEvent } from '../cluster/engine-cluster.ts'
import { createObjectView, type ObjectView } from '../cluster/object-view.ts'
import { formatTime } from '../pass-context.ts'
import type { Render } from '../render/renderer.ts'
import { renderApplication } from '../render/application-request.ts'
import type { Checkouts } from '../sources/checkouts.ts'
import type { AgentParts } from './agent-parts.ts'
import { applicationStanding, statusOf } from './application-standing.ts'
import type { Controller, Standing } from './controller.ts'
import type { Delivering } from './delivering.ts'
import type { DeliveryState } from './delivery-state.ts'
import { createObjectWriter, type ObjectWriter } from './object-writer.ts'

const kindRef = { group: 'argoproj.io', version: 'v1alpha1', kind: 'Application' }
/** How often sources are looked at without a reason, as Argo CD does by default. */
const refreshMs = 120_000

export interface ApplicationOptions {
  readonly delivering: Delivering
  readonly render: Render
  readonly checkouts: Checkouts
}

/** Keeps Applications: compares them with the cluster, syncs them, and says how they stand. */
export function createApplications(parts: AgentParts, options: ApplicationOptions): Controller {
  return new ApplicationController(parts, options)
}

class ApplicationController implements Controller {
  readonly kind = 'Application'
  readonly #parts: AgentParts
  readonly #options: ApplicationOptions
  readonly #view: ObjectView
  readonly #writer: ObjectWriter

  constructor(parts: AgentParts, options: ApplicationOptions) {
    this.#parts = parts
    this.#options = options
    this.#view = createObjectView(parts.cluster, kindRef)
    this.#writer = createObjectWriter({
      cluster: parts.cluster,
      view: this.#view,
      fieldManager: 'argocd-application-controller',
      hasStatusSubresource: false,
    })
    this.#view.onEvent((event) => {
      if (event.type !== 'modified' || asksForTurn(event.previous, event.object)) this.#ask(event.object)
      parts.changed()
    })
  }

  get synced(): Promise<void> {
    return this.#view.synced
  }

  objects(): readonly KubeObject[] {
    return this.#view.list()
  }

  close(): void {
    this.#view.close()
    this.#options.checkouts.close()
  }

  standing(object: KubeObject): Standing {
    const state = this.#stateOf(object)
    return applicationStanding(object, state.asked !== state.answered)
  }

  async turn(namespace: string, name: string): Promise<Next> {
    const object = this.#view.get(namespace, name)
    const id = deliveryId({ namespace, name })
    if (object === undefined) {
      this.#options.delivering.forget(id)
      return { kind: 'stalled', reason: 'deleted' }
    }
    const state = this.#stateOf(object)
    const { asked } = state
    state.observer ??= (event, verdict) => this.#observe(state, { event, verdict })
    const end = await this.#interpret(object, state)
    if (end.next.kind === 'stalled') this.#options.delivering.rest(id)
    await this.#store(this.#view.get(namespace, name) ?? object, object, end)
    this.#tell(object, end)
    state.answered = asked
    this.#parts.changed()
    return end.next
  }

  #stateOf(object: KubeObject): DeliveryState {
    const { namespace = '', name = '' } = object.metadata
    return this.#options.delivering.stateOf(deliveryId({ namespace, name }), `Application/${namespace}/${name}`)
  }

  #ask(object: KubeObject): void {
    const { namespace = '', name = '' } = object.metadata
    this.#stateOf(object).asked += 1
    const priority = object.metadata.deletionTimestamp === undefined ? 'request' : 'deletion'
    this.#parts.wake(this.kind, { namespace, name }, priority)
  }

  /** A change of an object matters when it is drift, or when the object's health is another one than before. */
  #observe(state: DeliveryState, seen: { readonly event: OwnedEvent; readonly verdict: EventVerdict }): void {
    const { event, verdict } = seen
    const before = event.type === 'modified' ? resourceHealth(event.previous)?.status : undefined
    const after = event.type === 'deleted' ? 'gone' : resourceHealth(event.object)?.status
    if (verdict === 'same' && before === after) return
    state.asked += 1
    const [, namespace = '', name = ''] = state.key.split('/')
    this.#parts.wake(this.kind, { namespace, name }, verdict === 'same' ? 'normal' : 'request')
  }

  async #interpret(object: KubeObject, state: DeliveryState): Promise<PassEnd> {
    const nowMs = this.#parts.clock.now()
    const program: ArgoProgram<PassEnd> = reconcileApplication(
      { object, memory: state.memory },
      {
        nowMs,
        now: formatTime(nowMs),
        random: this.#parts.random.next(),
        refreshMs,
        parseTime: (text) => (Number.isNaN(Date.parse(text)) ? undefined : Date.parse(text)),
      },
    )
    let step = program.next()
    while (!step.done) step = program.next(await this.#carryOut(step.value, object, state))
    return step.value
  }

  async #carryOut(
    effect: ArgoEffect,
    object: KubeObject,
    state: DeliveryState,
  ): Promise<ArgoAnswers[ArgoEffect['kind']]> {
    const { delivering, checkouts } = this.#options
    const target = { serviceAccount: undefined, kubeConfig: undefined }
    switch (effect.kind) {
      case 'checkout': {
        const found = await checkouts.checkout(effect.source.repoUrl, effect.revision)
        return found.ok ? { kind: 'checked-out', revision: found.value } : { kind: 'failed', failure: found.failure }
      }
      case 'render':
        return this.#render(effect.source, effect.revision)
      case 'compare':
        return unwrap(await delivering.compare({ key: state.key, delivery: effect.delivery, target }))
      case 'deliver':
        return unwrap(
          await delivering.deliver({
            key: state.key,
            delivery: effect.delivery,
            target,
            ...(effect.only === undefined ? {} : { only: effect.only }),
            saveInventory: (entries) => this.#saveInventory(object, effect.progress, entries),
          }),
        )
      case 'live':
        return effect.refs.map((ref) => {
          const live = state.current?.target.caches.live(ref)
          return live === 'unknown' ? undefined : live
        })
      case 'set-finalizers':
        await this.#writer.finalizers(this.#latest(object), effect.finalizers)
        return null
    }
  }

  #render(source: ApplicationSource, commit: string): Promise<ArgoAnswers['render']> {
    const tree: FileTree | undefined = this.#options.checkouts.tree(source.repoUrl, commit)
    return renderApplication(this.#options.render, tree, { source, revision: commit })
  }

  async #saveInventory(
    object: KubeObject,
    progress: Readonly<Record<string, unknown>>,
    entries: readonly InventoryEntry[],
  ): Promise<void> {
    const latest = this.#latest(object)
    const before = statusOf(latest)
    const known = new Map((before.resources ?? []).map((one) => [resourceKey(one), one]))
    const resources = entries.map((entry) => {
      const { uid, digest, ...identity } = entry
      const extra = digest === undefined ? { uid } : { uid, digest }
      return known.get(formatKey(entry)) ?? writeResource({ ...identity, status: 'OutOfSync', ...extra })
    })
    await this.#writer.status(latest, { ...before, ...progress, resources })
  }

  #latest(object: KubeObject): KubeObject {
    return this.#view.get(object.metadata.namespace ?? '', object.metadata.name ?? '') ?? object
  }

  /** The status, the freed operation slot and the answered refresh, in one write. */
  async #store(latest: KubeObject, seen: KubeObject, end: PassEnd): Promise<void> {
    if (latest.metadata.deletionTimestamp !== undefined && end.status === undefined) return
    const rest: Record<string, unknown> = {}
    if (end.clearOperation && sameJson(latest['operation'], seen['operation'])) rest['operation'] = null
    const asked = seen.metadata.annotations?.[refreshAnnotation]
    if (asked !== undefined && latest.metadata.annotations?.[refreshAnnotation] === asked) {
      rest['metadata'] = { annotations: { [refreshAnnotation]: null } }
    }
    const status = end.status ?? (latest['status'] as Readonly<Record<string, unknown>> | undefined) ?? {}
    const hasNews = this.#writer.changes(latest, status) || Object.keys(rest).length > 0
    if (!hasNews) return
    // Told with what changed, so that an application that stands still is not written at every look.
    const reconciledAt = formatTime(this.#parts.clock.now())
    await this.#writer.statusAnd(latest, { ...status, reconciledAt }, rest)
  }

  #tell(object: KubeObject, end: PassEnd): void {
    const { namespace = '', name = '' } = object.metadata
    for (const note of end.notes) {
      this.#parts.events.add({
        about: object,
        type: note.severity === 'error' ? 'Warning' : 'Normal',
        reason: note.reason,
        message: note.message,
        reporter: 'argocd-application-controller',
      })
      this.#parts.log({ level: note.severity, message: note.message, controllerKind: this.kind, namespace, name })
    }
  }
}

function asksForTurn(before: KubeObject, after: KubeObject): boolean {
  const hasRefresh = after.metadata.annotations?.[refreshAnnotation] !== undefined
  if (hasRefresh && before.metadata.annotations?.[refreshAnnotation] === undefined) return true
  if (after['operation'] !== undefined && !sameJson(before['operation'], after['operation'])) return true
  if (before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp) return true
  return before.metadata.uid !== after.metadata.uid || !sameJson(before['spec'], after['spec'])
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function resourceKey(resource: Readonly<Record<string, unknown>>): string {
  const text = (name: string): string => (typeof resource[name] === 'string' ? resource[name] : '')
  return formatKey({ group: text('group'), kind: text('kind'), namespace: text('namespace'), name: text('name') })
}

function unwrap<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure },
): T {
  if (result.ok) return result.value
  throw new FailureError(result.failure)
}
