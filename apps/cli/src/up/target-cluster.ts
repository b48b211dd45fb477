import { writeFile } from 'node:fs/promises'
import { createApiServer } from '@kedge/apiserver'
import { FailureError } from '@kedge/base'
import { createCluster, loadCluster, type Cluster, type ClusterConfig } from '@kedge/cluster'
import type { ClusterFlags } from '../flags.ts'
import type { DataFolder } from './data-folder.ts'
import { systemPorts } from './system-ports.ts'

/** The cluster that `kedge up` reconciles into. */
export interface TargetCluster extends AsyncDisposable {
  readonly cluster: Cluster
  readonly embedded: boolean
  /** For people: `embedded cluster at https://…`. */
  readonly label: string
  /** The kubeconfig to hand to kubectl, where kedge wrote one. */
  readonly kubeconfig?: string
}

/** A real cluster when a kubeconfig or context is named, else the embedded one, started here. */
export async function openTargetCluster(
  flags: ClusterFlags & { readonly port?: number },
  folder: DataFolder,
): Promise<TargetCluster> {
  const isNamed = flags.kubeconfig !== undefined || flags.context !== undefined
  return isNamed ? openRealCluster(flags) : startEmbeddedCluster(folder, flags.port)
}

async function openRealCluster(flags: ClusterFlags): Promise<TargetCluster> {
  const config = await loadCluster({
    ...(flags.kubeconfig === undefined ? {} : { kubeconfigPath: flags.kubeconfig }),
    ...(flags.context === undefined ? {} : { context: flags.context }),
  })
  const cluster = createCluster(config, systemPorts)
  const target = {
    cluster,
    embedded: false,
    label: `cluster ${config.name} at ${config.server}`,
    [Symbol.asyncDispose]: () => cluster.close(),
  }
  await checkReachable(cluster, config)
  return target
}

/** Fails early, with what to do, when nothing answers at the address or the credentials are refused. */
async function checkReachable(cluster: Cluster, config: ClusterConfig): Promise<void> {
  try {
    await cluster.request({ method: 'GET', path: '/version', timeoutMs: 10_000 })
  } catch (cause) {
    await cluster.close()
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new FailureError(
      {
        code: 'ClusterUnreachable',
        message: `the cluster ${config.name} at ${config.server} does not answer: ${why}`,
        fix: 'check the address and the network, or choose another context with --context',
      },
      { cause },
    )
  }
}

async function startEmbeddedCluster(folder: DataFolder, port = 0): Promise<TargetCluster> {
  const server = await createApiServer({ ...systemPorts, dataDir: folder.cluster, port }).catch((cause: unknown) => {
    throw startFailure(cause, port)
  })
  await writeFile(folder.kubeconfig, server.kubeconfig(), { mode: 0o600 })
  const config = await loadCluster({ kubeconfigPath: folder.kubeconfig })
  const cluster = createCluster(config, systemPorts)
  return {
    cluster,
    embedded: true,
    label: `embedded cluster at ${server.url}`,
    kubeconfig: folder.kubeconfig,
    [Symbol.asyncDispose]: async () => {
      await cluster.close()
      await server.close()
    },
  }
}

function startFailure(cause: unknown, port: number): unknown {
  const code = (cause as NodeJS.ErrnoException).code
  if (code === 'EADDRINUSE')
    return new FailureError(
      {
        code: 'PortTaken',
        message: `port ${port} on this machine is taken`,
        fix: 'choose another with --port, or leave it out for any free one',
      },
      { cause },
    )
  if (code === 'EACCES')
    return new FailureError(
      {
        code: 'PortRefused',
        message: `port ${port} may not be opened by this user`,
        fix: 'choose one above 1023 with --port',
      },
      { cause },
    )
  return cause
}
