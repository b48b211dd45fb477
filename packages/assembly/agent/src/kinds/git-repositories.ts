import { reconcileGitRepository } from '@kedge/flux'

import type { GitSources } from '../sources/git-sources.ts'
import type { AgentParts } from './agent-parts.ts'
import { readObject } from './object-standing.ts'
import { createSourceController, type SourceController } from './source-controller.ts'

/** Keeps GitRepositories. */
export function createGitRepositories(parts: AgentParts, sources: GitSources): SourceController {
  return createSourceController(parts, {
    kind: 'GitRepository',
    program: reconcileGitRepository,
    effects: (changed) => ({
      read: ({ ref }) => readObject(parts.cluster, ref),
      'fetch-git': async ({ spec, request }) => {
        const answer = await sources.fetch(spec, request)
        if (answer.kind === 'fetched' && answer.changed) changed()
        return answer
      },
    }),
    forget: ({ namespace, name }) => sources.forget(namespace, name),
  })
}
