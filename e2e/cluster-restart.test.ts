/** What the cluster client's caches do when the server goes away for a while. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { createApiServer, type ApiServer } from '@kedge/apiserver'
import { createCluster, loadCluster, type ObjectCache } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { realPorts } from '../test/cluster/real-ports.ts'

function configMap(name: string, value: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { value } }
}

function phases(cache: ObjectCache, wanted: string): Promise<void> {
  return new Promise((resolve) => {
    const end = cache.onState(({ phase }) => {
      if (phase !== wanted) return
      end()
      resolve()
    })
  })
}

test('a cache outlives a restart of the server, and tells only what changed meanwhile', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'kedge-restart-'))
  const start = (port: number): Promise<ApiServer> => createApiServer({ ...realPorts, dataDir, port, profile: 'off' })
  const first = await start(0)
  const port = Number(new URL(first.url).port)
  const config = await loadClusterOf(first)
  const cluster = createCluster(config, realPorts)
  const manager = { fieldManager: 'kedge-e2e' }
  for (const name of ['a', 'b', 'c']) await cluster.apply(configMap(name, '1'), manager)
  const cache = cluster.cache({ group: '', kind: 'ConfigMap' }, { namespace: 'default' })
  await cache.synced
  const told: string[] = []
  cache.onEvent(({ type, object }) => told.push(`${type} ${object.metadata.name}`))
  told.length = 0

  const interrupted = phases(cache, 'interrupted')
  await first.close()
  await interrupted
  expect(cache.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c'])
  expect(cache.state().error).toBeDefined()

  const live = phases(cache, 'live')
  const second = await start(port)
  await cluster.apply(configMap('a', '2'), manager)
  await cluster.delete({ group: '', kind: 'ConfigMap', namespace: 'default', name: 'b' })
  await live
  await new Promise<void>((resolve) => {
    const check = (): void => {
      if (told.length >= 2) resolve()
    }
    cache.onEvent(check)
    check()
  })
  expect(told.filter((line) => !line.startsWith('added')).toSorted()).toEqual(['deleted b', 'modified a'])
  expect(cache.get('default', 'a')?.['data']).toEqual({ value: '2' })
  await cluster.close()
  await second.close()
  rmSync(dataDir, { recursive: true })
})

/** Strangers' rules are enough: the server's kubeconfig holds everything as data. */
function loadClusterOf(server: ApiServer): ReturnType<typeof loadCluster> {
  return loadCluster({ kubeconfigText: server.kubeconfig() })
}
