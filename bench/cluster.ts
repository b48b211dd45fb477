/** How fast a bare loop of server-side applies reaches a server: what every other rate of applies is set against. */
import { existsSync } from 'node:fs'
import path from 'node:path'

import type { Cluster } from '@kedge/cluster'

import { cacheFolder } from '../test/cluster/build.ts'
import { startRealCluster } from '../test/cluster/start.ts'
import { embeddedCluster, realCluster, realKubeconfig } from '../test/cluster/target.ts'
import type { BenchRow } from './row.ts'

/** Options of a bare loop. */
export interface BareLoop {
  readonly objects: number
  /** Applies under way at once; the client's own bound holds beside it. */
  readonly concurrency: number
  readonly namespace: string
}

/** Objects applied per second by a loop that does nothing else. The namespace is made and removed again. */
export async function bareApplyRate(cluster: Cluster, loop: BareLoop): Promise<number> {
  const { namespace, objects, concurrency } = loop
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, { fieldManager: 'bench' })
  let next = 0
  const work = async (): Promise<void> => {
    while (next < objects) {
      const index = next
      next += 1
      await cluster.apply(
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `object-${index}`, namespace, labels: { 'app.kubernetes.io/part-of': 'bench' } },
          data: { index: String(index), text: 'x'.repeat(400) },
        },
        { fieldManager: 'bench', force: true },
      )
    }
  }
  // The first requests open connections and compile code.
  await cluster.list({ group: '', kind: 'ConfigMap' }, { namespace })
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: concurrency }, work))
  const seconds = (performance.now() - startedAt) / 1000
  await cluster.delete({ group: '', kind: 'Namespace', name: namespace })
  return objects / seconds
}

const loop = { objects: 4_000, concurrency: 32 }

/** The bare loop against an embedded server, and against a real one where one runs or is built. */
export async function benchCluster(): Promise<readonly BenchRow[]> {
  const embedded = await embeddedCluster()
  const rows = [row('embedded server', await measured(embedded.cluster, 'embedded'))]
  await embedded.close()
  const real = await openReal()
  if (real === undefined) return rows
  try {
    rows.push(row('real server', await measured(real.cluster, 'real')))
  } finally {
    await real.close()
  }
  return rows
}

async function measured(cluster: Cluster, name: string): Promise<number> {
  await bareApplyRate(cluster, { objects: 500, concurrency: 32, namespace: `bench-warm-${name}` })
  return bareApplyRate(cluster, { ...loop, namespace: `bench-${name}` })
}

function row(server: string, value: number): BenchRow {
  return { area: 'cluster', what: `bare loop of applies, ${server}`, value, unit: 'objects/s' }
}

/** A benchmark does not build a control plane. */
async function openReal(): Promise<{ cluster: Cluster; close(): Promise<void> } | undefined> {
  if (realKubeconfig !== undefined && realKubeconfig !== '') return realCluster(realKubeconfig)
  if (!existsSync(path.join(cacheFolder(), 'kube-apiserver'))) return undefined
  const plane = await startRealCluster()
  const target = await realCluster(plane.kubeconfigPath)
  return {
    cluster: target.cluster,
    async close() {
      await target.close()
      await plane.close()
    },
  }
}
