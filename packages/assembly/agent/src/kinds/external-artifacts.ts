import { readArtifact, type Place } from '@kedge/flux'
import type { Priority } from '@kedge/loop'
import type { KubeObject } from '@kedge/manifest'

import { createObjectView, type ObjectView } from '../cluster/object-view.ts'
import type { ExternalFiles } from '../sources/external-files.ts'
import type { AgentParts } from './agent-parts.ts'
import type { Standing } from './controller.ts'
import { refOf, standingOf } from './object-standing.ts'
import type { SourceController } from './source-controller.ts'

const kind = 'ExternalArtifact'

/** The generators of this process, which make ExternalArtifacts. */
export interface ExternalMakers {
  /** Whether a generator of this process makes an ExternalArtifact. */
  leads(external: KubeObject): boolean
  /** Has the generator of an ExternalArtifact look at it; false when none of this process makes it. */
  wake(external: KubeObject, priority: Priority): boolean
}

/** The controller of ExternalArtifacts, with the view that who makes some writes through. */
export interface ExternalArtifacts extends SourceController {
  readonly view: ObjectView
}

/** Holds the files of ExternalArtifacts, whose status their makers write. */
export function createExternalArtifacts(
  parts: AgentParts,
  files: ExternalFiles,
  makers: ExternalMakers,
): ExternalArtifacts {
  const view = createObjectView(parts.cluster, { group: 'source.toolkit.fluxcd.io', version: 'v1', kind })
  const listeners: ((namespace: string, name: string) => void)[] = []
  const tell = (namespace: string, name: string): void => {
    for (const listener of listeners) listener(namespace, name)
  }
  view.onEvent((event) => {
    const ref = refOf(event.object)
    if (event.type === 'deleted') files.forget(ref)
    else parts.wake(kind, ref)
    // Whoever changed it by hand, its generator puts it right.
    if (event.type !== 'added') makers.wake(event.object, 'normal')
    parts.changed()
  })
  return {
    kind,
    view,
    synced: view.synced,
    get: (namespace, name) => view.get(namespace, name),
    onArtifact: (listener) => void listeners.push(listener),
    refresh(place: Place) {
      const object = view.get(place.namespace, place.name)
      if (object === undefined || !makers.wake(object, 'request')) parts.wake(kind, place, 'request')
    },
    async turn(namespace, name) {
      const object = view.get(namespace, name)
      if (object === undefined || object.metadata.deletionTimestamp !== undefined)
        return { kind: 'stalled', reason: 'deleted' }
      const answer = await files.fetch(object, { isOwn: makers.leads(object) })
      if (answer.kind === 'failed') {
        const { message } = answer.failure
        parts.log({ level: 'error', message, controllerKind: kind, namespace, name })
        // Nobody else says it: those who wait for the files do.
        if (answer.isNew) tell(namespace, name)
        return { kind: 'retry', cause: message }
      }
      if (answer.changed) tell(namespace, name)
      return { kind: 'done' }
    },
    objects: () => view.list(),
    standing: externalStanding,
    close: () => view.close(),
  }
}

/** The producer's own condition counts; where it writes none, an artifact is enough. */
function externalStanding(object: KubeObject): Standing {
  const artifact = readArtifact(object)
  // Nobody notes the generation that such a status speaks of.
  const { generation: _generation, ...metadata } = object.metadata
  const { state, ...standing } = standingOf({ ...object, metadata })
  const isReady = artifact !== undefined && state === 'progressing'
  const revision = artifact?.revision ?? ''
  return isReady ? { ...standing, state: 'ready', reason: '', revision } : { ...standing, state, revision }
}
