import { reconcileHelmRepository } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

import type { HelmIndexes } from '../sources/helm-indexes.ts'
import type { AgentParts } from './agent-parts.ts'
import { createSourceController, type SourceController } from './source-controller.ts'

/** Keeps HelmRepositories. */
export function createHelmRepositories(parts: AgentParts, indexes: HelmIndexes): SourceController {
  return createSourceController(parts, {
    kind: 'HelmRepository',
    program: reconcileHelmRepository,
    effects: (changed) => ({
      'fetch-index': async ({ spec, place }) => {
        const answer = await indexes.fetch(spec, place)
        if (answer.kind === 'fetched' && answer.changed) changed()
        return answer
      },
    }),
    forget: (place) => indexes.forget(place),
    isStatic: isRegistry,
  })
}

function isRegistry(object: KubeObject): boolean {
  const spec: { readonly type?: string } = object['spec'] ?? {}
  return spec.type === 'oci'
}
