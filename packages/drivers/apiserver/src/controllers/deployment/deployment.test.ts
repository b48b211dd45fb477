import { expect, test } from 'vitest'
import {
  deployment,
  PATHS,
  podTemplate,
  startSimulatedCluster,
  type SimulatedCluster,
  type Answer,
} from '../testing/simulated-cluster.ts'

function byType(object: Answer): Record<string, [string, string, string]> {
  return Object.fromEntries(
    object.status.conditions.map((each: Answer) => [each.type, [each.status, each.reason, each.message]]),
  )
}

async function available(name: string, options: Parameters<typeof deployment>[1] = {}): Promise<SimulatedCluster> {
  const cluster = await startSimulatedCluster()
  await cluster.create(PATHS.deployments, deployment(name, options))
  await cluster.run(1000)
  return cluster
}

test('[CD1] a Deployment becomes available through a ReplicaSet and pods, with revision, conditions and events', async () => {
  await using cluster = await available('web', { replicas: 3 })
  const web = await cluster.get(`${PATHS.deployments}/web`)
  const [set] = await cluster.list(PATHS.replicaSets)
  expect(web.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' })
  expect(web.metadata.generation).toBe(1)
  const { conditions: _conditions, ...counts } = web.status
  expect(counts).toEqual({
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 0,
  })
  expect(byType(web)).toEqual({
    Available: ['True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.'],
    Progressing: ['True', 'NewReplicaSetAvailable', `ReplicaSet "${set.metadata.name}" has successfully progressed.`],
  })
  expect(set.metadata.labels['pod-template-hash']).toBe(set.metadata.name.slice('web-'.length))
  expect(set.spec.selector.matchLabels).toEqual(set.metadata.labels)
  expect(set.metadata.annotations).toEqual({
    'deployment.kubernetes.io/desired-replicas': '3',
    'deployment.kubernetes.io/max-replicas': '4',
    'deployment.kubernetes.io/revision': '1',
  })
  expect(await cluster.events('default', 'web')).toEqual(['ScalingReplicaSet'])
  const [pod] = await cluster.list(PATHS.pods)
  expect(await cluster.events('default', pod.metadata.name)).toEqual([
    'Scheduled',
    'Pulling',
    'Pulled',
    'Created',
    'Started',
  ])
  expect(cluster.errors).toEqual([])
})

test('[CD2] a rollout never goes below replicas minus maxUnavailable nor above replicas plus maxSurge', async () => {
  await using cluster = await available('web', { replicas: 4 })
  const seen: [number, number][] = []
  const watch = cluster.client.watch('/api/v1/pods', () => undefined)
  await cluster.patch(`${PATHS.deployments}/web`, { spec: { template: podTemplate('web', { image: 'nginx:1.28' }) } })
  for (let step = 0; step < 200; step += 1) {
    await cluster.run(10)
    const pods = (await cluster.list(PATHS.pods)).filter((pod) => pod.metadata.deletionTimestamp === undefined)
    const ready = pods.filter((pod) =>
      pod.status.conditions?.some((each: Answer) => each.type === 'Ready' && each.status === 'True'),
    )
    seen.push([pods.length, ready.length])
  }
  watch.close()
  expect(Math.max(...seen.map(([all]) => all))).toBe(5)
  expect(Math.min(...seen.map(([, ready]) => ready))).toBe(3)
  const images = (await cluster.list(PATHS.pods)).map((pod) => pod.spec.containers[0].image)
  expect(images).toEqual(['nginx:1.28', 'nginx:1.28', 'nginx:1.28', 'nginx:1.28'])
  const sets = await cluster.list(PATHS.replicaSets)
  expect(
    sets
      .map((set) => [set.metadata.annotations['deployment.kubernetes.io/revision'], set.spec.replicas])
      .toSorted(byText),
  ).toEqual([
    ['1', 0],
    ['2', 4],
  ])
})

test('[CD3] going back to an earlier template uses its ReplicaSet again, under a new revision', async () => {
  await using cluster = await available('web')
  await cluster.patch(`${PATHS.deployments}/web`, { spec: { template: podTemplate('web', { image: 'nginx:1.28' }) } })
  await cluster.run(1000)
  await cluster.patch(`${PATHS.deployments}/web`, { spec: { template: podTemplate('web') } })
  await cluster.run(1000)
  const sets = await cluster.list(PATHS.replicaSets)
  expect(sets.map((set) => set.metadata.annotations['deployment.kubernetes.io/revision']).toSorted(byText)).toEqual([
    '2',
    '3',
  ])
  const current = sets.find((set) => set.spec.replicas === 1)
  expect(current.metadata.annotations['deployment.kubernetes.io/revision-history']).toBe('1')
  expect(
    (await cluster.get(`${PATHS.deployments}/web`)).metadata.annotations['deployment.kubernetes.io/revision'],
  ).toBe('3')
})

test('[CD4] a rollout without progress exceeds its deadline, and not a second earlier', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create(
    PATHS.deployments,
    deployment('web', { image: 'nginx:does-not-exist', spec: { progressDeadlineSeconds: 60 } }),
  )
  await cluster.run(59_000)
  expect(byType(await cluster.get(`${PATHS.deployments}/web`))['Progressing']?.[1]).toBe('ReplicaSetUpdated')
  await cluster.run(4000)
  const [set] = await cluster.list(PATHS.replicaSets)
  expect(byType(await cluster.get(`${PATHS.deployments}/web`))).toEqual({
    Available: ['False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'],
    Progressing: ['False', 'ProgressDeadlineExceeded', `ReplicaSet "${set.metadata.name}" has timed out progressing.`],
  })
})

test('[CD5] a paused Deployment is scaled but not rolled out', async () => {
  await using cluster = await available('web')
  await cluster.patch(`${PATHS.deployments}/web`, {
    spec: { paused: true, replicas: 2, template: podTemplate('web', { image: 'nginx:1.28' }) },
  })
  await cluster.run(5000)
  const web = await cluster.get(`${PATHS.deployments}/web`)
  expect(byType(web)['Progressing']).toEqual(['Unknown', 'DeploymentPaused', 'Deployment is paused'])
  expect((await cluster.list(PATHS.pods)).map((pod) => pod.spec.containers[0].image)).toEqual([
    'nginx:1.27',
    'nginx:1.27',
  ])
  await cluster.patch(`${PATHS.deployments}/web`, { spec: { paused: false } })
  await cluster.run(2000)
  expect((await cluster.list(PATHS.pods)).map((pod) => pod.spec.containers[0].image)).toEqual([
    'nginx:1.28',
    'nginx:1.28',
  ])
  expect(cluster.errors).toEqual([])
})

test('[CD6] Recreate stops every old pod before it starts a new one', async () => {
  await using cluster = await available('web', { replicas: 2, spec: { strategy: { type: 'Recreate' } } })
  await cluster.patch(`${PATHS.deployments}/web`, { spec: { template: podTemplate('web', { image: 'nginx:1.28' }) } })
  for (let step = 0; step < 100; step += 1) {
    await cluster.run(10)
    const images = new Set((await cluster.list(PATHS.pods)).map((pod) => pod.spec.containers[0].image))
    expect(images.size).toBeLessThan(2)
  }
  expect((await cluster.list(PATHS.pods)).map((pod) => pod.spec.containers[0].image)).toEqual([
    'nginx:1.28',
    'nginx:1.28',
  ])
})

test('[CD7] ReplicaSets beyond revisionHistoryLimit go, the oldest first', async () => {
  await using cluster = await available('web', { spec: { revisionHistoryLimit: 1 } })
  for (const image of ['nginx:2', 'nginx:3', 'nginx:4']) {
    await cluster.patch(`${PATHS.deployments}/web`, { spec: { template: podTemplate('web', { image }) } })
    await cluster.run(1000)
  }
  const sets = await cluster.list(PATHS.replicaSets)
  expect(sets.map((set) => set.spec.template.spec.containers[0].image).toSorted(byText)).toEqual(['nginx:3', 'nginx:4'])
})

test('[CD8] a converged cluster makes no writes', async () => {
  await using cluster = await available('web', { replicas: 3 })
  const before = (await cluster.get('/api/v1/namespaces?limit=1')).metadata.resourceVersion
  await cluster.run(1_800_000)
  expect((await cluster.get('/api/v1/namespaces?limit=1')).metadata.resourceVersion).toBe(before)
})

function byText(left: unknown, right: unknown): number {
  return String(left) < String(right) ? -1 : 1
}
