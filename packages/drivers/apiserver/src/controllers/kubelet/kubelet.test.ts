import { expect, test } from 'vitest'
import { realisticTiming } from '../timing.ts'
import { PATHS, podTemplate, startSimulatedCluster, type Answer } from '../testing/simulated-cluster.ts'

function pod(name: string, more: Parameters<typeof podTemplate>[1] = {}) {
  const template = podTemplate(name, more)
  return { ...template, metadata: { ...(template['metadata'] as object), name } }
}

const containerOf = (each: Answer): Answer => each.status.containerStatuses[0]

test('[CK1] a pod runs with address, conditions and container status', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.run(0)
  await cluster.create(PATHS.pods, pod('p'))
  await cluster.run(1000)
  const { status } = await cluster.get(`${PATHS.pods}/p`)
  expect(status.phase).toBe('Running')
  expect(status.conditions.map((each: Answer) => [each.type, each.status])).toEqual([
    ['PodReadyToStartContainers', 'True'],
    ['Initialized', 'True'],
    ['Ready', 'True'],
    ['ContainersReady', 'True'],
    ['PodScheduled', 'True'],
  ])
  expect(status.podIPs).toEqual([{ ip: status.podIP }])
  expect(containerOf({ status })).toMatchObject({
    name: 'app',
    ready: true,
    started: true,
    restartCount: 0,
    image: 'nginx:1.27',
  })
})

test('[CK2] an image tag does-not-exist ends in ImagePullBackOff, whose waits grow', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.run(0)
  await cluster.create(PATHS.pods, pod('p', { image: 'registry.example/app:does-not-exist' }))
  await cluster.run(500)
  expect(containerOf(await cluster.get(`${PATHS.pods}/p`)).state.waiting.reason).toBe('ErrImagePull')
  await cluster.run(2000)
  const { status } = await cluster.get(`${PATHS.pods}/p`)
  expect(status.phase).toBe('Pending')
  expect(containerOf({ status }).state.waiting.reason).toBe('ImagePullBackOff')
  const failures = async (): Promise<number> =>
    (await cluster.list('/api/v1/namespaces/default/events')).find((event) => event.message === 'Error: ErrImagePull')
      .count
  await cluster.run(60_000)
  const early = await failures()
  await cluster.run(60_000)
  const late = await failures()
  expect(early).toBe(3)
  expect(late - early).toBe(1)
})

test('[CK3] a crash loop counts restarts and shows how the container ended', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.run(0)
  await cluster.create(PATHS.pods, pod('p', { annotations: { 'kedge.dev/fault': 'oom' } }))
  await cluster.run(5000)
  const early = containerOf(await cluster.get(`${PATHS.pods}/p`))
  expect(early.restartCount).toBe(1)
  expect(early.state.waiting.reason).toBe('CrashLoopBackOff')
  expect(early.state.waiting.message).toContain('back-off 10s restarting failed container=app pod=p_default(')
  expect(early.lastState.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 })
  await cluster.run(3_600_000)
  const late = containerOf(await cluster.get(`${PATHS.pods}/p`))
  expect(late.state.waiting?.message ?? late.lastState.terminated.reason).toMatch(/back-off 5m0s|OOMKilled/)
  expect(late.restartCount).toBeGreaterThan(12)
  expect(late.restartCount).toBeLessThan(20)
})

test('[CK4] a pod that is never to be ready runs without being ready', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.run(0)
  await cluster.create(PATHS.pods, pod('p', { image: 'nginx:never-ready' }))
  await cluster.run(60_000)
  const { status } = await cluster.get(`${PATHS.pods}/p`)
  expect(status.phase).toBe('Running')
  expect(containerOf({ status }).ready).toBe(false)
  expect(status.conditions.find((each: Answer) => each.type === 'Ready')).toMatchObject({
    status: 'False',
    reason: 'ContainersNotReady',
    message: 'containers with unready status: [app]',
  })
})

test('[CK5] init containers run one after another before the others', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.run(0)
  const init = ['one', 'two'].map((name) => ({ name, image: 'busybox:1' }))
  await cluster.create(
    PATHS.pods,
    pod('p', { podSpec: { initContainers: init, containers: [{ name: 'app', image: 'nginx:1' }] } }),
  )
  await cluster.run(10)
  const early = await cluster.get(`${PATHS.pods}/p`)
  expect(early.status.conditions.find((each: Answer) => each.type === 'Initialized')).toMatchObject({
    status: 'False',
    message: 'containers with incomplete status: [one two]',
  })
  await cluster.run(2000)
  const { status } = await cluster.get(`${PATHS.pods}/p`)
  expect(status.phase).toBe('Running')
  expect(status.initContainerStatuses.map((each: Answer) => each.state.terminated.reason)).toEqual([
    'Completed',
    'Completed',
  ])
})

test('[CK6] a deleted pod is stopped within its grace period, one that is not bound goes at once', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.run(0)
  await cluster.create(PATHS.pods, pod('p'))
  await cluster.run(1000)
  const answer = await cluster.remove(`${PATHS.pods}/p`)
  expect(answer.metadata.deletionGracePeriodSeconds).toBe(30)
  await cluster.run(100)
  expect(await cluster.list(PATHS.pods)).toEqual([])
  expect(await cluster.events('default', 'p')).toContain('Killing')
  await cluster.create(PATHS.pods, pod('q', { annotations: { 'kedge.dev/fault': 'unschedulable' } }))
  await cluster.run(100)
  await cluster.remove(`${PATHS.pods}/q`)
  expect(await cluster.list(PATHS.pods)).toEqual([])
})

test('[CK7] an unschedulable pod says so, and is placed when there is room', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.run(0)
  const spec = { containers: [{ name: 'app', image: 'nginx:1', resources: { requests: { cpu: '20' } } }] }
  for (const name of ['a', 'b', 'c', 'd']) await cluster.create(PATHS.pods, pod(name, { podSpec: spec }))
  await cluster.run(2000)
  const waiting = (await cluster.list(PATHS.pods)).find((each) => each.spec.nodeName === undefined)
  expect(waiting.status.conditions[0]).toMatchObject({
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message:
      '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
  })
  await cluster.remove(`${PATHS.pods}/${waiting.metadata.name === 'a' ? 'b' : 'a'}`)
  await cluster.run(2000)
  expect((await cluster.list(PATHS.pods)).every((each) => each.status.phase === 'Running')).toBe(true)
})

test('[CK8] a node that is down takes the readiness of its pods, then the pods; back up, it takes new ones', async () => {
  await using cluster = await startSimulatedCluster()
  await cluster.run(0)
  await cluster.create(
    PATHS.pods,
    pod('p', { podSpec: { nodeSelector: { 'kubernetes.io/hostname': 'kedge-node-2' } } }),
  )
  await cluster.run(1000)
  const isReady = async (): Promise<string> =>
    (await cluster.get(`${PATHS.pods}/p`)).status.conditions.find((each: Answer) => each.type === 'Ready').status
  await cluster.patch('/api/v1/nodes/kedge-node-2', { metadata: { annotations: { 'kedge.dev/fault': 'not-ready' } } })
  await cluster.run(1000)
  expect(await isReady()).toBe('False')
  await cluster.patch('/api/v1/nodes/kedge-node-2', { metadata: { annotations: { 'kedge.dev/fault': null } } })
  await cluster.run(1000)
  expect(await isReady()).toBe('True')
  await cluster.patch('/api/v1/nodes/kedge-node-2', { metadata: { annotations: { 'kedge.dev/fault': 'not-ready' } } })
  await cluster.run(301_000)
  expect((await cluster.get(`${PATHS.pods}/p`)).metadata.deletionTimestamp).toBeDefined()
})

test('[CK9] realistic timing honours the initial delay of readiness probes', async () => {
  await using cluster = await startSimulatedCluster({ timing: realisticTiming })
  await cluster.run(0)
  const probe = { tcpSocket: { port: 80 }, initialDelaySeconds: 20 }
  await cluster.create(
    PATHS.pods,
    pod('p', { podSpec: { containers: [{ name: 'app', image: 'nginx:1', readinessProbe: probe }] } }),
  )
  await cluster.run(15_000)
  const early = await cluster.get(`${PATHS.pods}/p`)
  expect([early.status.phase, containerOf(early).ready]).toEqual(['Running', false])
  await cluster.run(20_000)
  expect(containerOf(await cluster.get(`${PATHS.pods}/p`)).ready).toBe(true)
})
