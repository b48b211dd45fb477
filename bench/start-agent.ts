import { createAgent, inlineHelmRender, inlineRender, type Agent } from '@kedge/agent'
import type { Cluster } from '@kedge/cluster'
import { createAddressRules, createEgressClient, createGitSource } from '@kedge/source'

import { realPorts } from '../test/cluster/real-ports.ts'

/** The engine over a cluster, with sources from disk and no artifact server. */
export function startAgent(cluster: Cluster): Agent {
  const http = createEgressClient({ rules: createAddressRules({}) })
  return createAgent({
    cluster,
    ...realPorts,
    git: createGitSource({ http, localFolders: 'any' }),
    http,
    render: inlineRender(),
    renderHelm: inlineHelmRender(),
    artifacts: {
      publish: (name, tree) =>
        Promise.resolve({ path: name, url: `http://127.0.0.1/${name}`, digest: tree.digest, size: 1 }),
      publishFile: (name, { digest, size }) => ({ path: name, url: `http://127.0.0.1/${name}`, digest, size }),
      withdraw: () => undefined,
    },
    concurrency: 32,
  })
}
