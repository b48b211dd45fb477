import { existsSync } from 'node:fs'
import path from 'node:path'
import { createHttpTransport, identityHeaders, identityOf, loadCluster, type ClusterConfig } from '@kedge/cluster'
import type { ClusterFlags } from './flags.ts'
import type { Io } from './io.ts'
import { createKube, type Kube, type KubeConnection, type KubeEvent } from './kube/kube.ts'
import { dataFolderPaths, holderOf } from './up/data-folder.ts'

/**
 * The cluster a verb talks to: the kubeconfig named, else the embedded cluster that runs in this folder, else what
 * KUBECONFIG or ~/.kube/config name. Throws FailureError when there is none.
 */
export async function connect(flags: ClusterFlags, io: Io): Promise<Kube> {
  return connectTo(flags, io, (config) => config)
}

/** As connect, with a configuration that was changed before it is used. */
export async function connectTo(
  flags: ClusterFlags,
  io: Io,
  change: (config: ClusterConfig) => ClusterConfig,
): Promise<Kube> {
  return createKube(openConnection(change(await clusterConfig(flags, io))))
}

/** The configuration behind `connect`, for those who need more than a Kube. */
export async function clusterConfig(flags: ClusterFlags, io: Io): Promise<ClusterConfig> {
  const embedded =
    flags.kubeconfig === undefined && flags.context === undefined ? await embeddedKubeconfig(io.cwd) : undefined
  const kubeconfigPath = flags.kubeconfig ?? embedded
  return loadCluster({
    environment: { ...io.env, ...kubeconfigList(io) },
    ...(kubeconfigPath === undefined ? {} : { kubeconfigPath }),
    ...(flags.context === undefined ? {} : { context: flags.context }),
  })
}

/** The files of KUBECONFIG as they are named from the folder that the command runs in. */
function kubeconfigList({ env, cwd }: Io): { readonly KUBECONFIG?: string } {
  const files = (env['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== '')
  return files.length === 0 ? {} : { KUBECONFIG: files.map((file) => path.resolve(cwd, file)).join(path.delimiter) }
}

/** The kubeconfig of the engine that runs in this folder or in one above it. */
async function embeddedKubeconfig(cwd: string): Promise<string | undefined> {
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    const data = dataFolderPaths(path.join(folder, '.kedge'))
    if (existsSync(data.kubeconfig) && (await holderOf(data.path)) !== undefined) return data.kubeconfig
    if (folder === path.dirname(folder)) return undefined
  }
}

function openConnection(config: ClusterConfig): KubeConnection {
  const transport = createHttpTransport(config)
  const identity = config.impersonate === undefined ? {} : identityHeaders(identityOf(config.impersonate))
  return {
    namespace: config.namespace,
    label: `${config.name} (${config.server})`,
    request: (call) => transport.request({ ...call, headers: { ...call.headers, ...identity } }),
    watch: (watchPath, onEvent) =>
      transport.stream(
        { method: 'GET', path: watchPath, headers: { accept: 'application/json', ...identity } },
        { opened: () => {}, value: (value) => onEvent(value as KubeEvent), ended: () => {} },
      ),
    close: () => transport.close(),
  }
}
