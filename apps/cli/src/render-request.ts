import { inlineHelmRender, type ApplicationPreviewRequest, type HelmReleasePreviewRequest } from '@kedge/agent'
import { FailureError, type Result } from '@kedge/base'
import { createCluster, type Cluster } from '@kedge/cluster'
import { clusterConfig } from './connect.ts'
import type { ClusterFlags } from './flags.ts'
import { fetchSchema } from './helm/fetch-schemas.ts'
import type { Io } from './io.ts'
import type { LocalRender } from './kustomize/remote-render.ts'
import type { SourcedInput } from './render-input.ts'
import { systemPorts } from './up/system-ports.ts'

/** The cluster that the flags name, as the engine's own client sees it. */
export async function openCluster(flags: ClusterFlags, io: Io): Promise<Cluster> {
  return createCluster(await clusterConfig(flags, io), systemPorts)
}

/** What the engine is asked about an object that may be rendered out of its own source. */
export type SourcedRequest =
  | ({ readonly kind: 'Application' } & ApplicationPreviewRequest)
  | ({ readonly kind: 'HelmRelease' } & HelmReleasePreviewRequest)

export function sourcedRequest(
  { kind, object, local }: SourcedInput,
  { render, git, http, azure }: LocalRender,
  cluster: Cluster,
): SourcedRequest {
  const host = { object, cluster, ports: systemPorts }
  if (kind === 'Application') {
    return { kind, ...host, render, git, ...(local === undefined ? {} : { tree: local.tree }) }
  }
  const files = local === undefined ? {} : { local: { tree: local.tree, folder: local.path } }
  return { kind, ...host, render: inlineHelmRender((address) => fetchSchema(http, address)), http, azure, ...files }
}

/** The value of a result; its failure is thrown as FailureError, which the command prints. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new FailureError(result.failure)
}
