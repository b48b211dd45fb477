/** Artifacts of a registry, from the push to the objects in the cluster. */
import type { KubeObject } from '@kedge/manifest'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { createChartServer, filesLayer, type ChartServer } from '../packages/assembly/agent/src/testing/chart-server.ts'
import { testCluster, type TestCluster } from '../test/cluster/target.ts'
import { configMap } from './flow/content.ts'
import { startEngine, type Engine } from './flow/engine.ts'
import { untilObject } from './flow/until-object.ts'

const home = `oci-${Date.now().toString(36)}`
const manager = { fieldManager: 'kedge-e2e', force: true }
const slow = 60_000
const source = { group: 'source.toolkit.fluxcd.io', kind: 'OCIRepository', namespace: home, name: 'app' }
const delivery = { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', namespace: home, name: 'app' }

let target: TestCluster
let registry: ChartServer
let engine: Engine

beforeAll(async () => {
  target = await testCluster()
  registry = await createChartServer()
  engine = await startEngine(target)
  target.cluster.discovery.invalidate()
  await target.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } }, manager)
}, slow)

afterAll(async () => {
  await target.cluster.delete(delivery)
  await target.cluster.delete(source)
  await engine.agent.idle()
  await engine[Symbol.asyncDispose]()
  await target.cluster.delete({ group: '', kind: 'Namespace', name: home })
  await registry[Symbol.asyncDispose]()
  await target.close()
}, slow)

interface Ready {
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** Resolves with the Ready condition as soon as it is as wanted. */
async function ready(ref: typeof source, isWanted: (seen: Ready) => boolean): Promise<Ready> {
  const object = await untilObject(target.cluster, ref, (live) => {
    const seen = readyOf(live)
    return seen !== undefined && isWanted(seen)
  })
  return readyOf(object)!
}

function readyOf(object: KubeObject | undefined): Ready | undefined {
  const status = object?.['status'] as { conditions?: readonly (Ready & { type: string })[] } | undefined
  return status?.conditions?.find(({ type }) => type === 'Ready')
}

const live = (name: string): Promise<KubeObject | undefined> =>
  target.cluster.get({ group: '', kind: 'ConfigMap', namespace: home, name })

async function request(token: string): Promise<void> {
  const annotations = { 'reconcile.fluxcd.io/requestedAt': token }
  await target.cluster.patch(source, { type: 'merge', body: { metadata: { annotations } } })
}

test(
  'what is pushed to a registry is delivered, the next push replaces it, and a broken one changes nothing',
  async () => {
    const first = registry.push('team/app', '1.0.0', [
      await filesLayer({
        'deploy/kustomization.yaml': 'resources: [a.yaml]\nnameSuffix: -x\n',
        'deploy/a.yaml': configMap(home, 'a', 'one'),
      }),
    ])
    const url = `oci://${registry.host}/team/app`
    const spec = { interval: '10m', url, insecure: true, ref: { semver: '1.x' } }
    const metadata = { name: 'app', namespace: home }
    await target.cluster.apply({ apiVersion: `${source.group}/v1`, kind: source.kind, metadata, spec }, manager)
    const sourceRef = { kind: 'OCIRepository', name: 'app' }
    await target.cluster.apply(
      {
        apiVersion: `${delivery.group}/v1`,
        kind: delivery.kind,
        metadata,
        spec: { interval: '10m', prune: true, path: './deploy', sourceRef },
      },
      manager,
    )
    const stored = await ready(source, ({ status }) => status === 'True')
    expect(stored.message).toBe(`stored artifact for digest '1.0.0@${first}'`)
    await ready(delivery, ({ message }) => message === `Applied revision: 1.0.0@${first}`)
    expect(await live('a-x')).toMatchObject({ data: { value: 'one' } })

    const second = registry.push('team/app', '1.1.0', [
      await filesLayer({ 'deploy/b.yaml': configMap(home, 'b', 'two') }),
    ])
    await request('1')
    await ready(delivery, ({ message }) => message === `Applied revision: 1.1.0@${second}`)
    expect([await live('a-x'), (await live('b'))?.['data']]).toEqual([undefined, { value: 'two' }])

    registry.push('team/app', '1.2.0', [{ mediaType: 'text/plain', bytes: Buffer.from('no archive') }])
    await request('2')
    const broken = await ready(source, ({ status }) => status === 'False')
    expect(broken).toMatchObject({
      reason: 'OCIArtifactLayerOperationFailed',
      message: expect.stringContaining('failed to extract layer contents from artifact'),
    })
    await engine.agent.idle()
    expect((await live('b'))?.['data']).toEqual({ value: 'two' })
    await ready(delivery, ({ message }) => message === `Applied revision: 1.1.0@${second}`)
  },
  slow,
)
