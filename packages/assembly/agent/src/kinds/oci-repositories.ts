import { reconcileOciRepository } from '@kedge/flux'

import type { OciArtifacts } from '../sources/oci-artifacts.ts'
import type { AgentParts } from './agent-parts.ts'
import { createSourceController, type SourceController } from './source-controller.ts'

/** Keeps OCIRepositories. */
export function createOciRepositories(parts: AgentParts, artifacts: OciArtifacts): SourceController {
  return createSourceController(parts, {
    kind: 'OCIRepository',
    program: reconcileOciRepository,
    effects: (changed) => ({
      'fetch-oci': async ({ spec, place }) => {
        const answer = await artifacts.fetch(spec, place)
        if (answer.kind === 'fetched' && answer.changed) changed()
        return answer
      },
    }),
    forget: (place) => artifacts.forget(place),
  })
}
