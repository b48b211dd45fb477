import { FailureError } from '@kedge/base'
import { defaultRemoteLimits, type RemoteAnswer, type RemoteNeed } from '@kedge/kustomize'
import type { RemoteFetcher } from '@kedge/source'

import type { FetchedRemote } from './fetched-remotes.ts'
import type { Render } from './renderer.ts'

/**
 * Renders with remote bases and files: what a build meets outside its tree is fetched, and it is built again, a bounded
 * number of times. Only for sources whose authors may make this machine connect to where the fetcher allows.
 */
export function fetchingRender(render: Render, fetcher: RemoteFetcher): Render {
  const { maxRounds, maxNeeds } = defaultRemoteLimits
  return async (tree, request) => {
    const fetched: FetchedRemote[] = []
    for (let round = 0; round <= maxRounds; round++) {
      const outcome = await render(tree, { ...request, remotes: fetched })
      const { needs = [], reads, ...answer } = outcome
      // What came from elsewhere may change without a trace in the tree, so that such a result tells no reads.
      if (needs.length === 0) return fetched.length === 0 && reads !== undefined ? { ...answer, reads } : answer
      if (fetched.length + needs.length > maxNeeds) break
      fetched.push(...(await Promise.all(needs.map(async (need) => ({ need, answer: await answerTo(need, fetcher) })))))
    }
    const message = `kustomize build failed: it reaches for more than ${maxNeeds} remote files and repositories, or for remote bases of remote bases more than ${maxRounds} deep`
    return { kind: 'failed', failure: { code: 'kustomize-limit', message, fix: 'copy some of them into the source' } }
  }
}

async function answerTo(need: RemoteNeed, fetcher: RemoteFetcher): Promise<RemoteAnswer> {
  try {
    switch (need.kind) {
      case 'repository':
        return { kind: 'tree', tree: await fetcher.repository(need) }
      case 'file':
        return { kind: 'file', bytes: await fetcher.file(need.url) }
      case 'chart':
        return { kind: 'failed', failure: { code: 'kustomize-helm', message: 'charts are not fetched here' } }
    }
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    return { kind: 'failed', failure: error.failure }
  }
}
