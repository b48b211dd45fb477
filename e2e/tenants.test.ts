/** Who applies, and where: ServiceAccounts, clusters behind a kubeconfig, and objects that opt out. */
import { readFileSync } from 'node:fs'

import type { KubeObject } from '@kedge/manifest'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startGitServer, type GitServer } from '../test/git-server/git-server.ts'
import type { TestRepository } from '../test/git-server/test-repository.ts'
import { testCluster, type TestCluster } from '../test/cluster/target.ts'
import { configMap } from './flow/content.ts'
import { startEngine, type Engine } from './flow/engine.ts'
import { createSource, createTenant, manager } from './flow/tenant.ts'
import { untilObject } from './flow/until-object.ts'

const home = `tenant-${Date.now().toString(36)}`
const other = `${home}-other`
const slow = 60_000
const ksKind = { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', namespace: home }

let target: TestCluster
let git: GitServer
let repository: TestRepository
let engine: Engine

beforeAll(async () => {
  target = await testCluster()
  git = await startGitServer()
  repository = git.createRepository()
  engine = await startEngine(target)
  const { cluster } = target
  cluster.discovery.invalidate()
  for (const name of [home, other]) {
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, manager)
  }
  repository.commit({
    'allowed/a.yaml': configMap(home, 'allowed', 'x'),
    'mixed/a.yaml': configMap(home, 'mixed', 'x'),
    'mixed/b.yaml': configMap(other, 'forbidden', 'x'),
    'remote/a.yaml': configMap(home, 'remote', 'x'),
    'opted/a.yaml': configMap(home, 'opted', 'x'),
  })
  await createSource(cluster, home, git.urlOf(repository))
}, slow)

afterAll(async () => {
  for (const { metadata } of (await target.cluster.list(ksKind, { namespace: home })).items) {
    await target.cluster.delete({ ...ksKind, name: metadata.name ?? '' })
  }
  await engine.agent.idle()
  await engine[Symbol.asyncDispose]()
  for (const name of [home, other]) await target.cluster.delete({ group: '', kind: 'Namespace', name })
  await git.close()
  await target.close()
}, slow)

async function kustomization(name: string, spec: object): Promise<void> {
  await target.cluster.apply(
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name, namespace: home },
      spec: {
        interval: '10m',
        prune: true,
        path: `./${name}`,
        sourceRef: { kind: 'GitRepository', name: 'repo' },
        ...spec,
      },
    },
    manager,
  )
}

interface Seen {
  readonly status: string
  readonly reason: string
  readonly message: string
}

async function ready(name: string, isWanted: (seen: Seen) => boolean): Promise<Seen> {
  const object = await untilObject(target.cluster, { ...ksKind, name }, (live) => {
    const seen = readyOf(live)
    return seen !== undefined && isWanted(seen)
  })
  return readyOf(object)!
}

function readyOf(object: KubeObject | undefined): Seen | undefined {
  const status: { conditions?: readonly (Seen & { readonly type: string })[] } = object?.['status'] ?? {}
  return status.conditions?.find((one) => one.type === 'Ready')
}

const isReady = (seen: Seen): boolean => seen.status === 'True'
const read = (name: string, namespace = home): Promise<KubeObject | undefined> =>
  target.cluster.get({ group: '', kind: 'ConfigMap', namespace, name })

test(
  'a Kustomization with a ServiceAccount does what that account may, and nothing more',
  async () => {
    await createTenant(target.cluster, home)
    await kustomization('allowed', { serviceAccountName: 'tenant' })
    await ready('allowed', isReady)
    await kustomization('mixed', { serviceAccountName: 'tenant' })
    const refused = await ready('mixed', (seen) => seen.reason === 'ReconciliationFailed')
    expect(refused.message).toContain(`system:serviceaccount:${home}:tenant`)
    expect(refused.message).toContain(`ConfigMap/${other}/forbidden`)
    expect(await read('mixed')).toBeDefined()
    expect(await read('forbidden', other)).toBeUndefined()
  },
  slow,
)

test(
  'a kubeconfig in a Secret leads to another cluster, and one that runs programs leads nowhere',
  async () => {
    const secret = (name: string, value: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: home },
      stringData: { value },
    })
    await target.cluster.apply(secret('remote', readFileSync(target.kubeconfigPath, 'utf8')), manager)
    await kustomization('remote', { kubeConfig: { secretRef: { name: 'remote' } } })
    await ready('remote', isReady)
    expect(await read('remote')).toBeDefined()
    await target.cluster.delete({ group: '', kind: 'ConfigMap', namespace: home, name: 'remote' })
    const remote = { group: '', kind: 'ConfigMap', namespace: home, name: 'remote' }
    await untilObject(target.cluster, remote, (object) => object !== undefined)
    const hostile = `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: touch, args: [/tmp/owned]}}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`
    await target.cluster.apply(secret('hostile', hostile), manager)
    await kustomization('hostile', { path: './remote', kubeConfig: { secretRef: { name: 'hostile' } } })
    const refused = await ready('hostile', (seen) => seen.reason === 'ReconciliationFailed')
    expect(refused.message).toContain('failed to build kube client')
  },
  slow,
)

test(
  'an object that opts out in the cluster is neither changed nor pruned',
  async () => {
    await kustomization('opted', {})
    await ready('opted', isReady)
    const annotations = { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' }
    const place = { group: '', kind: 'ConfigMap', namespace: home, name: 'opted' }
    await target.cluster.patch(place, { type: 'merge', body: { metadata: { annotations }, data: { value: 'mine' } } })
    const commit = repository.commit({
      'opted/a.yaml': configMap(home, 'opted', 'theirs'),
      'opted/b.yaml': configMap(home, 'beside', 'x'),
    })
    engine.agent.notifySource(home, 'repo')
    await ready('opted', (seen) => isReady(seen) && seen.message.includes(commit))
    expect(await read('opted')).toMatchObject({ data: { value: 'mine' } })
    expect(await read('beside')).toBeDefined()
    const last = repository.commit({ 'opted/a.yaml': null })
    engine.agent.notifySource(home, 'repo')
    await ready('opted', (seen) => isReady(seen) && seen.message.includes(last))
    expect(await read('opted')).toMatchObject({ data: { value: 'mine' } })
  },
  slow,
)
