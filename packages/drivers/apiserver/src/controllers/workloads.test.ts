import { expect, test } from 'vitest'
import {
  PATHS,
  podTemplate,
  startSimulatedCluster,
  type SimulatedCluster,
  type Answer,
} from './testing/simulated-cluster.ts'

const neverRestarts = { podSpec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'busybox:1' }] } }

function statefulSet(name: string, spec: Record<string, unknown> = {}) {
  const selector = { matchLabels: { app: name } }
  return {
    metadata: { name },
    spec: { replicas: 3, serviceName: name, selector, template: podTemplate(name), ...spec },
  }
}

function conditionTypes(object: Answer): string[] {
  return object.status.conditions.map((each: Answer) => `${each.type}=${each.status}:${each.reason}`)
}

async function podNames(cluster: SimulatedCluster): Promise<string[]> {
  return (await cluster.list(PATHS.pods)).map((each) => each.metadata.name)
}

test('[CW1] a StatefulSet starts its pods in order, each with its claim', async () => {
  await using cluster = await startSimulatedCluster()
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }
  const containers = [{ name: 'app', image: 'postgres:16', volumeMounts: [{ name: 'data', mountPath: '/data' }] }]
  await cluster.create(
    PATHS.statefulSets,
    statefulSet('db', { template: podTemplate('db', { podSpec: { containers } }), volumeClaimTemplates: [claim] }),
  )
  const seen: number[] = []
  for (let step = 0; step < 300; step += 1) {
    await cluster.run(5)
    const pods = await cluster.list(PATHS.pods)
    const starting = pods.filter((each) => each.status.phase !== 'Running')
    expect(starting.length).toBeLessThan(2)
    if (seen.at(-1) !== pods.length) seen.push(pods.length)
  }
  expect(seen).toEqual([1, 2, 3])
  expect(await podNames(cluster)).toEqual(['db-0', 'db-1', 'db-2'])
  const claims = await cluster.list(PATHS.claims)
  expect(claims.map((each) => [each.metadata.name, each.status.phase])).toEqual([
    ['data-db-0', 'Bound'],
    ['data-db-1', 'Bound'],
    ['data-db-2', 'Bound'],
  ])
  const { status } = await cluster.get(`${PATHS.statefulSets}/db`)
  expect(status).toMatchObject({
    replicas: 3,
    readyReplicas: 3,
    currentReplicas: 3,
    updatedReplicas: 3,
    availableReplicas: 3,
  })
  expect(status.currentRevision).toBe(status.updateRevision)
})

test('[CW2] a StatefulSet is updated from the highest ordinal down to its partition', async () => {
  await using cluster = await startSimulatedCluster()
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } }
  await cluster.create(PATHS.statefulSets, statefulSet('db', { updateStrategy }))
  await cluster.run(3000)
  await cluster.patch(`${PATHS.statefulSets}/db`, { spec: { template: podTemplate('db', { image: 'nginx:1.28' }) } })
  await cluster.run(5000)
  const pods = await cluster.list(PATHS.pods)
  expect(pods.map((each) => each.spec.containers[0].image)).toEqual(['nginx:1.27', 'nginx:1.28', 'nginx:1.28'])
  const { status } = await cluster.get(`${PATHS.statefulSets}/db`)
  expect(status.currentRevision).not.toBe(status.updateRevision)
  expect([status.currentReplicas, status.updatedReplicas]).toEqual([1, 2])
  await cluster.patch(`${PATHS.statefulSets}/db`, { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } })
  await cluster.run(5000)
  const after = await cluster.get(`${PATHS.statefulSets}/db`)
  expect(after.status.currentRevision).toBe(after.status.updateRevision)
})

test('[CW3] a StatefulSet gives up its highest pods first and keeps their claims', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create(PATHS.statefulSets, statefulSet('db'))
  await cluster.run(3000)
  await cluster.patch(`${PATHS.statefulSets}/db`, { spec: { replicas: 1 } })
  await cluster.run(3000)
  expect(await podNames(cluster)).toEqual(['db-0'])
})

test('[CW4] a DaemonSet has one pod on each node and replaces them one at a time', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create(PATHS.daemonSets, {
    metadata: { name: 'agent' },
    spec: { selector: { matchLabels: { app: 'agent' } }, template: podTemplate('agent') },
  })
  await cluster.run(2000)
  const nodes = (await cluster.list(PATHS.pods)).map((each) => each.spec.nodeName).toSorted(byText)
  expect(nodes).toEqual(['kedge-node-1', 'kedge-node-2', 'kedge-node-3'])
  await cluster.patch(`${PATHS.daemonSets}/agent`, {
    spec: { template: podTemplate('agent', { image: 'nginx:1.28' }) },
  })
  for (let step = 0; step < 200; step += 1) {
    await cluster.run(10)
    const { status } = await cluster.get(`${PATHS.daemonSets}/agent`)
    expect(status.numberReady).toBeGreaterThanOrEqual(2)
  }
  const { status } = await cluster.get(`${PATHS.daemonSets}/agent`)
  expect(status).toMatchObject({
    desiredNumberScheduled: 3,
    numberReady: 3,
    updatedNumberScheduled: 3,
    numberAvailable: 3,
  })
})

test('[CW5] a Job completes when enough pods have succeeded, and goes after its time to live', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create(PATHS.jobs, {
    metadata: { name: 'j' },
    spec: { completions: 3, parallelism: 2, ttlSecondsAfterFinished: 60, template: podTemplate('j', neverRestarts) },
  })
  await cluster.run(3000)
  const job = await cluster.get(`${PATHS.jobs}/j`)
  expect(conditionTypes(job)).toEqual([
    'SuccessCriteriaMet=True:CompletionsReached',
    'Complete=True:CompletionsReached',
  ])
  expect(job.status.succeeded).toBe(3)
  expect(job.status.completionTime).toBeDefined()
  await cluster.run(61_000)
  expect(await cluster.list(PATHS.jobs)).toEqual([])
  expect(await podNames(cluster)).toEqual([])
})

test('[CW6] a Job that fails beyond its back-off limit says why, after growing waits', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create(PATHS.jobs, {
    metadata: { name: 'j' },
    spec: {
      backoffLimit: 2,
      template: podTemplate('j', { ...neverRestarts, annotations: { 'kedge.dev/exit-code': '2' } }),
    },
  })
  await cluster.run(25_000)
  expect((await cluster.get(`${PATHS.jobs}/j`)).status.failed).toBe(2)
  await cluster.run(20_000)
  const job = await cluster.get(`${PATHS.jobs}/j`)
  expect(conditionTypes(job)).toEqual(['FailureTarget=True:BackoffLimitExceeded', 'Failed=True:BackoffLimitExceeded'])
  expect(job.status.failed).toBe(3)
})

test('[CW7] a suspended Job has no pods until it is resumed', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create(PATHS.jobs, {
    metadata: { name: 'j' },
    spec: { suspend: true, template: podTemplate('j', neverRestarts) },
  })
  await cluster.run(1000)
  expect(await podNames(cluster)).toEqual([])
  expect(conditionTypes(await cluster.get(`${PATHS.jobs}/j`))).toEqual(['Suspended=True:JobSuspended'])
  await cluster.patch(`${PATHS.jobs}/j`, { spec: { suspend: false } })
  await cluster.run(2000)
  expect(conditionTypes(await cluster.get(`${PATHS.jobs}/j`))).toContain('Complete=True:CompletionsReached')
})

test('[CW8] an Indexed Job runs each index once', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create(PATHS.jobs, {
    metadata: { name: 'j' },
    spec: { completions: 4, parallelism: 4, completionMode: 'Indexed', template: podTemplate('j', neverRestarts) },
  })
  await cluster.run(2000)
  const { status } = await cluster.get(`${PATHS.jobs}/j`)
  expect([status.succeeded, status.completedIndexes]).toEqual([4, '0-3'])
})

test('[CW9] a CronJob starts Jobs by the clock, keeps a history, and starts only the last of those it missed', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.create(PATHS.cronJobs, {
    metadata: { name: 'c' },
    spec: {
      schedule: '*/10 * * * *',
      successfulJobsHistoryLimit: 2,
      jobTemplate: { spec: { template: podTemplate('c', neverRestarts) } },
    },
  })
  await cluster.run(50 * 60_000 + 1000)
  const jobs = (await cluster.list(PATHS.jobs)).map(
    (each) => each.metadata.annotations['batch.kubernetes.io/cronjob-scheduled-timestamp'],
  )
  expect(jobs).toEqual(['2026-01-05T12:40:00Z', '2026-01-05T12:50:00Z'])
  expect((await cluster.get(`${PATHS.cronJobs}/c`)).status.lastScheduleTime).toBe('2026-01-05T12:50:00Z')
})

test('[CW10] a pod that matches a ReplicaSet and has no controller is taken on', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.run(0)
  const template = podTemplate('web')
  await cluster.create(PATHS.pods, { ...template, metadata: { ...(template['metadata'] as object), name: 'orphan' } })
  await cluster.create(PATHS.replicaSets, {
    metadata: { name: 'web' },
    spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template },
  })
  await cluster.run(1000)
  expect(await podNames(cluster)).toEqual(['orphan'])
  expect((await cluster.get(`${PATHS.pods}/orphan`)).metadata.ownerReferences[0]).toMatchObject({
    kind: 'ReplicaSet',
    name: 'web',
    controller: true,
  })
})

function byText(left: unknown, right: unknown): number {
  return String(left) < String(right) ? -1 : 1
}
