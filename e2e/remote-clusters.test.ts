/** Deliveries to a cluster of its own, by kubeconfig and by description. */
import { createApiServer, type ApiServer } from '@kedge/apiserver'
import { createCluster, loadCluster, type Cluster } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { testCluster, type TestCluster } from '../test/cluster/target.ts'
import { realPorts } from '../test/cluster/real-ports.ts'
import { startGitServer, type GitServer } from '../test/git-server/git-server.ts'
import type { TestRepository } from '../test/git-server/test-repository.ts'
import { configMap } from './flow/content.ts'
import { startEngine, type Engine } from './flow/engine.ts'
import { createSource, manager } from './flow/tenant.ts'
import { untilObject } from './flow/until-object.ts'

const home = `fleet-${Date.now().toString(36)}`
const there = 'from-the-fleet'
const slow = 60_000

type User = Parameters<ApiServer['local']>[0]

/** Trusts the accounts of one namespace of another cluster, as a server with that cluster as its OIDC issuer does. */
class TrustedTokens extends Map<string, NonNullable<User>> {
  audience = ''
  readonly seen: string[] = []

  override get(token: string): NonNullable<User> | undefined {
    const [, payload = ''] = token.split('.')
    const claims = readClaims(payload)
    if (claims?.sub !== `system:serviceaccount:${home}:fleet` || !claims.aud?.includes(this.audience)) return undefined
    this.seen.push(claims.sub)
    return { name: claims.sub, groups: ['system:masters', 'system:authenticated'], extra: {} }
  }
}

function readClaims(payload: string): { readonly sub?: string; readonly aud?: readonly string[] } | undefined {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub?: string; aud?: readonly string[] }
  } catch {
    return undefined
  }
}

let target: TestCluster
let remote: ApiServer
let remoteCluster: Cluster
let git: GitServer
let repository: TestRepository
let engine: Engine
const tokens = new TrustedTokens()

beforeAll(async () => {
  target = await testCluster()
  remote = await createApiServer({ ...realPorts, listen: true, port: 0, profile: 'fast', tokens })
  tokens.audience = remote.url
  remoteCluster = createCluster(await loadCluster({ kubeconfigText: remote.kubeconfig() }), realPorts)
  git = await startGitServer()
  repository = git.createRepository()
  engine = await startEngine(target)
  target.cluster.discovery.invalidate()
  await target.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } }, manager)
  for (const name of [there, home]) {
    await remoteCluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, manager)
  }
  // The same name on both sides: what is one cluster's must not be taken for the other's.
  await target.cluster.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: there, labels: { 'kedge-e2e': home } } },
    manager,
  )
  for (const [cluster, where] of [
    [target.cluster, 'home'],
    [remoteCluster, 'there'],
  ] as const) {
    const metadata = { name: 'twin', namespace: there }
    await cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { where } }, manager)
  }
  repository.commit({
    'secret/a.yaml': configMap(there, 'by-secret', 'x'),
    'described/a.yaml': configMap(there, 'described', 'x'),
    'cloud/a.yaml': configMap(there, 'cloud', 'x'),
  })
  await createSource(target.cluster, home, git.urlOf(repository))
}, slow)

afterAll(async () => {
  const kind = { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', namespace: home }
  for (const { metadata } of (await target.cluster.list(kind, { namespace: home })).items) {
    await target.cluster.delete({ ...kind, name: metadata.name ?? '' })
  }
  await engine.agent.idle()
  await engine[Symbol.asyncDispose]()
  for (const name of [home, there]) await target.cluster.delete({ group: '', kind: 'Namespace', name })
  await remoteCluster.close()
  await remote.close()
  await git.close()
  await target.close()
}, slow)

async function kustomization(name: string, kubeConfig: object): Promise<void> {
  const spec = {
    interval: '10m',
    prune: true,
    path: `./${name}`,
    sourceRef: { kind: 'GitRepository', name: 'repo' },
    kubeConfig,
  }
  const metadata = { name, namespace: home }
  await target.cluster.apply(
    { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata, spec },
    manager,
  )
}

interface Seen {
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** Resolves with the Ready condition as soon as it is as wanted. */
async function ready(name: string, isWanted: (seen: Seen) => boolean): Promise<Seen> {
  const kind = { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization' }
  const object = await untilObject(target.cluster, { ...kind, namespace: home, name }, (live) => {
    const seen = readyOf(live)
    return seen !== undefined && isWanted(seen)
  })
  return readyOf(object)!
}

function readyOf(object: KubeObject | undefined): Seen | undefined {
  const status = object?.['status'] as { conditions?: readonly (Seen & { type: string })[] } | undefined
  return status?.conditions?.find(({ type }) => type === 'Ready')
}

const theConfigMap = (name: string) => ({ group: '', kind: 'ConfigMap', namespace: there, name })
const isReady = (seen: Seen): boolean => seen.status === 'True'

/** What is delivered is over there alone, put back over there, and pruned over there. */
async function expectOnlyThere(name: string): Promise<void> {
  const first = await remoteCluster.get(theConfigMap(name))
  expect(first).toMatchObject({ data: expect.anything() })
  expect(await target.cluster.get(theConfigMap(name))).toBeUndefined()
  await remoteCluster.delete(theConfigMap(name))
  await untilObject(
    remoteCluster,
    theConfigMap(name),
    (object) => object !== undefined && object.metadata.uid !== first?.metadata.uid,
  )
  const twins = await Promise.all([target.cluster, remoteCluster].map((one) => one.get(theConfigMap('twin'))))
  expect(twins.map((one) => one?.['data'])).toEqual([{ where: 'home' }, { where: 'there' }])
}

test(
  'a kubeconfig in a Secret leads to another cluster, where drift is corrected and nothing is left behind',
  async () => {
    const metadata = { name: 'remote', namespace: home }
    const stringData = { value: remote.kubeconfig() }
    await target.cluster.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData }, manager)
    await kustomization('secret', { secretRef: { name: 'remote' } })
    await ready('secret', isReady)
    await expectOnlyThere('by-secret')
    const kind = { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', namespace: home, name: 'secret' }
    await target.cluster.delete(kind)
    await untilObject(target.cluster, kind, (object) => object === undefined)
    expect(await remoteCluster.get(theConfigMap('by-secret'))).toBeUndefined()
  },
  slow,
)

async function description(name: string, data: Readonly<Record<string, string>>): Promise<void> {
  const metadata = { name, namespace: home }
  await target.cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, manager)
}

test(
  'a ConfigMap describes another cluster, which trusts the tokens of an account of this one',
  async () => {
    const generic = { provider: 'generic', address: remote.url, 'ca.crt': remote.caPem, serviceAccountName: 'fleet' }
    await description('generic', generic)
    await kustomization('described', { configMapRef: { name: 'generic' } })
    const missing = await ready('described', (seen) => seen.reason === 'ReconciliationFailed')
    expect(missing.message).toContain(`ServiceAccount '${home}/fleet' not found`)
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'fleet', namespace: home } }
    await target.cluster.apply(account, manager)
    await description('generic', { ...generic, audiences: `${remote.url}\nhttps://another` })
    await kustomization('described', { configMapRef: { name: 'generic' } })
    await target.cluster.patch(
      { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', namespace: home, name: 'described' },
      { type: 'merge', body: { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } } } },
    )
    await ready('described', isReady)
    await expectOnlyThere('described')
    expect(tokens.seen.length).toBeGreaterThan(0)
  },
  slow,
)

test.each([
  ['azure', /the provider azure is not supported by this version of Kedge/],
  ['other', /the provider "other" is not known/],
])(
  'a description of the provider %s fails in so many words',
  async (provider, words) => {
    await description(provider, { provider, cluster: '/subscriptions/x' })
    await kustomization('cloud', { configMapRef: { name: provider } })
    const failed = await ready('cloud', (seen) => seen.reason === 'ReconciliationFailed' && words.test(seen.message))
    expect(failed.message).toContain('failed to build kube client')
  },
  slow,
)
