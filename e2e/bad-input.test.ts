/** Everything that can be wrong with what a user gives: a clear message, the right condition, and nothing lost. */
import type { KubeObject } from '@kedge/manifest'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startGitServer, type GitServer } from '../test/git-server/git-server.ts'
import { testCluster, type TestCluster } from '../test/cluster/target.ts'
import { configMap } from './flow/content.ts'
import { startEngine, type Engine } from './flow/engine.ts'

const home = `bad-${Date.now().toString(36)}`
const manager = { fieldManager: 'kedge-e2e', force: true }
const slow = 120_000

let target: TestCluster
let open: GitServer
let locked: GitServer
let engine: Engine

beforeAll(async () => {
  target = await testCluster()
  open = await startGitServer()
  locked = await startGitServer({ auth: { kind: 'basic', username: 'ada', password: 'right' } })
  engine = await startEngine(target)
  target.cluster.discovery.invalidate()
  await target.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } }, manager)
}, slow)

afterAll(async () => {
  for (const kind of ['Kustomization.kustomize', 'GitRepository.source']) {
    const [name = '', group = ''] = kind.split('.')
    const all = await target.cluster.list({ group: `${group}.toolkit.fluxcd.io`, kind: name }, { namespace: home })
    for (const { metadata } of all.items) {
      await target.cluster.delete({
        group: `${group}.toolkit.fluxcd.io`,
        kind: name,
        namespace: home,
        name: metadata.name ?? '',
      })
    }
  }
  await engine.agent.idle()
  await engine[Symbol.asyncDispose]()
  await target.cluster.delete({ group: '', kind: 'Namespace', name: home })
  await open.close()
  await locked.close()
  await target.close()
}, slow)

async function gitRepository(name: string, url: string, spec: object = {}): Promise<void> {
  const object = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name, namespace: home },
    spec: { url, interval: '10m', ref: { branch: 'main' }, ...spec },
  }
  await target.cluster.apply(object, manager)
}

async function kustomization(name: string, spec: object = {}): Promise<void> {
  const sourceRef = { kind: 'GitRepository', name }
  const object = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: home },
    spec: { interval: '10m', prune: true, path: './app', sourceRef, ...spec },
  }
  await target.cluster.apply(object, manager)
}

interface Seen {
  readonly reason: string
  readonly message: string
  readonly status: string
}

/** Resolves with the Ready condition as soon as it is one that the test waits for. */
async function ready(
  kind: 'GitRepository' | 'Kustomization',
  name: string,
  isWanted: (seen: Seen) => boolean,
): Promise<Seen> {
  const group = kind === 'GitRepository' ? 'source.toolkit.fluxcd.io' : 'kustomize.toolkit.fluxcd.io'
  const cache = target.cluster.cache({ group, kind }, { namespace: home, fieldSelector: `metadata.name=${name}` })
  await cache.synced
  const seen = await new Promise<Seen>((resolve) => {
    const look = (): void => {
      const found = conditionOf(cache.get(home, name))
      if (found !== undefined && isWanted(found)) resolve(found)
    }
    cache.onEvent(look)
    look()
  })
  cache.close()
  return seen
}

function conditionOf(object: KubeObject | undefined): Seen | undefined {
  const status: { readonly conditions?: readonly (Seen & { readonly type: string })[] } = object?.['status'] ?? {}
  return status.conditions?.find((one) => one.type === 'Ready')
}

const isFailed = (seen: Seen): boolean => seen.status === 'False'

test(
  'a repository that does not exist, is empty, has no such branch, or has a bad address',
  async () => {
    await gitRepository('none', `${open.origin}/none.git`)
    expect(await ready('GitRepository', 'none', isFailed)).toMatchObject({
      reason: 'GitOperationFailed',
      message: expect.stringMatching(/not found|does not exist/),
    })
    open.createRepository('empty.git')
    await gitRepository('empty', `${open.origin}/empty.git`)
    expect(await ready('GitRepository', 'empty', isFailed)).toMatchObject({ reason: 'EmptyGitRepository' })
    const repository = open.createRepository('branch.git')
    repository.commit({ a: 'b' })
    await gitRepository('branch', open.urlOf(repository), { ref: { branch: 'nowhere' } })
    const branch = await ready('GitRepository', 'branch', isFailed)
    expect(branch.message).toContain('nowhere')
    expect(branch.message).toContain('main')
    await gitRepository('address', 'http://user:hunter2@127.0.0.1/x.git')
    const address = await ready('GitRepository', 'address', isFailed)
    expect(address.reason).toBe('URLInvalid')
    expect(address.message).not.toContain('hunter2')
  },
  slow,
)

test(
  'credentials that are missing or wrong, until they are right',
  async () => {
    const repository = locked.createRepository('locked.git')
    repository.commit({ 'app/a.yaml': configMap(home, 'from-locked', 'x') })
    await gitRepository('locked', locked.urlOf(repository), { secretRef: { name: 'locked' } })
    await kustomization('locked')
    expect(await ready('GitRepository', 'locked', isFailed)).toMatchObject({
      reason: 'AuthenticationFailed',
      message: expect.stringContaining(`secrets "locked" not found`),
    })
    const secret = (password: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'locked', namespace: home },
      stringData: { username: 'ada', password },
    })
    await target.cluster.apply(secret('wrong-canary'), manager)
    await target.cluster.patch(
      { group: 'source.toolkit.fluxcd.io', kind: 'GitRepository', namespace: home, name: 'locked' },
      { type: 'merge', body: { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': '1' } } } },
    )
    const wrong = await ready(
      'GitRepository',
      'locked',
      (seen) => isFailed(seen) && !seen.message.includes('not found'),
    )
    expect(wrong.reason).toBe('AuthenticationFailed')
    expect(JSON.stringify([wrong, engine.log])).not.toContain('wrong-canary')
    await target.cluster.apply(secret('right'), manager)
    engine.agent.notifySource(home, 'locked')
    await ready('Kustomization', 'locked', (seen) => seen.status === 'True')
  },
  slow,
)

test(
  'a Kustomization without its source, its path, its account, or its variables',
  async () => {
    const repository = open.createRepository('parts.git')
    repository.commit({ 'app/a.yaml': configMap(home, 'parts', '"${missing}"') })
    await gitRepository('parts', open.urlOf(repository))
    await kustomization('lonely', { sourceRef: { kind: 'GitRepository', name: 'nobody' } })
    expect(await ready('Kustomization', 'lonely', isFailed)).toMatchObject({
      reason: 'ArtifactFailed',
      message: expect.stringContaining(`Source 'GitRepository/${home}/nobody' not found`),
    })
    await kustomization('pathless', { sourceRef: { kind: 'GitRepository', name: 'parts' }, path: './elsewhere' })
    expect(await ready('Kustomization', 'pathless', (seen) => seen.message.includes('path'))).toMatchObject({
      reason: 'ArtifactFailed',
      message: expect.stringContaining('kustomization path not found: elsewhere'),
    })
    await kustomization('faceless', {
      sourceRef: { kind: 'GitRepository', name: 'parts' },
      serviceAccountName: 'ghost',
    })
    expect(await ready('Kustomization', 'faceless', (seen) => seen.message.includes('ghost'))).toMatchObject({
      reason: 'ReconciliationFailed',
    })
    await kustomization('unfilled', {
      sourceRef: { kind: 'GitRepository', name: 'parts' },
      postBuild: { substitute: { other: 'x' } },
    })
    expect(await ready('Kustomization', 'unfilled', (seen) => seen.reason === 'BuildFailed')).toMatchObject({
      message: expect.stringContaining('variable not set (strict mode): "missing"'),
    })
    await kustomization('unvalued', {
      sourceRef: { kind: 'GitRepository', name: 'parts' },
      postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'nowhere' }] },
    })
    expect(await ready('Kustomization', 'unvalued', (seen) => seen.reason === 'BuildFailed')).toMatchObject({
      message: expect.stringContaining(`substitute from 'ConfigMap/nowhere' error`),
    })
  },
  slow,
)

test(
  'objects of an unknown kind, without a namespace, there twice, refused by the server or too large, beside good ones',
  async () => {
    const repository = open.createRepository('objects.git')
    const good = configMap(home, 'good', 'x')
    repository.commit({
      'unknown/bad.yaml': 'apiVersion: nowhere.example.com/v1\nkind: Thing\nmetadata: {name: t}\n',
      'unknown/good.yaml': good.replace('name: good', 'name: good-unknown'),
      'homeless/bad.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: homeless}\n',
      'homeless/good.yaml': good.replace('name: good', 'name: good-homeless'),
      'invalid/bad.yaml': `apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: ${home}}\nspec: {ports: [{port: 99999}]}\n`,
      'invalid/good.yaml': good.replace('name: good', 'name: good-invalid'),
      'large/bad.yaml': configMap(home, 'large', 'x'.repeat(1_200_000)),
      'large/good.yaml': good.replace('name: good', 'name: good-large'),
      'twice/one.yaml': good.replace('name: good', 'name: twice'),
      'twice/two.yaml': good.replace('name: good', 'name: twice'),
    })
    await gitRepository('objects', open.urlOf(repository))
    const sourceRef = { kind: 'GitRepository', name: 'objects' }
    const cases = [
      ['unknown', 'ReconciliationFailed', /Thing.*nowhere\.example\.com.*unknown\/bad\.yaml/s, true],
      ['homeless', 'ReconciliationFailed', /ConfigMap\/homeless.*namespace not specified.*homeless\/bad\.yaml/s, true],
      ['invalid', 'ReconciliationFailed', /Service\/.*\/s.*99999/s, true],
      ['large', 'ReconciliationFailed', /ConfigMap\/.*\/large.*(too l(ong|arge)|limit)/is, true],
      ['twice', 'BuildFailed', /twice/, false],
    ] as const
    for (const [name, reason, message, keepsGood] of cases) {
      await kustomization(name, { sourceRef, path: `./${name}` })
      const seen = await ready('Kustomization', name, (one) => isFailed(one) && one.reason !== 'ArtifactFailed')
      expect({ name, ...seen }).toMatchObject({ name, reason, message: expect.stringMatching(message) })
      if (!keepsGood) continue
      const kept = await target.cluster.get({ group: '', kind: 'ConfigMap', namespace: home, name: `good-${name}` })
      expect(kept?.metadata.name).toBe(`good-${name}`)
    }
  },
  slow,
)

test(
  'a missing definition is waited for, and what was refused is applied once it is there',
  async () => {
    const group = `${home}.example.com`
    const repository = open.createRepository('crd.git')
    repository.commit({
      'app/thing.yaml': `apiVersion: ${group}/v1\nkind: Gadget\nmetadata: {name: g, namespace: ${home}}\n`,
    })
    await gitRepository('crd', open.urlOf(repository))
    await kustomization('crd')
    await ready('Kustomization', 'crd', (seen) => isFailed(seen) && seen.reason === 'ReconciliationFailed')
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `gadgets.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Gadget', plural: 'gadgets', singular: 'gadget', listKind: 'GadgetList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    }
    await target.cluster.apply(definition, manager)
    await ready('Kustomization', 'crd', (seen) => seen.status === 'True')
    const ks = { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', namespace: home, name: 'crd' }
    await target.cluster.delete(ks)
    await engine.agent.idle()
    await target.cluster.delete({
      group: 'apiextensions.k8s.io',
      kind: 'CustomResourceDefinition',
      name: `gadgets.${group}`,
    })
  },
  slow,
)

test(
  'a spec that cannot be read stops its own object and no other',
  async () => {
    const repository = open.createRepository('fine.git')
    repository.commit({ 'app/a.yaml': configMap(home, 'fine', 'x') })
    await gitRepository('fine', open.urlOf(repository))
    // The API server refuses it already; a definition of an older Flux may not.
    await expect(
      kustomization('odd', { sourceRef: { kind: 'GitRepository', name: 'fine' }, interval: '1 day' }),
    ).rejects.toThrow(/spec\.interval/)
    await kustomization('fine')
    await ready('Kustomization', 'fine', (seen) => seen.status === 'True')
  },
  slow,
)
