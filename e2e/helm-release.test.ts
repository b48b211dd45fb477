/** A HelmRelease's whole life, from a chart in a Git repository to its end, on the embedded or the real cluster. */
import type { KubeObject } from '@kedge/manifest'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startGitServer, type GitServer } from '../test/git-server/git-server.ts'
import type { TestRepository } from '../test/git-server/test-repository.ts'
import { testCluster, type TestCluster } from '../test/cluster/target.ts'
import { deathAfter, startEngine, type Engine } from './flow/engine.ts'
import { createSource, manager } from './flow/tenant.ts'
import { untilObject } from './flow/until-object.ts'
import { webChart } from './releases/release-runner.ts'

const home = `helm-release-${Date.now().toString(36)}`
const slow = 120_000
const hr = { group: 'helm.toolkit.fluxcd.io', version: 'v2', kind: 'HelmRelease', namespace: home, name: 'web' }
const chartFolder = 'charts'

let target: TestCluster
let git: GitServer
let repository: TestRepository
let engine: Engine

beforeAll(async () => {
  target = await testCluster()
  git = await startGitServer()
  repository = git.createRepository()
  repository.commit(chart('1.0.0'))
  engine = await startEngine(target)
  const { cluster } = target
  cluster.discovery.invalidate()
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } }, manager)
  await createSource(cluster, home, git.urlOf(repository))
}, slow)

afterAll(async () => {
  await engine[Symbol.asyncDispose]()
  await target.cluster.delete({ group: '', kind: 'Namespace', name: home })
  await git.close()
  await target.close()
}, slow)

function chart(version: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const files = Object.entries({ ...webChart, ...more }).map(
    ([name, text]) => [`${chartFolder}/${name}`, text] as const,
  )
  const meta = `apiVersion: v2\nname: web\nversion: ${version}\nappVersion: "1"\n`
  return { ...Object.fromEntries(files), [`${chartFolder}/web/Chart.yaml`]: meta }
}

const spec = {
  interval: '10m',
  timeout: '1m',
  chart: {
    spec: { chart: `./${chartFolder}/web`, sourceRef: { kind: 'GitRepository', name: 'repo' }, interval: '10m' },
  },
}

async function apply(changes: object = {}): Promise<void> {
  const object = {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'web', namespace: home },
  }
  await target.cluster.apply({ ...object, spec: { ...spec, ...changes } }, manager)
}

function push(files: Parameters<TestRepository['commit']>[0]): void {
  repository.commit(files)
  engine.agent.notifySource(home, 'repo')
}

interface Seen {
  readonly observedGeneration?: number
  readonly conditions?: readonly {
    readonly type: string
    readonly status: string
    readonly reason: string
    readonly message: string
  }[]
  readonly history?: readonly { readonly version: number; readonly status: string; readonly chartVersion: string }[]
}

function seen(object: KubeObject | undefined): Seen {
  return object?.['status'] ?? {}
}

function reasonOf(object: KubeObject | undefined, type: string): string | undefined {
  return seen(object).conditions?.find((one) => one.type === type)?.reason
}

function isReadyAt(chartVersion: string): (object: KubeObject | undefined) => boolean {
  return (object) => {
    const { conditions, history, observedGeneration } = seen(object)
    const isReady = conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false
    const isPresent = observedGeneration === object?.metadata.generation
    return isReady && isPresent && history?.[0]?.chartVersion === chartVersion
  }
}

const until = (
  place: typeof hr,
  isWanted: (object: KubeObject | undefined) => boolean,
): Promise<KubeObject | undefined> => untilObject(target.cluster, place, isWanted)

const settings = { group: '', version: 'v1', kind: 'ConfigMap', namespace: home, name: 'web' }

async function colorOf(): Promise<string | undefined> {
  const object = await target.cluster.get(settings)
  return (object?.['data'] as { readonly color?: string } | undefined)?.color
}

async function records(): Promise<readonly string[]> {
  const secrets = { group: '', version: 'v1', kind: 'Secret' }
  const { items } = await target.cluster.list(secrets, { namespace: home, labelSelector: 'owner=helm' })
  return items
    .map(
      ({ metadata }) =>
        `${metadata.labels?.['name'] ?? ''} v${metadata.labels?.['version'] ?? ''} ${metadata.labels?.['status'] ?? ''}`,
    )
    .toSorted()
}

test('a chart is installed, tested and upgraded', async () => {
  await apply({ test: { enable: true } })
  const installed = await until(hr, isReadyAt('1.0.0'))
  expect(reasonOf(installed, 'Released')).toBe('InstallSucceeded')
  expect(reasonOf(installed, 'Ready')).toBe('TestSucceeded')
  push(chart('1.1.0'))
  const upgraded = await until(hr, isReadyAt('1.1.0'))
  expect(reasonOf(upgraded, 'Released')).toBe('UpgradeSucceeded')
  expect(await records()).toEqual(['web v1 superseded', 'web v2 deployed'])
  expect(seen(upgraded).history?.map(({ version, status }) => `v${version} ${status}`)).toEqual([
    'v2 deployed',
    'v1 superseded',
  ])
})

test('a failed upgrade is rolled back, and the release goes on with the next good chart', async () => {
  const retries = { upgrade: { remediation: { retries: 0, remediateLastFailure: true } } }
  await apply({ ...retries, values: { color: 'green' } })
  await until(hr, (object) => isReadyAt('1.1.0')(object) && seen(object).history?.[0]?.version === 3)
  await apply({ ...retries, values: { color: 'red', label: 'not a label!' } })
  const failed = await until(hr, (object) => reasonOf(object, 'Stalled') !== undefined)
  expect(reasonOf(failed, 'Ready')).toBe('RollbackSucceeded')
  expect(await colorOf()).toBe('green')
  push(chart('1.2.0'))
  await apply({ ...retries, values: { color: 'yellow' } })
  await until(hr, isReadyAt('1.2.0'))
  expect(await colorOf()).toBe('yellow')
})

test('a test that fails makes the release fail', async () => {
  const broken = {
    'web/templates/test.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Not_A_Name, annotations: {helm.sh/hook: test}}\n',
  }
  push(chart('1.3.0', broken))
  await apply({ test: { enable: true } })
  const failed = await until(
    hr,
    (object) => reasonOf(object, 'TestSuccess') === 'TestFailed' && seen(object).history?.[0]?.chartVersion === '1.3.0',
  )
  expect(reasonOf(failed, 'Ready')).toBe('TestFailed')
  push(chart('1.4.0'))
  await until(hr, isReadyAt('1.4.0'))
})

test('drift is put back as soon as it is seen', async () => {
  await apply({ driftDetection: { mode: 'enabled' } })
  await until(hr, (object) => isReadyAt('1.4.0')(object) && reasonOf(object, 'Drifted') === 'NoDriftDetected')
  await target.cluster.patch(settings, { type: 'merge', body: { data: { color: 'drifted' } } }, manager)
  await until(settings, (object) => (object?.['data'] as { readonly color?: string } | undefined)?.color === 'blue')
})

test('a record that somebody deletes is missed at once, and the release brought anew', async () => {
  const { version = 0 } = seen(await target.cluster.get(hr)).history?.[0] ?? {}
  const place = { group: '', version: 'v1', kind: 'Secret', namespace: home }
  const secret = { ...place, name: `sh.helm.release.v1.web.v${String(version)}` }
  const before = await target.cluster.get(secret)
  await target.cluster.delete(secret)
  // The interval is 10 minutes.
  await until(secret, (object) => {
    const isNew = object !== undefined && object.metadata.uid !== before?.metadata.uid
    return isNew && object.metadata.labels?.['status'] === 'deployed'
  })
})

test('an upgrade that was cut off is unlocked and ended by the next process', async () => {
  await engine[Symbol.asyncDispose]()
  const death = deathAfter(1)
  const dying = await startEngine(target, death.watcher)
  engine = dying
  push(chart('1.5.0'))
  await death.happened
  await dying[Symbol.asyncDispose]()
  engine = await startEngine(target)
  await until(hr, isReadyAt('1.5.0'))
  const states = await records()
  expect(states.filter((one) => one.endsWith(' deployed'))).toHaveLength(1)
  expect(states.some((one) => one.includes('pending'))).toBe(false)
})

test('a release that is there already is taken over, and one that moves leaves nothing behind', async () => {
  await apply({ suspend: true })
  await target.cluster.delete(hr)
  await until(hr, (object) => object === undefined)
  await apply()
  const adopted = await until(hr, isReadyAt('1.5.0'))
  expect(reasonOf(adopted, 'Ready')).toBe('UpgradeSucceeded')
  await apply({ releaseName: 'moved' })
  await until(hr, (object) => isReadyAt('1.5.0')(object) && seen(object).history?.[0]?.version === 1)
  expect(await target.cluster.get(settings)).toBeUndefined()
  expect(await records()).toEqual(['moved v1 deployed'])
})

test('a deleted HelmRelease is uninstalled', async () => {
  await target.cluster.delete(hr)
  await until(hr, (object) => object === undefined)
  expect(await records()).toEqual([])
  const chartRef = {
    group: 'source.toolkit.fluxcd.io',
    version: 'v1',
    kind: 'HelmChart',
    namespace: home,
    name: `${home}-web`,
  }
  expect(await target.cluster.get(chartRef)).toBeUndefined()
})
