import { expect, test } from 'vitest'
import { deployment, PATHS, startSimulatedCluster } from '../testing/simulated-cluster.ts'

test('a Deployment becomes available through a ReplicaSet and pods, with revision, conditions and events', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.run(100)
  await cluster.create(PATHS.deployments, deployment('web', { replicas: 3 }))
  await cluster.run(1000)
  const web = await cluster.get(`${PATHS.deployments}/web`)
  expect(web.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' })
  const [set] = await cluster.list(PATHS.replicaSets)
  const time = '2026-01-05T12:00:00Z'
  expect(web.status).toEqual({
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 0,
    conditions: [
      {
        type: 'Available',
        status: 'True',
        lastUpdateTime: time,
        lastTransitionTime: time,
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      },
      {
        type: 'Progressing',
        status: 'True',
        lastUpdateTime: time,
        lastTransitionTime: time,
        reason: 'NewReplicaSetAvailable',
        message: `ReplicaSet "${set.metadata.name}" has successfully progressed.`,
      },
    ].toSorted((left, right) => web.status.conditions.findIndex((each: any) => each.type === left.type) - web.status.conditions.findIndex((each: any) => each.type === right.type)),
  })
  expect(web.metadata.generation).toBe(1)
  expect(await cluster.events('default', 'web')).toEqual(['ScalingReplicaSet'])
  const pods = await cluster.list(PATHS.pods)
  expect(pods.map((pod) => pod.status.phase)).toEqual(['Running', 'Running', 'Running'])
  expect(await cluster.events('default', pods[0].metadata.name)).toEqual(['Scheduled', 'Pulling', 'Pulled', 'Created', 'Started'])
  expect(cluster.errors).toEqual([])
})
