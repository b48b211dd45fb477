/** Who installs, and where: ServiceAccounts of HelmReleases, what their templates may see, and clusters behind a kubeconfig. */
import { readFileSync } from 'node:fs'

import { createApiServer, type ApiServer } from '@kedge/apiserver'
import { createCluster, loadCluster, type Cluster } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startGitServer, type GitServer } from '../test/git-server/git-server.ts'
import { realPorts } from '../test/cluster/real-ports.ts'
import { testCluster, type TestCluster } from '../test/cluster/target.ts'
import { startEngine, type Engine } from './flow/engine.ts'
import { createSource, createTenant, manager } from './flow/tenant.ts'
import { untilObject } from './flow/until-object.ts'

const home = `helm-tenant-${Date.now().toString(36)}`
const other = `${home}-other`
const slow = 120_000
const kind = { group: 'helm.toolkit.fluxcd.io', version: 'v2', kind: 'HelmRelease', namespace: home }

let target: TestCluster
let git: GitServer
let engine: Engine

const files: Readonly<Record<string, string>> = {
  'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
  'chart/values.yaml': 'spy: ""\n',
  'chart/templates/config.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data:
  seen: {{ if .Values.spy }}{{ (lookup "v1" "Secret" .Values.spy "secret").data.key | quote }}{{ else }}none{{ end }}
`,
}

beforeAll(async () => {
  target = await testCluster()
  git = await startGitServer()
  const repository = git.createRepository()
  repository.commit(files)
  engine = await startEngine(target)
  const { cluster } = target
  cluster.discovery.invalidate()
  for (const name of [home, other]) {
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, manager)
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'secret', namespace: name } }
    await cluster.apply({ ...secret, stringData: { key: 'hunter2' } }, manager)
  }
  await createTenant(cluster, home)
  await createSource(cluster, home, git.urlOf(repository))
}, slow)

afterAll(async () => {
  for (const { metadata } of (await target.cluster.list(kind, { namespace: home })).items) {
    const { name = '' } = metadata
    await target.cluster.delete({ ...kind, name })
    await until(kind, name, (object) => object === undefined)
  }
  await engine[Symbol.asyncDispose]()
  for (const name of [home, other]) await target.cluster.delete({ group: '', kind: 'Namespace', name })
  await git.close()
  await target.close()
}, slow)

async function helmRelease(name: string, spec: object): Promise<void> {
  const sourceRef = { kind: 'GitRepository', name: 'repo' }
  await target.cluster.apply(
    {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name, namespace: home },
      spec: { interval: '10m', releaseName: name, chart: { spec: { chart: './chart', sourceRef } }, ...spec },
    },
    manager,
  )
}

interface Seen {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

function readyOf(object: KubeObject | undefined): Seen | undefined {
  const status = object?.['status'] as { readonly conditions?: readonly Seen[] } | undefined
  return status?.conditions?.find((one) => one.type === 'Ready')
}

const until = (
  place: { group: string; version: string; kind: string; namespace: string },
  name: string,
  isWanted: (object: KubeObject | undefined) => boolean,
): Promise<KubeObject | undefined> => untilObject(target.cluster, { ...place, name }, isWanted)

const isReady = (object: KubeObject | undefined): boolean => readyOf(object)?.status === 'True'
const isFailed = (object: KubeObject | undefined): boolean => readyOf(object)?.reason === 'InstallFailed'
const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', namespace: home }

function seenBy(object: KubeObject | undefined): string | undefined {
  return (object?.['data'] as { readonly seen?: string } | undefined)?.seen
}

test('a release is made with the rights of its account, and with no other', async () => {
  await helmRelease('allowed', { serviceAccountName: 'tenant', values: { spy: home } })
  await until(kind, 'allowed', isReady)
  expect(seenBy(await target.cluster.get({ ...configMaps, name: 'allowed' }))).toBe(btoa('hunter2'))
  await helmRelease('elsewhere', { serviceAccountName: 'tenant', targetNamespace: other })
  const refused = await until(kind, 'elsewhere', isFailed)
  expect(readyOf(refused)?.message).toContain(`system:serviceaccount:${home}:tenant`)
  expect(await target.cluster.get({ ...configMaps, namespace: other, name: 'elsewhere' })).toBeUndefined()
})

test('templates see what the account may see', async () => {
  await helmRelease('spy', { serviceAccountName: 'tenant', values: { spy: other } })
  const refused = await until(kind, 'spy', isFailed)
  expect(readyOf(refused)?.message).toContain('lookup of v1 Secret')
  expect(JSON.stringify(refused)).not.toContain(btoa('hunter2'))
  expect(await target.cluster.get({ ...configMaps, name: 'spy' })).toBeUndefined()
})

test('a kubeconfig leads to another cluster, and when it is gone the release is left to it', async () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'remote', namespace: home } }
  await target.cluster.apply({ ...secret, stringData: { value: readFileSync(target.kubeconfigPath, 'utf8') } }, manager)
  const kubeConfig = { secretRef: { name: 'remote' } }
  await helmRelease('remote', { kubeConfig, driftDetection: { mode: 'enabled' } })
  await until(kind, 'remote', isReady)
  await target.cluster.delete({ ...configMaps, name: 'remote' })
  await until(configMaps, 'remote', (object) => object !== undefined)
  await target.cluster.delete({ group: '', version: 'v1', kind: 'Secret', namespace: home, name: 'remote' })
  await target.cluster.delete({ ...kind, name: 'remote' })
  await until(kind, 'remote', (object) => object === undefined)
  expect(await target.cluster.get({ ...configMaps, name: 'remote' })).toBeDefined()
})

/** A second cluster, where the account of a tenant may edit one namespace. */
async function withRemote(work: (remote: ApiServer, cluster: Cluster) => Promise<void>): Promise<void> {
  const remote = await createApiServer({ ...realPorts, listen: true, port: 0, profile: 'fast' })
  const cluster = createCluster(await loadCluster({ kubeconfigText: remote.kubeconfig() }), realPorts)
  try {
    for (const name of [home, other]) {
      await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, manager)
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'secret', namespace: name } }
      await cluster.apply({ ...secret, stringData: { key: 'over there' } }, manager)
    }
    await createTenant(cluster, home)
    await work(remote, cluster)
  } finally {
    await cluster.close()
    await remote.close()
  }
}

const records = (name: string) => ({ group: '', version: 'v1', kind: 'Secret', namespace: home, name })

test('records, objects and lookups are of the other cluster, and of the account there', () =>
  withRemote(async (remote, there) => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'far', namespace: home } }
    await target.cluster.apply({ ...secret, stringData: { value: remote.kubeconfig() } }, manager)
    const far = { kubeConfig: { secretRef: { name: 'far' } }, serviceAccountName: 'tenant' }
    await helmRelease('far', { ...far, values: { spy: home } })
    await until(kind, 'far', isReady)
    expect(seenBy(await there.get({ ...configMaps, name: 'far' }))).toBe(btoa('over there'))
    expect(await there.get(records('sh.helm.release.v1.far.v1'))).toBeDefined()
    for (const place of [{ ...configMaps, name: 'far' }, records('sh.helm.release.v1.far.v1')]) {
      expect(await target.cluster.get(place)).toBeUndefined()
    }
    await helmRelease('far-spy', { ...far, values: { spy: other } })
    const refused = await until(kind, 'far-spy', isFailed)
    expect(readyOf(refused)?.message).toContain('lookup of v1 Secret')
    await helmRelease('far-elsewhere', { ...far, storageNamespace: other })
    await until(kind, 'far-elsewhere', (object) => {
      const { reason, message } = readyOf(object) ?? {}
      return reason === 'StateError' && message?.includes(`system:serviceaccount:${home}:tenant`) === true
    })
    await helmRelease('far', { ...far, values: { spy: home, again: true } })
    await until(kind, 'far', (object) => isReady(object) && versionOf(object) === 2)
    for (const name of ['far', 'far-spy', 'far-elsewhere']) {
      await target.cluster.delete({ ...kind, name })
      await until(kind, name, (object) => object === undefined)
    }
    expect(await there.get({ ...configMaps, name: 'far' })).toBeUndefined()
    expect(await there.get(records('sh.helm.release.v1.far.v2'))).toBeUndefined()
  }))

function versionOf(object: KubeObject | undefined): number | undefined {
  const status = object?.['status'] as { readonly history?: readonly { readonly version: number }[] } | undefined
  return status?.history?.[0]?.version
}
