import { existsSync } from 'node:fs'
import path from 'node:path'
import { createHttpTransport, loadCluster, type ClusterConfig } from '@kedge/cluster'
import type { ClusterFlags } from './flags.ts'
import type { Io } from './io.ts'
import { createKube, type Kube, type KubeConnection, type KubeEvent } from './kube/kube.ts'
import { dataFolderPaths, holderOf } from './up/data-folder.ts'

/**
 * The cluster a verb talks to: the kubeconfig named, else the embedded cluster that runs in this folder, else what
 * KUBECONFIG or ~/.kube/config name. Throws FailureError when there is none.
 */
export async function connect(flags: ClusterFlags, io: Io): Promise<Kube> {
  return createKube(await openConnection(await clusterConfig(flags, io)))
}

/** The configuration behind `connect`, for those who need more than a Kube. */
export async function clusterConfig(flags: ClusterFlags, io: Io): Promise<ClusterConfig> {
  const embedded =
    flags.kubeconfig === undefined && flags.context === undefined ? await embeddedKubeconfig(io.cwd) : undefined
  const kubeconfigPath = flags.kubeconfig ?? embedded
  return loadCluster({
    ...(kubeconfigPath === undefined ? {} : { kubeconfigPath }),
    ...(flags.context === undefined ? {} : { context: flags.context }),
  })
}

/** The kubeconfig of the engine that runs in this folder or in one above it. */
async function embeddedKubeconfig(cwd: string): Promise<string | undefined> {
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    const data = dataFolderPaths(path.join(folder, '.kedge'))
    if (existsSync(data.kubeconfig) && (await holderOf(data.path)) !== undefined) return data.kubeconfig
    if (folder === path.dirname(folder)) return undefined
  }
}

async function openConnection(config: ClusterConfig): Promise<KubeConnection> {
  const transport = createHttpTransport(config)
  return {
    namespace: config.namespace,
    label: `${config.name} (${config.server})`,
    request: (call) => transport.request(call),
    watch: (watchPath, onEvent) =>
      transport.stream(
        { method: 'GET', path: watchPath, headers: { accept: 'application/json' } },
        { opened: () => {}, value: (value) => onEvent(value as KubeEvent), ended: () => {} },
      ),
    close: () => transport.close(),
  }
}
