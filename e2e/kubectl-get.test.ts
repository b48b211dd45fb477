/** kubectl shows objects: tables, selections, pages, formats, watches, descriptions. */
import { spawn } from 'node:child_process'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { findKubectl, isKubectlRequired, startKubectl, type Kubectl } from './kubectl/kubectl.ts'
import { configMap, deployment, gadgets } from './kubectl/objects.ts'

const found = findKubectl()
const group = `shown${Date.now().toString(36)}.example.com`
let kubectl: Kubectl

const list = (...items: readonly unknown[]): unknown => ({ apiVersion: 'v1', kind: 'List', items })

/** The columns of what was printed, a line each, without the ages that tests cannot know. */
const columns = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split(/\s{2,}/).join(' | '))
    .map((line) => line.replace(/\b\d+m?s\b/, '<age>'))

describe.runIf(found !== undefined || isKubectlRequired)('kubectl shows', () => {
  beforeAll(async () => {
    kubectl = await startKubectl('get')
    const small = ['a', 'b', 'c'].map((name, index) =>
      configMap(`map-${name}`, { rank: String(3 - index) }, { labels: { name, kind: index === 2 ? 'odd' : 'even' } }),
    )
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 80 }] },
    }
    await kubectl.with({ input: list(...small, deployment('web'), service, gadgets(group)) }).ok`create -f -`
    await kubectl.ok`rollout status deployment/web --timeout=60s`
    await kubectl.ok`wait --for=condition=Established crd/gadgets.${group}`
    const gadget = { apiVersion: `${group}/v1`, kind: 'Gadget', metadata: { name: 'one' }, spec: { size: 3 } }
    await kubectl.with({ input: gadget }).ok`apply -f -`
  })

  afterAll(async () => {
    await kubectl.ok`delete crd gadgets.${group} --ignore-not-found`
    await kubectl.close()
  })

  test('tables, plain and wide', async () => {
    expect(columns(await kubectl.ok`get deployment web`)).toEqual([
      'NAME | READY | UP-TO-DATE | AVAILABLE | AGE',
      'web | 2/2 | 2 | 2 | <age>',
    ])
    expect(columns(await kubectl.ok`get deployment web -o wide --no-headers`)).toEqual([
      'web | 2/2 | 2 | 2 | <age> | main | nginx:1.27 | app=web',
    ])
    const [header, pod] = columns(await kubectl.ok`get pods -l app=web -o wide`)
    expect(header).toBe('NAME | READY | STATUS | RESTARTS | AGE | IP | NODE | NOMINATED NODE | READINESS GATES')
    expect(pod).toMatch(/^web-\w+-\w+ \| 1\/1 \| Running \| 0 \| <age> \| [\d.]+ \| [\w-]+ \| <none> \| <none>$/)
    expect(columns(await kubectl.ok`get service web`)[1]).toMatch(/^web \| ClusterIP \| [\d.]+ \| <none> \| 80\/TCP \|/)
    expect(columns(await kubectl.ok`get gadgets`)).toEqual(['NAME | SIZE', 'one | 3'])
    expect(columns(await kubectl.ok`get gg -o wide`)).toEqual(['NAME | SIZE | COLOR', 'one | 3 | red'])
    expect(columns(await kubectl.ok`get cm -l kind=odd --show-labels --no-headers`)).toEqual([
      'map-c | 1 | <age> | kind=odd,name=c',
    ])
    expect(columns(await kubectl.ok`get cm map-c -L kind`)[0]).toBe('NAME | DATA | AGE | KIND')
    expect(await kubectl.ok`get all -o name`).toContain('deployment.apps/web\n')
  })

  test('formats', async () => {
    expect(await kubectl.ok`get cm map-a -o name`).toBe('configmap/map-a\n')
    expect(await kubectl.ok`get cm map-a -o jsonpath=${'{.data.rank} {.metadata.labels}'}`).toBe(
      '3 {"kind":"even","name":"a"}',
    )
    expect(await kubectl.ok`get cm -l name -o jsonpath=${'{range .items[*]}{.metadata.name}={.data.rank};{end}'}`).toBe(
      'map-a=3;map-b=2;map-c=1;',
    )
    expect(await kubectl.ok`get cm -l name -o custom-columns=N:.metadata.name,R:.data.rank`).toBe(
      'N       R\nmap-a   3\nmap-b   2\nmap-c   1\n',
    )
    expect(await kubectl.ok`get cm map-a -o go-template=${'{{.data.rank}}'}`).toBe('3')
    const object: { kind: string; metadata: object } = JSON.parse(await kubectl.ok`get cm map-a -o json`)
    expect([object.kind, 'managedFields' in object.metadata]).toEqual(['ConfigMap', false])
    expect(await kubectl.ok`get cm map-a -o yaml --show-managed-fields`).toMatch(/manager: kubectl-create\n/)
    const both: { kind: string; items: object[] } = JSON.parse(await kubectl.ok`get cm,deployments -o json`)
    expect([both.kind, both.items.length]).toEqual(['List', 5])
  })

  test('selections, orders and pages', async () => {
    expect(await kubectl.ok`get cm -l ${'kind in (even),name!=a'} -o name`).toBe('configmap/map-b\n')
    expect(await kubectl.ok`get cm --field-selector metadata.name=map-b -o name`).toBe('configmap/map-b\n')
    expect(await kubectl.fails`get cm --field-selector data.x=y`).toContain('"data.x" is not a known field selector')
    const running = await kubectl.ok`get pods --field-selector status.phase=Running -o name`
    expect(running.trim().split('\n')).toHaveLength(2)
    expect(await kubectl.ok`get cm -l name --sort-by=.data.rank -o name`).toBe(
      'configmap/map-c\nconfigmap/map-b\nconfigmap/map-a\n',
    )
    expect(columns(await kubectl.ok`get cm -l name --sort-by=.data.rank --no-headers`)[0]).toMatch(/^map-c/)
    expect(await kubectl.ok`get cm --chunk-size=1 -o name`).toBe(await kubectl.ok`get cm -o name`)
    expect(columns(await kubectl.ok`get cm --chunk-size=2`)).toHaveLength(5)
    expect(await kubectl.ok`get deployments -A --chunk-size=1 -o name`).toContain('deployment.apps/web\n')
  })

  test('what is not there', async () => {
    expect(await kubectl.fails`get cm nothing`).toBe('Error from server (NotFound): configmaps "nothing" not found\n')
    expect(await kubectl.ok`get cm nothing --ignore-not-found`).toBe('')
    expect(await kubectl.fails`get nonsense`).toBe('error: the server doesn\'t have a resource type "nonsense"\n')
    expect((await kubectl.run`get jobs`).err).toBe(`No resources found in ${kubectl.namespace} namespace.\n`)
  })

  test('changes, as they come', async () => {
    const watched = watch('get cm map-b -w -o custom-columns=R:.data.rank --no-headers')
    expect(await watched.lines(1)).toEqual(['2'])
    await kubectl.ok`patch cm map-b -p ${'{"data":{"rank":"5"}}'}`
    await kubectl.ok`delete cm map-b`
    expect(await watched.lines(3)).toEqual(['2', '5', '5'])
    watched.end()
    const table = watch('get cm map-a -w --no-headers')
    expect((await table.lines(1))[0]).toMatch(/^map-a +1 +/)
    table.end()
  })

  /** A command that goes on until it is ended. */
  function watch(text: string): { lines(count: number): Promise<readonly string[]>; end(): void } {
    const args = [`--namespace=${kubectl.namespace}`, `--kubeconfig=${kubectl.target.kubeconfigPath}`]
    const child = spawn(found?.file ?? '', [...args, ...text.split(' ')], { stdio: ['ignore', 'pipe', 'ignore'] })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (more: string) => (out += more))
    const lines = (count: number): Promise<readonly string[]> =>
      new Promise((resolve) => {
        const look = (): void => {
          const written = out.split('\n')
          if (written.length > count) resolve(written.slice(0, count).map((line) => line.trimEnd()))
        }
        child.stdout.on('data', look)
        look()
      })
    return { lines, end: () => child.kill() }
  }

  test('descriptions', async () => {
    const described = await kubectl.ok`describe deployment web`
    expect(described).toMatch(/Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable/)
    expect(described).toMatch(/NewReplicaSet: +web-\w+ \(2\/2 replicas created\)/)
    expect(described).toMatch(
      /ScalingReplicaSet +\S+ +deployment-controller +Scaled up replica set web-\w+ from 0 to 2/,
    )
    const [name = ''] = (await kubectl.ok`get pods -l app=web -o name`).split('\n')
    const pod = await kubectl.ok`describe ${name}`
    expect(pod).toMatch(/Controlled By: +ReplicaSet\/web-/)
    expect(pod).toMatch(/Normal +Scheduled +\S+ +default-scheduler +Successfully assigned/)
    expect(await kubectl.ok`describe service web`).toMatch(/Endpoints: +[\d.]+:80,[\d.]+:80\n/)
    const node = (await kubectl.ok`get nodes -o name`).split('\n')[0] ?? ''
    expect(await kubectl.ok`describe ${node}`).toMatch(/Allocated resources:/)
    expect(await kubectl.ok`describe namespace ${kubectl.namespace}`).toMatch(/Status: +Active/)
    expect(await kubectl.ok`describe crd gadgets.${group}`).toMatch(/Kind: +Gadget\n/)
    expect(await kubectl.ok`describe gadget one`).toMatch(/Spec:\n {2}Color: +red\n {2}Size: +3\n/)
    expect(await kubectl.ok`describe cm map-a`).toContain('rank:\n----\n3\n')
  })

  test('events', async () => {
    const events = await kubectl.ok`events --for deployment/web`
    expect(events).toMatch(/Normal +ScalingReplicaSet +Deployment\/web +Scaled up replica set/)
    const reasons =
      await kubectl.ok`get events --field-selector involvedObject.kind=Pod -o jsonpath=${'{.items[*].reason}'}`
    expect(reasons).toContain('Scheduled')
    expect(await kubectl.ok`get events --sort-by=.metadata.creationTimestamp`).toMatch(/^LAST SEEN +TYPE +REASON/)
  })
})
