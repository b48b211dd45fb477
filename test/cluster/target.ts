/** The cluster that an end-to-end test runs on: the real one under `npm run test:cluster`, an embedded one elsewhere. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { createApiServer } from '@kedge/apiserver'
import { createCluster, loadCluster, type Cluster, type ClusterConfig } from '@kedge/cluster'

import { realPorts } from './real-ports.ts'

/** A cluster to test on, with an administrator's rights. */
export interface TestCluster {
  readonly kind: 'real' | 'embedded'
  readonly kubeconfigPath: string
  readonly config: ClusterConfig
  /** A client; it is closed with the test cluster. */
  readonly cluster: Cluster
  close(): Promise<void>
}

/** The kubeconfig of the real cluster, where one runs. */
export const realKubeconfig: string | undefined = process.env['KEDGE_TEST_KUBECONFIG']

/** Opens the cluster to test on. Tests share the real one, so each makes namespaces of its own and removes them. */
export async function testCluster(): Promise<TestCluster> {
  return realKubeconfig === undefined || realKubeconfig === '' ? embeddedCluster() : realCluster(realKubeconfig)
}

/** The real cluster of a kubeconfig. */
export async function realCluster(kubeconfigPath: string): Promise<TestCluster> {
  const config = await loadCluster({ kubeconfigPath })
  const cluster = createCluster(config, realPorts)
  return { kind: 'real', kubeconfigPath, config, cluster, close: () => cluster.close() }
}

/** A new embedded cluster over TLS, in memory. */
export async function embeddedCluster(): Promise<TestCluster> {
  const server = await createApiServer({ ...realPorts, listen: true, port: 0, profile: 'fast' })
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-embedded-'))
  const kubeconfigPath = path.join(folder, 'kubeconfig')
  writeFileSync(kubeconfigPath, server.kubeconfig(), { mode: 0o600 })
  const config = await loadCluster({ kubeconfigPath })
  const cluster = createCluster(config, realPorts)
  return {
    kind: 'embedded',
    kubeconfigPath,
    config,
    cluster,
    async close() {
      await cluster.close()
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
