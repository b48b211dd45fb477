import { expect, test } from 'vitest'
import { startSimulatedCluster, type Answer } from './testing/simulated-cluster.ts'

test('[CN1] a new namespace gets its ServiceAccount and the certificate authority, and gets them back', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create('/api/v1/namespaces', { metadata: { name: 'apps' } })
  await cluster.run(100)
  await cluster.remove('/api/v1/namespaces/apps/serviceaccounts/default')
  await cluster.patch('/api/v1/namespaces/apps/configmaps/kube-root-ca.crt', { data: { 'ca.crt': 'changed' } })
  await cluster.run(100)
  expect((await cluster.list('/api/v1/namespaces/apps/serviceaccounts')).map((each) => each.metadata.name)).toEqual([
    'default',
  ])
  expect((await cluster.get('/api/v1/namespaces/apps/configmaps/kube-root-ca.crt')).data).toEqual({ 'ca.crt': 'CA' })
})

test('[CN2] a deleted namespace goes with its content', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create('/api/v1/namespaces', { metadata: { name: 'apps' } })
  await cluster.create('/api/v1/namespaces/apps/secrets', { metadata: { name: 's' } })
  await cluster.run(100)
  await cluster.remove('/api/v1/namespaces/apps')
  await cluster.run(100)
  const answer = await cluster.client.request({ method: 'GET', path: '/api/v1/namespaces/apps' })
  expect(answer.status).toBe(404)
  expect(await cluster.list('/api/v1/secrets')).toEqual([])
})

test('[CN3] a namespace that cannot go says which finalizers hold it, and goes when they are off', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create('/api/v1/namespaces', { metadata: { name: 'apps' } })
  await cluster.create('/api/v1/namespaces/apps/configmaps', { metadata: { name: 'held', finalizers: ['x.y/z'] } })
  await cluster.run(100)
  await cluster.remove('/api/v1/namespaces/apps')
  await cluster.run(100)
  const { status } = await cluster.get('/api/v1/namespaces/apps')
  expect(status.phase).toBe('Terminating')
  expect(
    status.conditions.filter((each: Answer) => each.status === 'True').map((each: Answer) => [each.type, each.message]),
  ).toEqual([
    ['NamespaceContentRemaining', 'Some resources are remaining: configmaps. has 1 resource instances'],
    [
      'NamespaceFinalizersRemaining',
      'Some content in the namespace has finalizers remaining: x.y/z in 1 resource instances',
    ],
  ])
  await cluster.patch('/api/v1/namespaces/apps/configmaps/held', { metadata: { finalizers: null } })
  await cluster.run(100)
  expect((await cluster.client.request({ method: 'GET', path: '/api/v1/namespaces/apps' })).status).toBe(404)
})
