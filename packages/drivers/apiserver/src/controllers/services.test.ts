import { expect, test } from 'vitest'
import { deployment, PATHS, startSimulatedCluster, type Answer } from './testing/simulated-cluster.ts'

const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'

test('[CS1] a Service gets an EndpointSlice and Endpoints with the ready pods behind it', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create(PATHS.services, {
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  })
  await cluster.create(PATHS.deployments, deployment('web', { replicas: 2 }))
  await cluster.run(1000)
  const [slice] = await cluster.list(slices)
  const pods = await cluster.list(PATHS.pods)
  expect(slice.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }])
  expect(slice.endpoints.map((each: Answer) => each.addresses[0])).toEqual(pods.map((each) => each.status.podIP))
  expect(slice.endpoints[0].conditions).toEqual({ ready: true, serving: true, terminating: false })
  expect(slice.metadata.labels).toEqual({
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': 'web',
  })
  const endpoints = await cluster.get('/api/v1/namespaces/default/endpoints/web')
  expect(endpoints.subsets[0].addresses.map((each: Answer) => each.ip)).toEqual(pods.map((each) => each.status.podIP))
  await cluster.patch(`${PATHS.deployments}/web`, { spec: { replicas: 0 } })
  await cluster.run(1000)
  expect((await cluster.list(slices))[0].endpoints).toBeNull()
  await cluster.remove(`${PATHS.services}/web`)
  await cluster.run(1000)
  expect(await cluster.list(slices)).toEqual([])
  expect(
    (await cluster.client.request({ method: 'GET', path: '/api/v1/namespaces/default/endpoints/web' })).status,
  ).toBe(404)
})

test('[CS2] a LoadBalancer Service and an Ingress get addresses', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create(PATHS.services, {
    metadata: { name: 'web' },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
  })
  const backend = { service: { name: 'web', port: { number: 80 } } }
  const path = '/apis/networking.k8s.io/v1/namespaces/default/ingresses'
  await cluster.create(path, { metadata: { name: 'web' }, spec: { defaultBackend: backend } })
  await cluster.run(1000)
  const { status } = await cluster.get(`${PATHS.services}/web`)
  expect(status.loadBalancer.ingress).toEqual([{ ip: expect.stringMatching(/^172\.19\./), ipMode: 'VIP' }])
  expect((await cluster.get(`${path}/web`)).status.loadBalancer.ingress).toEqual([{ ip: '172.18.255.1' }])
  expect(await cluster.events('default', 'web')).toEqual(['EnsuringLoadBalancer', 'EnsuredLoadBalancer'])
})

test('[CS3] a disruption budget counts what may go', async () => {
  await using cluster = await startSimulatedCluster()
  const path = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
  await cluster.create(path, {
    metadata: { name: 'web' },
    spec: { minAvailable: '50%', selector: { matchLabels: { app: 'web' } } },
  })
  await cluster.create(PATHS.deployments, deployment('web', { replicas: 4 }))
  await cluster.run(1000)
  expect((await cluster.get(`${path}/web`)).status).toMatchObject({
    disruptionsAllowed: 2,
    currentHealthy: 4,
    desiredHealthy: 2,
    expectedPods: 4,
  })
})

test('[CS4] an autoscaler follows the utilization it is told of, and says that there are no metrics otherwise', async () => {
  await using cluster = await startSimulatedCluster()
  const path = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers'
  await cluster.create(PATHS.deployments, deployment('web', { replicas: 2 }))
  await cluster.create(path, {
    metadata: { name: 'web' },
    spec: { maxReplicas: 5, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
  })
  await cluster.run(1000)
  const reasons = async (): Promise<string[]> =>
    (await cluster.get(`${path}/web`)).status.conditions.map((each: Answer) => each.reason)
  expect(await reasons()).toEqual(['SucceededGetScale', 'FailedGetResourceMetric'])
  await cluster.patch(`${path}/web`, { metadata: { annotations: { 'kedge.dev/cpu-utilization': '160' } } })
  await cluster.run(2000)
  expect((await cluster.get(`${PATHS.deployments}/web`)).spec.replicas).toBe(5)
  expect(await reasons()).toEqual(['ReadyForNewScale', 'ValidMetricFound', 'TooManyReplicas'])
})

test('[CS5] a new role reaches the aggregated roles that select it', async () => {
  await using cluster = await startSimulatedCluster()
  const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles'
  const rule = { verbs: ['get'], apiGroups: ['x.io'], resources: ['widgets'] }
  await cluster.create(path, {
    metadata: { name: 'widgets', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
    rules: [rule],
  })
  await cluster.run(100)
  for (const name of ['view', 'edit', 'admin'])
    expect((await cluster.get(`${path}/${name}`)).rules).toContainEqual(rule)
})

test('[CS6] a claim waits for its first consumer when its class says so, a protected one for its last', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create('/apis/storage.k8s.io/v1/storageclasses', {
    metadata: { name: 'late' },
    provisioner: 'x.y/z',
    volumeBindingMode: 'WaitForFirstConsumer',
  })
  const spec = { storageClassName: 'late', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  await cluster.create(PATHS.claims, { metadata: { name: 'data' }, spec })
  await cluster.run(1000)
  expect((await cluster.get(`${PATHS.claims}/data`)).status.phase).toBe('Pending')
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
  await cluster.create(PATHS.pods, {
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'app', image: 'nginx:1' }], volumes },
  })
  await cluster.run(1000)
  expect((await cluster.get(`${PATHS.claims}/data`)).status.phase).toBe('Bound')
  expect((await cluster.get(`${PATHS.pods}/p`)).status.phase).toBe('Running')
  await cluster.remove(`${PATHS.claims}/data`)
  await cluster.run(1000)
  expect((await cluster.get(`${PATHS.claims}/data`)).metadata.deletionTimestamp).toBeDefined()
  await cluster.remove(`${PATHS.pods}/p`)
  await cluster.run(1000)
  expect(await cluster.list(PATHS.claims)).toEqual([])
  expect(await cluster.list('/api/v1/persistentvolumes')).toEqual([])
})

test('[CS7] two runs of the same story end in the same state at the same revision', async () => {
  const story = async (): Promise<unknown> => {
    await using cluster = await startSimulatedCluster()
    await cluster.create(PATHS.services, {
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    })
    await cluster.create(PATHS.deployments, deployment('web', { replicas: 3 }))
    await cluster.run(2000)
    return (await cluster.list(PATHS.pods)).map((each) => [
      each.metadata.name,
      each.metadata.uid,
      each.metadata.resourceVersion,
      each.status.podIP,
      each.spec.nodeName,
    ])
  }
  expect(await story()).toEqual(await story())
})
