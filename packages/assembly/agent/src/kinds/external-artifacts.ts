import { readArtifact, type Place } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

import { createObjectView } from '../cluster/object-view.ts'
import type { ExternalFiles } from '../sources/external-files.ts'
import type { AgentParts } from './agent-parts.ts'
import type { Standing } from './controller.ts'
import { refOf, standingOf } from './object-standing.ts'
import type { SourceController } from './source-controller.ts'

const kind = 'ExternalArtifact'

/** Holds the files of ExternalArtifacts, whose status others write. */
export function createExternalArtifacts(parts: AgentParts, files: ExternalFiles): SourceController {
  const view = createObjectView(parts.cluster, { group: 'source.toolkit.fluxcd.io', version: 'v1', kind })
  const listeners: ((namespace: string, name: string) => void)[] = []
  const tell = (namespace: string, name: string): void => {
    for (const listener of listeners) listener(namespace, name)
  }
  view.onEvent((event) => {
    const ref = refOf(event.object)
    if (event.type === 'deleted') files.forget(ref)
    else parts.wake(kind, ref)
    parts.changed()
  })
  return {
    kind,
    synced: view.synced,
    get: (namespace, name) => view.get(namespace, name),
    onArtifact: (listener) => void listeners.push(listener),
    refresh: (place: Place) => parts.wake(kind, place, 'request'),
    async turn(namespace, name) {
      const object = view.get(namespace, name)
      if (object === undefined || object.metadata.deletionTimestamp !== undefined)
        return { kind: 'stalled', reason: 'deleted' }
      const answer = await files.fetch(object)
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
