/** kubectl runs workloads: roll-outs, scale, waits, logs, nodes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { findKubectl, isKubectlRequired, startKubectl, type Kubectl } from './kubectl/kubectl.ts'
import { deployment } from './kubectl/objects.ts'

let kubectl: Kubectl

const field = (object: string, path: string): Promise<string> => kubectl.ok`get ${object} -o jsonpath=${`{${path}}`}`

describe.runIf(findKubectl() !== undefined || isKubectlRequired)('kubectl runs', () => {
  beforeAll(async () => {
    kubectl = await startKubectl('run')
    await kubectl.with({ input: deployment('web') }).ok`create -f -`
    await kubectl.ok`rollout status deployment/web --timeout=60s`
  })

  afterAll(() => kubectl.close())

  test('roll-outs, back and forth', async () => {
    expect(await kubectl.ok`rollout status deployment/web`).toBe('deployment "web" successfully rolled out\n')
    await kubectl.ok`annotate deployment web kubernetes.io/change-cause=first`
    await kubectl.ok`set image deployment/web main=nginx:1.28`
    await kubectl.ok`annotate deployment web kubernetes.io/change-cause=second --overwrite`
    await kubectl.ok`rollout status deployment/web --timeout=60s`
    expect(await kubectl.ok`rollout history deployment/web`).toMatch(/1 +first\n2 +second\n/)
    expect(await kubectl.ok`rollout history deployment/web --revision=1`).toMatch(/Image:\s+nginx:1\.27/)
    expect(await kubectl.ok`rollout undo deployment/web`).toBe('deployment.apps/web rolled back\n')
    await kubectl.ok`rollout status deployment/web --timeout=60s`
    expect(await field('deployment/web', '.spec.template.spec.containers[0].image')).toBe('nginx:1.27')
    expect(await kubectl.ok`rollout pause deployment/web`).toBe('deployment.apps/web paused\n')
    expect(await kubectl.fails`rollout undo deployment/web`).toContain('paused')
    expect(await kubectl.ok`rollout resume deployment/web`).toBe('deployment.apps/web resumed\n')
    expect(await kubectl.ok`rollout restart deployment/web`).toBe('deployment.apps/web restarted\n')
    await kubectl.ok`rollout status deployment/web --timeout=60s`
    expect(await field('deployment/web', '.spec.template.metadata.annotations')).toContain('restartedAt')
  })

  test('scale, by hand and by itself', async () => {
    expect(await kubectl.ok`scale deployment web --replicas=3`).toBe('deployment.apps/web scaled\n')
    await kubectl.ok`wait --for=jsonpath=${'{.status.readyReplicas}'}=3 deployment/web --timeout=30s`
    expect(await kubectl.fails`scale deployment web --current-replicas=9 --replicas=1`).toContain(
      'Expected replicas to be 9, was 3',
    )
    // Its name before 1.34.
    const isOld = !(await kubectl.ok`autoscale --help`).includes('--cpu=')
    const cpu = isOld ? '--cpu-percent=80' : '--cpu=80%'
    expect(await kubectl.ok`autoscale deployment web --min=2 --max=4 ${cpu}`).toBe(
      'horizontalpodautoscaler.autoscaling/web autoscaled\n',
    )
    expect(await kubectl.ok`get hpa web`).toMatch(/web +Deployment\/web +cpu: \S+\/80% +2 +4/)
    expect(await kubectl.ok`describe hpa web`).toMatch(/Min replicas: +2\nMax replicas: +4/)
    await kubectl.ok`delete hpa web`
  })

  test('services for workloads', async () => {
    expect(await kubectl.ok`expose deployment web --port=80 --target-port=80`).toBe('service/web exposed\n')
    expect(await field('service/web', '.spec.selector')).toBe('{"app":"web"}')
    await kubectl.ok`wait --for=create endpointslices -l kubernetes.io/service-name=web --timeout=30s`
    expect(await kubectl.ok`get endpointslices -l kubernetes.io/service-name=web`).toMatch(/web-\w+ +IPv4 +80 +/)
    await kubectl.ok`set selector service web app=web,tier=front`
    expect(await field('service/web', '.spec.selector')).toBe('{"app":"web","tier":"front"}')
  })

  test('waits for conditions and values', async () => {
    expect(await kubectl.ok`wait --for=condition=Available deployment/web --timeout=30s`).toBe(
      'deployment.apps/web condition met\n',
    )
    await kubectl.ok`wait --for=condition=Ready pods -l app=web --timeout=30s`
    await kubectl.ok`wait --for=jsonpath=${'{.status.phase}'}=Active namespace/${kubectl.namespace}`
    expect(await kubectl.fails`wait --for=condition=Nonsense deployment/web --timeout=300ms`).toContain(
      'timed out waiting for the condition on deployments/web',
    )
    expect(await kubectl.fails`wait --for=delete deployment/web --timeout=300ms`).toContain('timed out')
  })

  test('jobs to their end', async () => {
    await kubectl.ok`create job once --image=busybox -- true`
    expect(await kubectl.ok`wait --for=condition=Complete job/once --timeout=60s`).toBe(
      'job.batch/once condition met\n',
    )
    expect(await kubectl.ok`get job once --no-headers`).toMatch(/^once +Complete +1\/1 +/)
    await kubectl.ok`create cronjob nightly --image=busybox --schedule=@daily -- true`
    expect(await kubectl.ok`create job by-hand --from=cronjob/nightly`).toBe('job.batch/by-hand created\n')
    expect(await field('job/by-hand', '.metadata.ownerReferences[0].kind')).toBe('CronJob')
  })

  test('pods on their own', async () => {
    expect(await kubectl.ok`run alone --image=nginx --labels=app=alone`).toBe('pod/alone created\n')
    await kubectl.ok`wait --for=condition=Ready pod/alone --timeout=30s`
    const { code, out, err } = await kubectl.run`logs alone`
    // Nothing runs in either cluster: ours says so in the log, and the other has no kubelet to ask.
    if (kubectl.target.kind === 'embedded') expect([code, out]).toEqual([0, expect.stringContaining('simulated')])
    else expect(code + err.length).toBeGreaterThan(0)
    expect(await kubectl.ok`delete pod alone --grace-period=1`).toMatch(/pod "alone" deleted/)
  })

  test('nodes: cordon, taint, drain', async () => {
    const [node = ''] = (await kubectl.ok`get nodes -o jsonpath=${'{.items[*].metadata.name}'}`).split(' ')
    expect(await kubectl.ok`cordon ${node}`).toBe(`node/${node} cordoned\n`)
    expect(await kubectl.ok`get node ${node} --no-headers`).toMatch(/Ready,SchedulingDisabled/)
    const drained = await kubectl.ok`drain ${node} --ignore-daemonsets --delete-emptydir-data --force --timeout=60s`
    expect(drained).toContain(`node/${node} drained\n`)
    const there = await kubectl.ok`get pods --field-selector ${`spec.nodeName=${node},status.phase=Running`} -o name`
    expect(there).toBe('')
    await kubectl.ok`rollout status deployment/web --timeout=60s`
    expect(await kubectl.ok`uncordon ${node}`).toBe(`node/${node} uncordoned\n`)
    expect(await kubectl.ok`taint nodes ${node} kedge=test:NoSchedule`).toBe(`node/${node} tainted\n`)
    expect(await kubectl.ok`taint nodes ${node} kedge-`).toBe(`node/${node} untainted\n`)
  })
})
