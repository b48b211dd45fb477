/** kubectl finds its way: which one is used, what is served, explanations, and who may do what. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { findKubectl, isKubectlRequired, startKubectl, type Kubectl } from './kubectl/kubectl.ts'
import { gadgets } from './kubectl/objects.ts'

const found = findKubectl()
const group = `gadgets${Date.now().toString(36)}.example.com`
let kubectl: Kubectl

test('says which kubectl the tests run', () => {
  console.log(
    found === undefined
      ? 'no kubectl is there: its tests do not run. KEDGE_KUBECTL, the cluster cache and PATH were looked at.'
      : `kubectl of the tests: ${found.file}, from ${found.from}`,
  )
  if (isKubectlRequired) expect(found).toBeDefined()
})

describe.runIf(found !== undefined || isKubectlRequired)('kubectl', () => {
  beforeAll(async () => {
    kubectl = await startKubectl('basic')
  })

  afterAll(async () => {
    await kubectl.ok`delete crd gadgets.${group} --ignore-not-found`
    await kubectl.close()
  })

  test('knows both versions and where the control plane runs', async () => {
    const versions: { serverVersion: { major: string } } = JSON.parse(await kubectl.ok`version -o json`)
    expect(versions.serverVersion.major).toBe('1')
    expect(await kubectl.ok`cluster-info`).toContain(`is running at`)
    expect(await kubectl.ok`get --raw /readyz`).toBe('ok')
    expect(await kubectl.ok`get --raw /livez?verbose`).toContain('livez check passed')
  })

  test('lists what is served', async () => {
    const versions = await kubectl.ok`api-versions`
    expect(versions.split('\n')).toEqual(expect.arrayContaining(['v1', 'apps/v1', 'autoscaling/v2', 'batch/v1']))
    const resources = await kubectl.ok`api-resources --api-group=apps --no-headers`
    expect(resources.split('\n').map((line) => line.split(/\s+/).join(' '))).toEqual([
      'controllerrevisions apps/v1 true ControllerRevision',
      'daemonsets ds apps/v1 true DaemonSet',
      'deployments deploy apps/v1 true Deployment',
      'replicasets rs apps/v1 true ReplicaSet',
      'statefulsets sts apps/v1 true StatefulSet',
      '',
    ])
    expect(await kubectl.ok`api-resources --verbs=list --namespaced -o name`).toContain('deployments.apps\n')
    expect(await kubectl.ok`api-resources --categories=all -o name`).toContain('services\n')
  })

  test('explains built-in and custom kinds', async () => {
    const strategy = await kubectl.ok`explain deployment.spec.strategy.type`
    expect(strategy).toMatch(/GROUP: +apps\nKIND: +Deployment\nVERSION: +v1/)
    expect(strategy).toContain('FIELD: type <string>')
    const recursive = await kubectl.ok`explain pods.spec --recursive`
    expect(recursive).toMatch(/containers\t<\[\]Container> -required-\n {4}args\t<\[\]string>/)
    expect(await kubectl.fails`explain pods.spec.nonsense`).toContain('field "nonsense" does not exist')
    await kubectl.with({ input: gadgets(group) }).ok`create -f -`
    await kubectl.ok`wait --for=condition=Established crd/gadgets.${group}`
    await published()
    expect(await kubectl.ok`explain gadgets.spec`).toContain('How large it is.')
    expect(await kubectl.ok`explain gadget --recursive`).toMatch(/size\t<integer> -required-/)
  })

  /** The real server publishes the schema of a new kind after a moment. */
  async function published(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const { code } = await kubectl.run`explain gadgets.spec.size`
      if (code === 0) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  test('answers who may do what', async () => {
    expect(await kubectl.ok`auth can-i create deployments`).toBe('yes\n')
    expect(await kubectl.ok`auth can-i --list`).toMatch(/\*\.\* +\[\] +\[\] +\[\*\]/)
    const asJane = await kubectl.run`auth can-i get pods --as jane`
    expect([asJane.code, asJane.out]).toEqual([1, 'no\n'])
    await kubectl.ok`create role reader --verb=get,list --resource=pods`
    await kubectl.ok`create rolebinding jane --role=reader --user=jane`
    expect(await kubectl.ok`auth can-i get pods --as jane`).toBe('yes\n')
    expect(await kubectl.ok`auth can-i --list --as jane`).toMatch(/pods +\[\] +\[\] +\[get list\]/)
    expect(await kubectl.ok`get pods --as jane`).toBe('')
    expect(await kubectl.fails`get secrets --as jane`).toBe(
      `Error from server (Forbidden): secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "${kubectl.namespace}"\n`,
    )
    expect(await kubectl.ok`auth whoami --as jane --as-group dev`).toMatch(/Username +jane\nGroups +\[dev system:/)
  })

  test('makes tokens that work', async () => {
    await kubectl.ok`create serviceaccount robot`
    const token = (await kubectl.ok`create token robot --duration=1h`).trim()
    expect(await kubectl.ok`auth whoami -o jsonpath=${'{.status.userInfo.username}'}`).not.toContain('robot')
    const kubeconfig = kubectl.file('robot', robotConfig(await kubectl.ok`config view --raw -o json`, token))
    expect(await kubectl.ok`--kubeconfig=${kubeconfig} auth whoami -o jsonpath=${'{.status.userInfo.username}'}`).toBe(
      `system:serviceaccount:${kubectl.namespace}:robot`,
    )
    expect(await kubectl.fails`--kubeconfig=${kubeconfig} get pods`).toContain('pods is forbidden')
  })
})

function robotConfig(text: string, token: string): unknown {
  const config: Record<string, unknown> & { contexts: { name: string; context: { cluster: string } }[] } =
    JSON.parse(text)
  const cluster = config.contexts[0]?.context.cluster
  return {
    ...config,
    users: [{ name: 'robot', user: { token } }],
    contexts: [{ name: 'robot', context: { cluster, user: 'robot' } }],
    'current-context': 'robot',
  }
}
