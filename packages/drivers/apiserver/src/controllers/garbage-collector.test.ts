import { expect, test } from 'vitest'
import {
  deployment,
  PATHS,
  startSimulatedCluster,
  type SimulatedCluster,
  type Answer,
} from './testing/simulated-cluster.ts'

const { configMaps } = PATHS

async function family(): Promise<{ cluster: SimulatedCluster; owner: Answer }> {
  const cluster = await startSimulatedCluster()
  const owner = await cluster.create(configMaps, { metadata: { name: 'owner' } })
  await cluster.create(configMaps, { metadata: { name: 'child', ownerReferences: [reference(owner)] } })
  await cluster.run(100)
  return { cluster, owner }
}

function reference(owner: Answer, more: object = {}): Record<string, unknown> {
  return { apiVersion: 'v1', kind: 'ConfigMap', name: owner.metadata.name, uid: owner.metadata.uid, ...more }
}

async function names(cluster: SimulatedCluster): Promise<string[]> {
  return (await cluster.list(configMaps))
    .map((each) => each.metadata.name)
    .filter((name) => name !== 'kube-root-ca.crt')
}

test('[CG1] background deletion removes the owner, then what it owned', async () => {
  const { cluster } = await family()
  await cluster.remove(`${configMaps}/owner`, { propagationPolicy: 'Background' })
  expect(await names(cluster)).toEqual(['child'])
  await cluster.run(100)
  expect(await names(cluster)).toEqual([])
  await cluster.close()
})

test('[CG2] foreground deletion keeps the owner until what blocks it is gone', async () => {
  const { cluster, owner } = await family()
  await cluster.create(configMaps, {
    metadata: {
      name: 'held',
      finalizers: ['x.y/z'],
      ownerReferences: [reference(owner, { blockOwnerDeletion: true })],
    },
  })
  await cluster.run(100)
  await cluster.remove(`${configMaps}/owner`, { propagationPolicy: 'Foreground' })
  await cluster.run(100)
  expect(await names(cluster)).toEqual(['held', 'owner'])
  await cluster.patch(`${configMaps}/held`, { metadata: { finalizers: null } })
  await cluster.run(100)
  expect(await names(cluster)).toEqual([])
  await cluster.close()
})

test('[CG3] orphan deletion strips the owner from what it owned', async () => {
  const { cluster } = await family()
  await cluster.remove(`${configMaps}/owner`, { propagationPolicy: 'Orphan' })
  await cluster.run(100)
  const child = await cluster.get(`${configMaps}/child`)
  expect(await names(cluster)).toEqual(['child'])
  expect(child.metadata.ownerReferences).toBeUndefined()
  await cluster.close()
})

test('[CG4] an object whose owner is in another namespace, or is another object of that name, is collected', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create('/api/v1/namespaces', { metadata: { name: 'other' } })
  const owner = await cluster.create('/api/v1/namespaces/other/configmaps', { metadata: { name: 'owner' } })
  await cluster.create(configMaps, { metadata: { name: 'stranger', ownerReferences: [reference(owner)] } })
  await cluster.create(configMaps, { metadata: { name: 'kept' } })
  await cluster.run(100)
  expect(await names(cluster)).toEqual(['kept'])
})

test('[CG5] an object keeps living while one of several owners does, and loses those that are gone', async () => {
  await using cluster = await startSimulatedCluster()
  const first = await cluster.create(configMaps, { metadata: { name: 'first' } })
  const second = await cluster.create(configMaps, { metadata: { name: 'second' } })
  await cluster.create(configMaps, {
    metadata: { name: 'child', ownerReferences: [reference(first), reference(second)] },
  })
  await cluster.run(100)
  await cluster.remove(`${configMaps}/first`)
  await cluster.run(100)
  expect((await cluster.get(`${configMaps}/child`)).metadata.ownerReferences).toEqual([reference(second)])
})

test('[CG6] custom resources are collected as soon as their kind is served', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'widgets.x.io' },
    spec: {
      group: 'x.io',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  })
  await cluster.run(100)
  const path = '/apis/x.io/v1/namespaces/default/widgets'
  const widget = await cluster.create(path, { apiVersion: 'x.io/v1', kind: 'Widget', metadata: { name: 'w' } })
  const owners = [{ apiVersion: 'x.io/v1', kind: 'Widget', name: 'w', uid: widget.metadata.uid }]
  await cluster.create(configMaps, { metadata: { name: 'child', ownerReferences: owners } })
  await cluster.run(100)
  expect(await names(cluster)).toEqual(['child'])
  await cluster.remove(`${path}/w`)
  await cluster.run(100)
  expect(await names(cluster)).toEqual([])
  expect(cluster.errors).toEqual([])
})

test('[CG7] deleting a Deployment takes its ReplicaSets and pods with it', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create(PATHS.deployments, deployment('web', { replicas: 2 }))
  await cluster.run(1000)
  await cluster.remove(`${PATHS.deployments}/web`)
  await cluster.run(1000)
  expect(await cluster.list(PATHS.replicaSets)).toEqual([])
  expect(await cluster.list(PATHS.pods)).toEqual([])
})
