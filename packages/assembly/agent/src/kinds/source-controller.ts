import {
  finalizer,
  isTrue,
  readArtifact,
  readConditions,
  type FluxProgram,
  type PassContext,
  type PassEnd,
  type Place,
} from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

import { createObjectView } from '../cluster/object-view.ts'
import { passContext } from '../pass-context.ts'
import type { AgentParts } from './agent-parts.ts'
import type { Controller, Standing } from './controller.ts'
import { finishPass } from './finish-pass.ts'
import { asksForTurn, priorityOf, refOf, standingOf } from './object-standing.ts'
import { interpret, type FluxInterpreter } from './interpret.ts'
import { createObjectWriter } from './object-writer.ts'

/** Keeps the sources of one kind: polls them, holds their files, says in their status what was found. */
export interface SourceController extends Controller {
  get(namespace: string, name: string): KubeObject | undefined
  /** Calls the listener when a source's status names files that were not there before or are there again, or when it is ready again. */
  onArtifact(listener: (namespace: string, name: string) => void): void
  /** Has a source looked at now, because somebody misses its files. */
  refresh(place: Place): void
}

/** What one kind of source has of its own. */
export interface SourceKind {
  readonly kind: string
  readonly program: (object: KubeObject, context: PassContext) => FluxProgram<PassEnd>
  /** Carries out the effects of the kind; `changed` says that the artifact is another one, or is there again. */
  readonly effects: (changed: () => void) => FluxInterpreter
  readonly forget: (place: Place) => void
  /** Sources that are of use as soon as they exist, without an artifact. */
  readonly isStatic?: (object: KubeObject) => boolean
}

export function createSourceController(parts: AgentParts, source: SourceKind): SourceController {
  const { cluster, wake } = parts
  const { kind } = source
  const view = createObjectView(cluster, { group: 'source.toolkit.fluxcd.io', version: 'v1', kind })
  const writer = createObjectWriter({ cluster, view, fieldManager: 'source-controller', hasStatusSubresource: true })
  const listeners: ((namespace: string, name: string) => void)[] = []
  const isStatic = source.isStatic ?? (() => false)
  // What could not be written is told by the pass that can: its users would not hear of it before their interval.
  const untold = new Set<string>()
  const tell = ({ namespace, name }: Place): void => {
    untold.delete(`${namespace}/${name}`)
    for (const listener of listeners) listener(namespace, name)
  }

  view.onEvent((event) => {
    const ref = refOf(event.object)
    if (event.type === 'deleted') {
      source.forget(ref)
      untold.delete(`${ref.namespace}/${ref.name}`)
    }
    if (event.type !== 'modified' || asksForTurn(event.previous, event.object)) {
      wake(kind, ref, priorityOf(event.object))
      if (isStatic(event.object)) tell(ref)
    }
    parts.changed()
  })

  async function remove(object: KubeObject): Promise<void> {
    // Flux's source controller leaves its finalizer behind; with the files only in memory nothing needs one.
    const finalizers = object.metadata.finalizers ?? []
    const left = finalizers.filter((one) => one !== finalizer)
    if (left.length !== finalizers.length) await writer.finalizers(object, left)
  }

  return {
    kind,
    synced: view.synced,
    get: (namespace, name) => view.get(namespace, name),
    onArtifact: (listener) => void listeners.push(listener),
    refresh: (place) => wake(kind, place, 'request'),
    async turn(namespace, name) {
      const object = view.get(namespace, name)
      if (object === undefined) return { kind: 'stalled', reason: 'deleted' }
      if (object.metadata.deletionTimestamp !== undefined) {
        await remove(object)
        return { kind: 'stalled', reason: 'deleted' }
      }
      const key = `${namespace}/${name}`
      const interpreter: FluxInterpreter = {
        'set-finalizers': async ({ finalizers }) => {
          await writer.finalizers(object, finalizers)
          return null
        },
        ...source.effects(() => untold.add(key)),
      }
      const end = await interpret(source.program(object, passContext(parts)), interpreter)
      const latest = view.get(namespace, name) ?? object
      const next = await finishPass(end, { object: latest, parts, writer, reporter: 'source-controller' })
      // Told only now: who looks at once must find the artifact, or that it is usable again, in the status.
      const isRecovered = !isReady(object) && isReady(view.get(namespace, name) ?? object)
      if (untold.has(key) || isRecovered) tell({ namespace, name })
      return next
    },
    objects: () => view.list(),
    standing: (object) => sourceStanding(object, isStatic(object)),
    close: () => view.close(),
  }
}

function isReady(object: KubeObject): boolean {
  return isTrue(readConditions(object['status']), 'Ready')
}

/** What is of use without a reconciler is ready, though no condition says so. */
function sourceStanding(object: KubeObject, isReady: boolean): Standing {
  const standing = { ...standingOf(object), revision: readArtifact(object)?.revision ?? '' }
  return isReady && standing.state !== 'suspended' ? { ...standing, state: 'ready', reason: '' } : standing
}
