import type { KubeObject } from '@kedge/manifest'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { inlineRender, type Render } from './render/renderer.ts'
import { createGitRepo, type GitRepo } from './testing/git-repo.ts'
import { createWorld, dataOf, home, hostTimers, type World } from './testing/world.ts'

let world: World
let repo: GitRepo

beforeEach(async () => {
  world = await createWorld()
  repo = createGitRepo()
})

afterEach(async () => {
  repo[Symbol.dispose]()
  await world[Symbol.asyncDispose]()
})

const configMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  greeting: {{ .Values.greeting | quote }}
  revision: {{ .Release.Revision | quote }}
`

function chart(version: string, files: Record<string, string> = {}): Record<string, string> {
  return {
    'chart/Chart.yaml': `apiVersion: v2\nname: web\nversion: ${version}\nappVersion: "9"\n`,
    'chart/values.yaml': 'greeting: hello\n',
    'chart/templates/configmap.yaml': configMap,
    ...files,
  }
}

const hr = { group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease', namespace: home, name: 'web' }

async function helmRelease(spec: object = {}, name = 'web'): Promise<void> {
  const sourceRef = { kind: 'GitRepository', name: 'repo' }
  await world.cluster.apply(
    {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name, namespace: home },
      spec: { interval: '1h', chart: { spec: { chart: './chart', sourceRef, interval: '1h' } }, ...spec },
    },
    { fieldManager: 'test', force: true },
  )
}

interface Seen {
  readonly observedGeneration?: number
  readonly conditions?: readonly { type: string; status: string; reason: string; message: string }[]
  readonly history?: readonly { version: number; status: string; chartVersion: string }[]
  readonly inventory?: { readonly entries: readonly { readonly id: string }[] }
  readonly lastAttemptedRevision?: string
}

function seen(object: KubeObject | undefined): Seen {
  return object?.['status'] ?? {}
}

function condition(
  object: KubeObject | undefined,
  type: string,
): { status: string; reason: string; message: string } | undefined {
  return seen(object).conditions?.find((one) => one.type === type)
}

function isReady(object: KubeObject | undefined): boolean {
  return (
    condition(object, 'Ready')?.status === 'True' && seen(object).observedGeneration === object?.metadata.generation
  )
}

test('a chart of a Git repository is installed, recorded and told as Flux does', async () => {
  repo.commit(chart('1.0.0'))
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ values: { greeting: 'hi' } })
  const object = await world.until(hr, isReady)
  const message = `Helm install succeeded for release ${home}/web.v1 with chart web@1.0.0`
  expect(condition(object, 'Ready')).toMatchObject({ reason: 'InstallSucceeded', message })
  expect(seen(object)).toMatchObject({
    history: [{ version: 1, status: 'deployed', chartVersion: '1.0.0' }],
    inventory: { entries: [{ id: `${home}_web__ConfigMap` }] },
    lastAttemptedRevision: '1.0.0',
  })
  expect(dataOf(await world.get('ConfigMap', home, 'web'))).toEqual({ greeting: 'hi', revision: '1' })
  await running.agent.idle()
})

function isFailed(reason: string): (object: KubeObject | undefined) => boolean {
  return (object) => condition(object, 'Ready')?.reason === reason && condition(object, 'Ready')?.status === 'False'
}

function hasAnswered(request: string): (object: KubeObject | undefined) => boolean {
  return (object) => {
    const status = object?.['status'] as { readonly lastHandledReconcileAt?: string } | undefined
    return status?.lastHandledReconcileAt === request
  }
}

function isStalled(object: KubeObject | undefined): boolean {
  return condition(object, 'Stalled')?.status === 'True'
}

function hasVersion(version: number): (object: KubeObject | undefined) => boolean {
  return (object) => isReady(object) && seen(object).history?.[0]?.version === version
}

async function secretNames(): Promise<readonly string[]> {
  const { items } = await world.cluster.list(
    { group: '', version: 'v1', kind: 'Secret' },
    { labelSelector: 'owner=helm' },
  )
  return items.map(({ metadata }) => metadata.name ?? '').toSorted()
}

async function told(running: { agent: { idle(): Promise<void> } }): Promise<readonly string[]> {
  await running.agent.idle()
  const { items } = await world.cluster.list({ group: '', kind: 'Event' }, { namespace: home })
  return items
    .filter(
      (event) =>
        (event['involvedObject'] as { kind?: string } | undefined)?.kind === 'HelmRelease' ||
        (event['regarding'] as { kind?: string } | undefined)?.kind === 'HelmRelease',
    )
    .map((event) => String(event['reason']))
}

const broken = { 'chart/templates/broken.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: Not_A_Name\n' }

test('a push of a new chart version, and new values, are upgrades', async () => {
  repo.commit(chart('1.0.0'))
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease()
  await world.until(hr, isReady)
  repo.commit(chart('1.1.0'))
  running.agent.notifySource(home, 'repo')
  const upgraded = await world.until(hr, hasVersion(2))
  expect(condition(upgraded, 'Ready')).toMatchObject({
    reason: 'UpgradeSucceeded',
    message: `Helm upgrade succeeded for release ${home}/web.v2 with chart web@1.1.0`,
  })
  expect(seen(upgraded).history?.map(({ status }) => status)).toEqual(['deployed', 'superseded'])
  await helmRelease({ values: { greeting: 'hi' } })
  await world.until(hr, hasVersion(3))
  expect(dataOf(await world.get('ConfigMap', home, 'web'))).toEqual({ greeting: 'hi', revision: '3' })
  expect(await told(running)).toEqual(expect.arrayContaining(['InstallSucceeded', 'UpgradeSucceeded']))
})

test('a failed install is uninstalled between tries, and stalls after the last one', async () => {
  repo.commit(chart('1.0.0', broken))
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ install: { remediation: { retries: 1 } } })
  const stalled = await world.until(hr, isStalled)
  expect(condition(stalled, 'Stalled')).toMatchObject({
    reason: 'RetriesExceeded',
    message: 'Failed to install after 2 attempt(s)',
  })
  expect(condition(stalled, 'Ready')?.message).toMatch(
    /^Helm install failed for release flux-system\/web with chart web@1\.0\.0: /,
  )
  repo.commit({ ...chart('1.0.1'), 'chart/templates/broken.yaml': undefined })
  running.agent.notifySource(home, 'repo')
  const mended = await world.until(hr, isReady)
  expect(seen(mended)).not.toHaveProperty('failures', 1)
  expect(condition(mended, 'Stalled')).toBeUndefined()
})

test('a failed upgrade is rolled back, and the next good version goes on from there', async () => {
  repo.commit(chart('1.0.0'))
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ upgrade: { remediation: { retries: 1 } } })
  await world.until(hr, isReady)
  repo.commit(chart('2.0.0', broken))
  running.agent.notifySource(home, 'repo')
  const stalled = await world.until(hr, isStalled)
  expect(condition(stalled, 'Remediated')).toMatchObject({ status: 'True', reason: 'RollbackSucceeded' })
  expect(condition(stalled, 'Ready')).toMatchObject({ status: 'False', reason: 'RollbackSucceeded' })
  expect(dataOf(await world.get('ConfigMap', home, 'web'))['greeting']).toBe('hello')
  repo.commit({ ...chart('3.0.0'), 'chart/templates/broken.yaml': undefined })
  running.agent.notifySource(home, 'repo')
  const mended = await world.until(hr, isReady)
  expect(condition(mended, 'Ready')?.message).toContain('with chart web@3.0.0')
  expect(condition(mended, 'Remediated')).toBeUndefined()
})

test('a failed upgrade is uninstalled where the spec says so, and installed anew', async () => {
  repo.commit(chart('1.0.0'))
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({
    upgrade: { remediation: { retries: 1, strategy: 'uninstall' } },
    install: { remediation: { retries: 0 } },
  })
  await world.until(hr, isReady)
  repo.commit(chart('2.0.0', broken))
  running.agent.notifySource(home, 'repo')
  const stalled = await world.until(hr, isStalled)
  expect(condition(stalled, 'Stalled')?.message).toBe('Failed to install after 1 attempt(s)')
  expect(await secretNames()).toEqual(['sh.helm.release.v1.web.v1'])
  repo.commit({ ...chart('3.0.0'), 'chart/templates/broken.yaml': undefined })
  running.agent.notifySource(home, 'repo')
  await world.until(hr, hasVersion(2))
})

test('RetryOnFailure comes back after its interval', async () => {
  repo.commit(chart('1.0.0', broken))
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ install: { strategy: { name: 'RetryOnFailure', retryInterval: '7m' } } })
  const waiting = await world.until(hr, (object) => condition(object, 'Reconciling')?.reason === 'ProgressingWithRetry')
  expect(condition(waiting, 'Reconciling')?.message).toBe('retrying after 7m0s')
})

const testPod = `apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-ping
  annotations:
    helm.sh/hook: test
spec:
  restartPolicy: Never
  containers:
    - name: ping
      image: ping
`

function phaseOf(pod: KubeObject): string | undefined {
  return (pod['status'] as { phase?: string } | undefined)?.phase
}

async function endPod(phase: 'Succeeded' | 'Failed'): Promise<void> {
  await world.until({ kind: 'Pod', namespace: home, name: 'web-ping' }, (pod) => pod !== undefined)
  await world.cluster.patchStatus(
    { group: '', version: 'v1', kind: 'Pod', namespace: home, name: 'web-ping' },
    { type: 'merge', body: { status: { phase } } },
  )
}

test('tests are run after an install, and a failed one is a failure', async () => {
  await world.cluster.create({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: home },
  })
  repo.commit(chart('1.0.0', { 'chart/templates/tests/ping.yaml': testPod }))
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ test: { enable: true } })
  await world.until(hr, (object) => condition(object, 'TestSuccess')?.status === 'Unknown')
  await endPod('Succeeded')
  const tested = await world.until(hr, isReady)
  expect(condition(tested, 'Ready')).toMatchObject({
    reason: 'TestSucceeded',
    message: `Helm test succeeded for release ${home}/web.v1 with chart web@1.0.0: 1 test hook completed successfully`,
  })
  repo.commit(chart('1.1.0', { 'chart/templates/tests/ping.yaml': testPod }))
  running.agent.notifySource(home, 'repo')
  await world.until(hr, (object) => seen(object).history?.[0]?.version === 2)
  await world.until(
    { kind: 'Pod', namespace: home, name: 'web-ping' },
    (pod) => pod !== undefined && phaseOf(pod) !== 'Succeeded',
  )
  await endPod('Failed')
  const failed = await world.until(hr, isFailed('TestFailed'))
  expect(condition(failed, 'TestSuccess')?.status).toBe('False')
})

test('drift is put back at once when that is enabled', async () => {
  repo.commit(chart('1.0.0'))
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ driftDetection: { mode: 'enabled' } })
  await world.until(hr, (object) => isReady(object) && condition(object, 'Drifted')?.status === 'False')
  const cm = { group: '', version: 'v1', kind: 'ConfigMap', namespace: home, name: 'web' }
  await world.cluster.patch(
    cm,
    { type: 'merge', body: { data: { greeting: 'drifted' } } },
    { fieldManager: 'somebody' },
  )
  await world.until(cm, (object) => dataOf(object)['greeting'] === 'hello')
  await world.cluster.delete(cm)
  await world.until(cm, (object) => dataOf(object)['greeting'] === 'hello')
  const object = await world.until(hr, (one) => condition(one, 'Drifted')?.status === 'False' && isReady(one))
  expect(seen(object).history?.map(({ version }) => version)).toEqual([1])
  expect(await told(running)).toEqual(expect.arrayContaining(['DriftDetected', 'DriftCorrected']))
})

test('drift is told in warn mode, and ignored fields are none', async () => {
  repo.commit(chart('1.0.0'))
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ driftDetection: { mode: 'warn', ignore: [{ paths: ['/data/revision'] }] } })
  await world.until(hr, (object) => isReady(object) && condition(object, 'Drifted')?.status === 'False')
  const cm = { group: '', version: 'v1', kind: 'ConfigMap', namespace: home, name: 'web' }
  await world.cluster.patch(
    cm,
    { type: 'merge', body: { data: { revision: '9', greeting: 'drifted' } } },
    { fieldManager: 'somebody' },
  )
  const object = await world.until(hr, (one) => condition(one, 'Drifted')?.status === 'True')
  expect(condition(object, 'Drifted')?.message).toBe(
    `Cluster state of release ${home}/web.v1 has drifted from the desired state:\nConfigMap/${home}/web changed (0 additions, 1 changes, 0 removals)`,
  )
  expect(isReady(object)).toBe(true)
  expect(dataOf(await world.get('ConfigMap', home, 'web'))['greeting']).toBe('drifted')
})

test('a release that is there already is taken over by an upgrade', async () => {
  repo.commit(chart('1.0.0'))
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease()
  await world.until(hr, isReady)
  await helmRelease({ suspend: true })
  await world.cluster.delete({ ...hr, version: 'v2' })
  await world.until(hr, (object) => object === undefined)
  expect(await secretNames()).toEqual(['sh.helm.release.v1.web.v1'])
  await helmRelease()
  const adopted = await world.until(hr, isReady)
  expect(condition(adopted, 'Ready')?.reason).toBe('UpgradeSucceeded')
  expect(seen(adopted).history?.map(({ version }) => version)).toEqual([2])
})

test('a release that moves is uninstalled where it was', async () => {
  repo.commit(chart('1.0.0'))
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease()
  await world.until(hr, isReady)
  await helmRelease({ releaseName: 'moved' })
  const moved = await world.until(hr, isReady)
  expect(condition(moved, 'Ready')?.message).toContain(`release ${home}/moved.v1`)
  expect(await world.get('ConfigMap', home, 'web')).toBeUndefined()
  expect(await world.get('ConfigMap', home, 'moved')).toBeDefined()
  expect(await secretNames()).toEqual(['sh.helm.release.v1.moved.v1'])
})

test('a deleted HelmRelease takes its release and its HelmChart along', async () => {
  repo.commit(chart('1.0.0'))
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease()
  await world.until(hr, isReady)
  await world.cluster.delete({ ...hr, version: 'v2' })
  await world.until(hr, (object) => object === undefined)
  expect(await world.get('ConfigMap', home, 'web')).toBeUndefined()
  expect(await secretNames()).toEqual([])
  expect(await world.get('HelmChart', home, `${home}-web`, 'source.toolkit.fluxcd.io')).toBeUndefined()
})

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
`

test('a HelmRelease that is deleted while it waits for its objects is uninstalled at once', async () => {
  repo.commit(chart('1.0.0', { 'chart/templates/web.yaml': deployment }))
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ timeout: '1h' })
  const live = { group: 'apps', kind: 'Deployment', namespace: home, name: 'web' }
  await world.until(live, (object) => object !== undefined)
  await world.cluster.delete({ ...hr, version: 'v2' })
  await world.until(hr, (object) => object === undefined)
  expect(await secretNames()).toEqual([])
  expect(await world.get('Deployment', home, 'web', 'apps')).toBeUndefined()
})

test('values come from ConfigMaps, which wake the release when they are labelled to', async () => {
  repo.commit(chart('1.0.0'))
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  const values = (greeting: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'values', namespace: home, labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } },
    data: { 'values.yaml': `greeting: ${greeting}\n` },
  })
  await world.cluster.apply(values('one'), { fieldManager: 'test', force: true })
  await helmRelease({ valuesFrom: [{ kind: 'ConfigMap', name: 'values' }] })
  await world.until(hr, isReady)
  await world.cluster.apply(values('two'), { fieldManager: 'test', force: true })
  await world.until(hr, hasVersion(2))
  expect(dataOf(await world.get('ConfigMap', home, 'web'))['greeting']).toBe('two')
})

test('when everything stands, nothing is read or written, also with drift detection', async () => {
  repo.commit(chart('1.0.0'))
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ driftDetection: { mode: 'enabled' } })
  await world.until(hr, (object) => isReady(object) && condition(object, 'Drifted')?.status === 'False')
  const ask = async (value: string): Promise<void> => {
    const annotations = { 'reconcile.fluxcd.io/requestedAt': value }
    await world.cluster.patch({ ...hr, version: 'v2' }, { type: 'merge', body: { metadata: { annotations } } })
    await world.until(hr, hasAnswered(value))
    await running.agent.idle()
  }
  await ask('one')
  const { requests } = running.agent.metrics()
  requests.reset()
  await ask('two')
  expect(requests.counts()).toMatchObject([{ verb: 'patch', count: 1 }])
})

test('a release that cannot be rendered touches no other one', async () => {
  repo.commit(chart('1.0.0', { 'chart/templates/refuse.yaml': '{{ if .Values.refuse }}{{ fail "refused" }}{{ end }}' }))
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ values: { refuse: true } })
  await helmRelease({}, 'other')
  await world.until({ ...hr, name: 'other' }, isReady)
  const failed = await world.until(hr, isFailed('InstallFailed'))
  expect(condition(failed, 'Ready')?.message).toContain('refused')
  expect(await secretNames()).toEqual(['sh.helm.release.v1.other.v1'])
})

test('post-renderers and common metadata change the objects, and a change of them is an upgrade', async () => {
  repo.commit(chart('1.0.0'))
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  const patch = '- op: replace\n  path: /data/greeting\n  value: patched\n'
  const postRenderers = [{ kustomize: { patches: [{ patch, target: { kind: 'ConfigMap' } }] } }]
  await helmRelease({ postRenderers })
  await world.until(hr, isReady)
  const patched = await world.get('ConfigMap', home, 'web')
  expect(dataOf(patched)['greeting']).toBe('patched')
  expect(patched?.metadata.labels).toEqual({
    'app.kubernetes.io/managed-by': 'Helm',
    'helm.toolkit.fluxcd.io/name': 'web',
    'helm.toolkit.fluxcd.io/namespace': home,
  })
  await helmRelease({ commonMetadata: { labels: { team: 'a' } } })
  await world.until(hr, hasVersion(2))
  const labelled = await world.get('ConfigMap', home, 'web')
  expect([dataOf(labelled)['greeting'], labelled?.metadata.labels?.['team']]).toEqual(['hello', 'a'])
})

test('a release that was suspended during an action is left as the action left it', async () => {
  await world.cluster.create({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: home },
  })
  repo.commit(chart('1.0.0', { 'chart/templates/tests/ping.yaml': testPod }))
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ test: { enable: true } })
  await world.until({ kind: 'Pod', namespace: home, name: 'web-ping' }, (pod) => pod !== undefined)
  await helmRelease({ test: { enable: true }, suspend: true })
  await endPod('Succeeded')
  const suspended = await world.until(
    hr,
    (object) => condition(object, 'TestSuccess')?.status === 'True' && condition(object, 'Reconciling') === undefined,
  )
  expect(condition(suspended, 'Ready')).toMatchObject({ status: 'True', reason: 'TestSucceeded' })
})

test('one that depends on another waits for it and is woken by it', async () => {
  repo.commit(chart('1.0.0'))
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ dependsOn: [{ name: 'db' }] })
  await world.until(hr, isFailed('DependencyNotReady'))
  await helmRelease({}, 'db')
  await world.until(hr, isReady)
})

test('without the account that it is to act as, nothing is done, and a deletion goes on', async () => {
  repo.commit(chart('1.0.0'))
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ serviceAccountName: 'nobody' })
  const refused = await world.until(hr, isFailed('RESTClientError'))
  expect(condition(refused, 'Ready')?.message).toContain(`ServiceAccount '${home}/nobody' not found`)
  await world.cluster.delete({ ...hr, version: 'v2' })
  await world.until(hr, (object) => object === undefined)
})

const crd = (size: string): string => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
  annotations: {size: ${size}}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, listKind: WidgetList, plural: widgets, singular: widget}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`
const widget = `{{ if .Capabilities.APIVersions.Has "example.com/v1" }}
apiVersion: example.com/v1
kind: Widget
metadata: {name: {{ .Release.Name }}}
{{ end }}
`

test('definitions come before the render, are replaced on request only, and stay', async () => {
  repo.commit(chart('1.0.0', { 'chart/crds/widget.yaml': crd('small'), 'chart/templates/widget.yaml': widget }))
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease()
  const installed = await world.until(hr, isReady)
  expect(seen(installed).inventory?.entries.map(({ id }) => id)).toContain(
    '_widgets.example.com_apiextensions.k8s.io_CustomResourceDefinition',
  )
  world.cluster.discovery.invalidate()
  expect(await world.get('Widget', home, 'web', 'example.com')).toBeDefined()
  const definition = { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', name: 'widgets.example.com' }
  const size = async (): Promise<string | undefined> =>
    (await world.cluster.get({ ...definition, version: 'v1' }))?.metadata.annotations?.['size']
  repo.commit(chart('1.1.0', { 'chart/crds/widget.yaml': crd('large'), 'chart/templates/widget.yaml': widget }))
  running.agent.notifySource(home, 'repo')
  await world.until(hr, hasVersion(2))
  expect(await size()).toBe('small')
  await helmRelease({ upgrade: { crds: 'CreateReplace' }, values: { greeting: 'again' } })
  await world.until(hr, hasVersion(3))
  expect(await size()).toBe('large')
  await world.cluster.delete({ ...hr, version: 'v2' })
  await world.until(hr, (object) => object === undefined)
  expect(await size()).toBe('large')
})

test('with preserveValues an upgrade keeps the values and the defaults of the revision that is there', async () => {
  const all = {
    'chart/templates/all.yaml': configMap
      .replace('.Name }}', '.Name }}-all')
      .replace('greeting:', 'size: {{ .Values.size | quote }}\n  greeting:'),
  }
  repo.commit(chart('1.0.0', { ...all, 'chart/values.yaml': 'greeting: hello\nsize: old\n' }))
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ upgrade: { preserveValues: true }, values: { greeting: 'hi' } })
  await world.until(hr, isReady)
  repo.commit(chart('2.0.0', { ...all, 'chart/values.yaml': 'greeting: hello\nsize: new\n' }))
  await helmRelease({ upgrade: { preserveValues: true }, values: { more: 'x' } })
  running.agent.notifySource(home, 'repo')
  await world.until(hr, (object) => isReady(object) && seen(object).history?.[0]?.chartVersion === '2.0.0')
  expect(dataOf(await world.get('ConfigMap', home, 'web-all'))).toMatchObject({ greeting: 'hi', size: 'old' })
  await running.agent.idle()
  const before = await secretNames()
  await world.cluster.patch(
    { ...hr, version: 'v2' },
    { type: 'merge', body: { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } } } },
  )
  await world.until(hr, hasAnswered('now'))
  expect(await secretNames()).toEqual(before)
})

test('two HelmReleases of one release do not fight: one has it, the other says so and takes its turn', async () => {
  repo.commit(chart('1.0.0'))
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ values: { greeting: 'first' } })
  await world.until(hr, isReady)
  const second = { ...hr, name: 'second' }
  await helmRelease({ releaseName: 'web', values: { greeting: 'second' } }, 'second')
  const refused = await world.until(second, isStalled)
  expect(condition(refused, 'Ready')).toMatchObject({
    status: 'False',
    reason: 'ReleaseConflict',
    message: expect.stringContaining(`release ${home}/web belongs to HelmRelease ${home}/web`),
  })
  await running.agent.idle()
  expect(await secretNames()).toEqual(['sh.helm.release.v1.web.v1'])
  await world.cluster.delete({ ...second, version: 'v2' })
  await world.until(second, (object) => object === undefined)
  expect(await secretNames()).toEqual(['sh.helm.release.v1.web.v1'])
  await helmRelease({ releaseName: 'web', values: { greeting: 'second' } }, 'second')
  await world.until(second, isStalled)
  await helmRelease({ suspend: true, values: { greeting: 'first' } })
  const taken = await world.until(second, isReady)
  expect(condition(taken, 'Stalled')).toBeUndefined()
  expect(dataOf(await world.get('ConfigMap', home, 'web'))['greeting']).toBe('second')
})

test('while others work, the status of what is ready waits unless somebody depends on it', async () => {
  repo.commit({ ...chart('1.0.0'), 'slow/c.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: slow}\n' })
  const gate = Promise.withResolvers<void>()
  const build = inlineRender()
  const render: Render = async (tree, request) => {
    await gate.promise
    return build(tree, request)
  }
  // Only a quiet moment ends the silence here, never the clock.
  const timers = { after: (ms: number, run: () => void) => (ms === 10_000 ? () => {} : hostTimers.after(ms, run)) }
  await using _running = await world.startAgent({ render, timers })
  await world.kustomization('slow', {})
  await helmRelease()
  await helmRelease({}, 'base')
  await helmRelease({ dependsOn: [{ name: 'base' }] }, 'top')
  await world.gitRepository('repo', repo.url)
  await world.until({ ...hr, name: 'base' }, isReady)
  await world.until(hr, (object) => condition(object, 'Ready')?.status === 'True')
  const base = { ...hr, version: 'v2', name: 'base' }
  const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' }
  await world.cluster.patch(base, { type: 'merge', body: { metadata: { annotations } } })
  await world.until(base, hasAnswered('now'))
  expect(isReady(await world.get('HelmRelease', home, 'web', 'helm.toolkit.fluxcd.io'))).toBe(false)
  gate.resolve()
  await world.until(hr, isReady)
})

test('where the operator has it so, a wait for health makes way for what is pushed meanwhile', async () => {
  repo.commit(chart('1.0.0', { 'chart/templates/web.yaml': deployment }))
  await using running = await world.startAgent({ settings: { cancelHealthChecks: true } })
  await world.gitRepository('repo', repo.url)
  await helmRelease({ timeout: '1h' })
  await world.until({ group: 'apps', kind: 'Deployment', namespace: home, name: 'web' }, (one) => one !== undefined)
  repo.commit({ ...chart('2.0.0'), 'chart/templates/web.yaml': undefined })
  running.agent.notifySource(home, 'repo')
  const mended = await world.until(hr, isReady)
  expect(seen(mended).history?.map(({ chartVersion, status }) => `${chartVersion} ${status}`)).toEqual([
    '2.0.0 deployed',
    '1.0.0 superseded',
  ])
  expect(await told(running)).toEqual(
    expect.arrayContaining(['InstallFailed', 'HealthCheckCanceled', 'UpgradeSucceeded']),
  )
  expect(await world.get('Deployment', home, 'web', 'apps')).toBeUndefined()
})

test('waitStrategy legacy waits for no custom resource, as Helm 3 did not', async () => {
  const lazy = { conditions: [{ type: 'Ready', status: 'False', reason: 'Lazy' }] }
  repo.commit(chart('1.0.0', { 'chart/crds/widget.yaml': crd('small'), 'chart/templates/widget.yaml': widget }))
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ waitStrategy: { name: 'legacy' } })
  await world.until(hr, isReady)
  world.cluster.discovery.invalidate()
  const place = { group: 'example.com', version: 'v1', kind: 'Widget', namespace: home, name: 'web' }
  await world.cluster.patch(place, { type: 'merge', body: { status: lazy } }, { fieldManager: 'lazy' })
  expect(await world.get('Widget', home, 'web', 'example.com')).toMatchObject({ status: lazy })
  repo.commit(chart('2.0.0'))
  running.agent.notifySource(home, 'repo')
  await world.until(hr, hasVersion(2))
})

test('otherwise a wait goes on to its end, and what was pushed meanwhile comes next', async () => {
  repo.commit(chart('1.0.0', { 'chart/templates/web.yaml': deployment }))
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await helmRelease({ timeout: '1h' })
  const web = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: home, name: 'web' }
  await world.until(web, (one) => one !== undefined)
  repo.commit({ ...chart('2.0.0'), 'chart/templates/web.yaml': undefined })
  running.agent.notifySource(home, 'repo')
  const made = { group: 'source.toolkit.fluxcd.io', kind: 'HelmChart', namespace: home, name: `${home}-web` }
  await world.until(made, (one) => JSON.stringify(one?.['status'] ?? {}).includes('"revision":"2.0.0"'))
  expect(condition(await world.get('HelmRelease', home, 'web', hr.group), 'Ready')?.status).toBe('Unknown')
  const ready = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }
  const conditions = [
    { type: 'Available', status: 'True' },
    { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
  ]
  const status = { observedGeneration: 1, ...ready, conditions }
  await world.cluster.patchStatus(web, { type: 'merge', body: { status } })
  await world.until(hr, (object) => isReady(object) && seen(object).history?.[0]?.chartVersion === '2.0.0')
  const reasons = await told(running)
  expect(reasons).toEqual(expect.arrayContaining(['InstallSucceeded', 'UpgradeSucceeded']))
  expect(reasons).not.toContain('HealthCheckCanceled')
})
