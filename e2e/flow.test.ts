/** From push to cluster and back: a repository served by the real `git http-backend`, on the embedded or the real cluster. */
import type { Standing } from '@kedge/agent'
import type { KubeObject } from '@kedge/manifest'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startGitServer, type GitServer } from '../test/git-server/git-server.ts'
import type { TestRepository } from '../test/git-server/test-repository.ts'
import { testCluster, type TestCluster } from '../test/cluster/target.ts'
import { configMap, files, kustomization, namesOf, overlay } from './flow/content.ts'
import { deathAfter, startEngine, type Engine } from './flow/engine.ts'
import { untilObject } from './flow/until-object.ts'

const run = Date.now().toString(36)
const names = namesOf(run)
const manager = { fieldManager: 'kedge-e2e', force: true }
const slow = 120_000

let target: TestCluster
let git: GitServer
let repository: TestRepository
let engine: Engine

beforeAll(async () => {
  target = await testCluster()
  git = await startGitServer()
  repository = git.createRepository()
  repository.commit(files(names), { message: 'first' })
  engine = await startEngine(target)
  const { cluster } = target
  cluster.discovery.invalidate()
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: names.home } }, manager)
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'repo', namespace: names.home },
    spec: { url: git.urlOf(repository), ref: { branch: 'main' }, interval: '10m' },
  }
  await cluster.apply(source, manager)
  await cluster.apply(root(), manager)
}, slow)

afterAll(async () => {
  await engine[Symbol.asyncDispose]()
  await git.close()
  await target.close()
}, slow)

function root(): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'cluster', namespace: names.home },
    spec: {
      interval: '10m',
      timeout: '2m',
      prune: true,
      path: './clusters/demo',
      sourceRef: { kind: 'GitRepository', name: 'repo' },
    },
  }
}

interface Place {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

function place(kind: string, namespace: string, name: string, group = ''): Place {
  return { group, kind, namespace, name }
}

const standingsHere = (): readonly Standing[] =>
  engine.agent.summary().filter(({ namespace }) => namespace === names.home)

/** Resolves when the engine's objects of this run are as wanted; the test's own time limit ends the wait. */
function when(isTrue: (standings: readonly Standing[]) => boolean): Promise<readonly Standing[]> {
  return new Promise((resolve) => {
    const stop = engine.agent.onChange(look)
    function look(): void {
      if (!isTrue(standingsHere())) return
      stop()
      resolve(standingsHere())
    }
    look()
  })
}

function allReadyAt(commit: string): Promise<readonly Standing[]> {
  const revision = `main@sha1:${commit}`
  return when((all) => all.length === 9 && all.every((one) => one.state === 'ready' && one.revision === revision))
}

/** Pushes and tells the engine, as a webhook does. */
function push(
  changes: Parameters<TestRepository['commit']>[0],
  options: Parameters<TestRepository['commit']>[1] = {},
): string {
  const commit = repository.commit(changes, options)
  engine.agent.notifySource(names.home, 'repo')
  return commit
}

const get = (where: Place): Promise<KubeObject | undefined> => target.cluster.get(where)

const until = (place: Place, isWanted: (object: KubeObject | undefined) => boolean): Promise<KubeObject | undefined> =>
  untilObject(target.cluster, place, isWanted)

const kustomizationPlace = (name: string): Place =>
  place('Kustomization', names.home, name, 'kustomize.toolkit.fluxcd.io')

async function inventory(name: string): Promise<readonly string[]> {
  const object = await get(kustomizationPlace(name))
  const status = object?.['status'] as { readonly inventory?: { readonly entries: readonly { readonly id: string }[] } }
  return (status.inventory?.entries ?? []).map((entry) => entry.id)
}

async function everyInventory(): Promise<readonly string[]> {
  const all = [
    'cluster',
    'definitions',
    'namespaces',
    'policies',
    'widgets',
    'tools',
    'shop-staging',
    'shop-production',
  ]
  return (await Promise.all(all.map(inventory))).flat()
}

test(
  'a folder of Kustomizations that depend on each other becomes some sixty objects',
  async () => {
    await allReadyAt(repository.head())
    expect((await everyInventory()).length).toBeGreaterThanOrEqual(55)
    const web = await get(place('Deployment', names.production, 'web', 'apps'))
    expect(web).toMatchObject({ spec: { replicas: 3 }, metadata: { labels: { 'part-of': 'shop' } } })
    const shop = (await inventory('shop-staging')).find((id) => id.includes('_shop-'))
    const generated = await get(place('ConfigMap', names.staging, shop?.split('_')[1] ?? ''))
    expect(generated).toMatchObject({ data: { greeting: 'hello from staging' } })
    expect(await get(place('Widget', names.tools, 'red', names.group))).toMatchObject({ spec: { size: 1 } })
  },
  slow,
)

test(
  'a pushed change is applied, a rename moves the object, a deletion removes it',
  async () => {
    const commit = push({
      'shop/production/kustomization.yaml': overlay(names.production, 4, '2.0'),
      'tools/settings.yaml': configMap(names.tools, 'preferences', 'one'),
      'tools/report.yaml': null,
    })
    await allReadyAt(commit)
    const web = await get(place('Deployment', names.production, 'web', 'apps'))
    expect(web).toMatchObject({
      spec: { replicas: 4, template: { spec: { containers: [{ image: 'registry.example.com/web:2.0' }] } } },
    })
    expect(await get(place('ConfigMap', names.tools, 'settings'))).toBeUndefined()
    expect(await get(place('ConfigMap', names.tools, 'preferences'))).toBeDefined()
    expect(await get(place('CronJob', names.tools, 'report', 'batch'))).toBeUndefined()
  },
  slow,
)

test(
  'a broken manifest is told with its file and line, harms nothing else, and its fix is taken',
  async () => {
    const before = await everyInventory()
    push({
      'tools/settings.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: y\n',
      'shop/staging/kustomization.yaml': overlay(names.staging, 2, '2.0'),
    })
    const standings = await when((all) => all.some((one) => one.name === 'tools' && one.state === 'failed'))
    const tools = standings.find((one) => one.name === 'tools')
    expect(tools).toMatchObject({ reason: 'BuildFailed' })
    expect(tools?.message).toMatch(/tools\/settings\.yaml:\d+/)
    await until(place('Deployment', names.staging, 'web', 'apps'), (web) => {
      return (web?.['spec'] as { readonly replicas?: number } | undefined)?.replicas === 2
    })
    expect((await everyInventory()).toSorted()).toEqual(before.toSorted())
    const commit = push({ 'tools/settings.yaml': configMap(names.tools, 'preferences', 'two') })
    await allReadyAt(commit)
    expect(await get(place('ConfigMap', names.tools, 'preferences'))).toMatchObject({ data: { value: 'two' } })
  },
  slow,
)

test(
  'a force-push is followed to where it leads',
  async () => {
    const commit = push({ 'tools/settings.yaml': configMap(names.tools, 'preferences', 'three') }, { force: true })
    await allReadyAt(commit)
    expect(await get(place('ConfigMap', names.tools, 'preferences'))).toMatchObject({ data: { value: 'three' } })
  },
  slow,
)

test(
  'what is deleted or edited by hand comes back at once',
  async () => {
    const service = place('Service', names.staging, 'api')
    const uid = (await get(service))?.metadata.uid
    await target.cluster.delete(service)
    await until(service, (object) => object !== undefined && object.metadata.uid !== uid)
    const settings = place('ConfigMap', names.tools, 'preferences')
    await target.cluster.patch(settings, { type: 'merge', body: { data: { value: 'edited' } } })
    await until(settings, (object) => (object?.['data'] as Record<string, string> | undefined)?.['value'] === 'three')
    await target.cluster
      .patch(
        place('Deployment', names.production, 'api', 'apps'),
        { type: 'merge', body: { spec: { template: { spec: { containers: null } } } } },
        {},
      )
      .catch(() => undefined)
    await target.cluster.delete(kustomizationPlace('widgets'))
    await until(kustomizationPlace('widgets'), (object) => {
      const conditions = (object?.['status'] as { conditions?: { type: string; status: string }[] } | undefined)
        ?.conditions
      return conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false
    })
    await until(place('Widget', names.tools, 'blue', names.group), (object) => object !== undefined)
    await allReadyAt(repository.head())
  },
  slow,
)

test(
  'an engine that dies in the middle of an apply leaves nothing behind and nothing out',
  async () => {
    for (const [round, afterWrites] of [2, 5, 9].entries()) {
      await engine[Symbol.asyncDispose]()
      const more = Object.fromEntries(
        Array.from({ length: 8 }, (_, index) => [
          `tools/extra-${round}-${index}.yaml`,
          configMap(names.tools, `extra-${round}-${index}`, 'x'),
        ]),
      )
      const gone = Object.fromEntries(
        round === 0 ? [] : Array.from({ length: 8 }, (_, index) => [`tools/extra-${round - 1}-${index}.yaml`, null]),
      )
      const commit = repository.commit({ ...more, ...gone })
      const death = deathAfter(afterWrites)
      engine = await startEngine(target, death.watcher)
      await death.happened
      await engine[Symbol.asyncDispose]()
      engine = await startEngine(target)
      await allReadyAt(commit)
      const extras = (await target.cluster.list({ group: '', kind: 'ConfigMap' }, { namespace: names.tools })).items
        .map((object) => object.metadata.name ?? '')
        .filter((name) => name.startsWith('extra-'))
      expect(extras.toSorted()).toEqual(Array.from({ length: 8 }, (_, index) => `extra-${round}-${index}`))
    }
  },
  slow * 2,
)

test(
  'when everything stands, nothing is read or written',
  async () => {
    await allReadyAt(repository.head())
    await engine.agent.idle()
    const { requests } = engine.agent.metrics()
    requests.reset()
    engine.agent.notifySource(names.home, 'repo')
    await engine.agent.idle()
    expect(requests.counts()).toEqual([])
  },
  slow,
)

test(
  'deleting the root takes everything with it',
  async () => {
    await target.cluster.delete(kustomizationPlace('cluster'))
    await when((all) => all.every((one) => one.kind === 'GitRepository'))
    await until(place('Namespace', '', names.production), (object) => object === undefined)
    expect(
      await get(place('CustomResourceDefinition', '', `widgets.${names.group}`, 'apiextensions.k8s.io')),
    ).toBeUndefined()
    await target.cluster.delete(place('Namespace', '', names.home))
    expect(kustomization(names, 'x', { path: './x' })).toContain('kind: Kustomization')
  },
  slow,
)
