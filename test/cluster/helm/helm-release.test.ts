/** HelmReleases and the real helm on one cluster: each reads what the other made of a release, and goes on from there. */
import type { KubeObject } from '@kedge/manifest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startEngine, type Engine } from '../../../e2e/flow/engine.ts'
import { createSource, manager } from '../../../e2e/flow/tenant.ts'
import { untilObject } from '../../../e2e/flow/until-object.ts'
import { webChart } from '../../../e2e/releases/release-runner.ts'
import { startGitServer, type GitServer } from '../../git-server/git-server.ts'
import type { TestRepository } from '../../git-server/test-repository.ts'
import type { TestCluster } from '../target.ts'
import { helmHistory, helmOutput, helmPair, type HelmPair } from './helm-pair.ts'
import { servers } from './servers.ts'

const slow = 120_000
/** The fields belong to the HelmRelease's manager, and helm is refused unless it says that it takes them. */
const taking = ['--force-conflicts', '--wait']

interface Status {
  readonly observedGeneration?: number
  readonly lastHandledReconcileAt?: string
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[]
}

/** A chart of this version, as files of a repository or of a folder. */
function chartFiles(version: string): Readonly<Record<string, string>> {
  return { ...webChart, 'web/Chart.yaml': `apiVersion: v2\nname: web\nversion: ${version}\nappVersion: "1"\n` }
}

describe.each(servers)('on %s', (_server, open) => {
  const home = `helm-hr-${Date.now().toString(36)}`
  let target: TestCluster
  let git: GitServer
  let repository: TestRepository
  let engine: Engine
  let pair: HelmPair
  let asked = 0

  beforeAll(async () => {
    target = await open()
    git = await startGitServer()
    repository = git.createRepository()
    repository.commit(chartFiles('1.0.0'))
    engine = await startEngine(target)
    pair = helmPair(target.kubeconfigPath)
    pair.write(chartFiles('1.0.0'))
    target.cluster.discovery.invalidate()
    await target.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } }, manager)
    await createSource(target.cluster, home, git.urlOf(repository))
  }, slow)

  afterAll(async () => {
    await engine[Symbol.asyncDispose]()
    await target.cluster.delete({ group: '', kind: 'Namespace', name: home })
    await git.close()
    pair.close()
    await target.close()
  }, slow)

  const refOf = (name: string) => ({
    group: 'helm.toolkit.fluxcd.io',
    version: 'v2',
    kind: 'HelmRelease',
    namespace: home,
    name,
  })

  /** Applies a HelmRelease, asks for it to be looked at, and resolves to the reason of its state when it was. */
  async function reconcile(name: string, changes: object): Promise<string | undefined> {
    asked += 1
    const requestedAt = String(asked)
    const chart = { spec: { chart: './web', sourceRef: { kind: 'GitRepository', name: 'repo' }, interval: '10m' } }
    const { metadata } = (
      await target.cluster.apply(
        {
          apiVersion: 'helm.toolkit.fluxcd.io/v2',
          kind: 'HelmRelease',
          metadata: { name, namespace: home, annotations: { 'reconcile.fluxcd.io/requestedAt': requestedAt } },
          spec: { interval: '10m', timeout: '1m', suspend: false, chart, ...changes },
        },
        manager,
      )
    ).object
    const settled = await untilObject(target.cluster, refOf(name), (object) => {
      const status = statusOf(object)
      const isPresent =
        status.observedGeneration === metadata.generation && status.lastHandledReconcileAt === requestedAt
      return isPresent && status.conditions?.find(({ type }) => type === 'Ready')?.status !== 'Unknown'
    })
    return statusOf(settled).conditions?.find(({ type }) => type === 'Ready')?.reason
  }

  /** Reconciles until the object has a color: a look that comes before the news of helm's records finds nothing to do. */
  async function reconcileTo(color: string, name: string): Promise<string | undefined> {
    for (;;) {
      const reason = await reconcile(name, { values: { color } })
      if ((await colorOf(name)) === color) return reason
    }
  }

  async function suspend(name: string): Promise<void> {
    await target.cluster.patch(refOf(name), { type: 'merge', body: { spec: { suspend: true } } }, manager)
  }

  /** Deletes a HelmRelease, which ends the release. */
  async function remove(name: string): Promise<void> {
    await target.cluster.delete(refOf(name))
    await untilObject(target.cluster, refOf(name), (object) => object === undefined)
    expect((await pair.helm('history', name, '-n', home)).err).toContain('release: not found')
  }

  function statusOf(object: KubeObject | undefined): Status {
    return object?.['status'] ?? {}
  }

  function helm(...words: readonly string[]): Promise<string> {
    return helmOutput(pair, [...words, '-n', home])
  }

  async function historyOf(name: string): Promise<readonly string[]> {
    const lines = await helmHistory(pair, { name, namespace: home })
    return lines.map(({ revision, status, chart, description }) => `v${revision} ${status} ${chart}: ${description}`)
  }

  async function colorOf(name: string): Promise<unknown> {
    const object = await target.cluster.get({ group: '', version: 'v1', kind: 'ConfigMap', namespace: home, name })
    return (object?.['data'] as { readonly color?: string } | undefined)?.color
  }

  test.concurrent('helm reads, tests, upgrades, rolls back and uninstalls what a HelmRelease made', async () => {
    expect(await reconcile('ours', { values: { color: 'green' } })).toBe('InstallSucceeded')
    expect(await reconcile('ours', { values: { color: 'blue', extra: true } })).toBe('UpgradeSucceeded')
    expect(JSON.parse(await helm('list', '-f', 'ours', '-o', 'json'))).toEqual([
      expect.objectContaining({
        name: 'ours',
        namespace: home,
        revision: '2',
        status: 'deployed',
        chart: 'web-1.0.0',
        app_version: '1',
      }),
    ])
    expect(await historyOf('ours')).toEqual([
      'v1 superseded web-1.0.0: Install complete',
      'v2 deployed web-1.0.0: Upgrade complete',
    ])
    expect(await helm('get', 'values', 'ours', '-o', 'json')).toBe('{"color":"blue","extra":true}\n')
    expect(await helm('get', 'values', 'ours', '--all', '--revision', '1', '-o', 'json')).toBe(
      '{"color":"green","extra":false,"label":"fine"}\n',
    )
    expect(await sourcesOf('manifest')).toEqual(['config', 'extra', 'web'])
    expect(await sourcesOf('hooks')).toEqual(['bye', 'prepare', 'test'])
    expect(await helm('get', 'notes', 'ours')).toContain('Installed ours.')
    expect(JSON.parse(await helm('status', 'ours', '-o', 'json'))).toMatchObject({
      version: 2,
      info: { status: 'deployed', resources: { 'v1/ConfigMap': [{}, {}], 'v1/Deployment': [{}] } },
    })
    expect(await helm('test', 'ours')).toContain('Phase:          Succeeded')

    await suspend('ours')
    await helm('upgrade', 'ours', 'web', '--reset-values', '--set', 'color=red', ...taking)
    expect([await colorOf('ours'), await colorOf('ours-extra')]).toEqual(['red', undefined])
    await helm('rollback', 'ours', '1', ...taking)
    expect(await colorOf('ours')).toBe('green')
    expect(await reconcileTo('blue', 'ours')).toBe('UpgradeSucceeded')
    expect(await historyOf('ours')).toEqual([
      'v1 superseded web-1.0.0: Install complete',
      'v2 superseded web-1.0.0: Upgrade complete',
      'v3 superseded web-1.0.0: Upgrade complete',
      'v4 superseded web-1.0.0: Rollback to 1',
      'v5 deployed web-1.0.0: Upgrade complete',
    ])

    await helm('uninstall', 'ours', '--wait')
    expect(await colorOf('ours')).toBeUndefined()
    expect(await reconcileTo('blue', 'ours')).toBe('InstallSucceeded')
    expect(await historyOf('ours')).toEqual(['v1 deployed web-1.0.0: Install complete'])
    await remove('ours')
  })

  test.concurrent('a HelmRelease takes over, upgrades, rolls back and uninstalls what helm installed', async () => {
    await helm('install', 'theirs', 'web', '--set', 'color=red', '--wait')
    await helm('upgrade', 'theirs', 'web', '--set', 'color=orange', '--wait')
    expect(await reconcile('theirs', { values: { color: 'green' } })).toBe('UpgradeSucceeded')
    expect(await colorOf('theirs')).toBe('green')
    const upgrade = { remediation: { retries: 0, remediateLastFailure: true } }
    expect(await reconcile('theirs', { upgrade, values: { color: 'blue', label: 'not a label!' } })).toBe(
      'RollbackSucceeded',
    )
    expect(await colorOf('theirs')).toBe('green')
    const [first, second, third, failed, back] = await historyOf('theirs')
    expect([first, second, third, back]).toEqual([
      'v1 superseded web-1.0.0: Install complete',
      'v2 superseded web-1.0.0: Upgrade complete',
      'v3 superseded web-1.0.0: Upgrade complete',
      'v5 deployed web-1.0.0: Rollback to 3',
    ])
    expect(failed).toMatch(/^v4 failed web-1\.0\.0: Upgrade "theirs" failed: .*not a label!/)
    expect(await helm('get', 'values', 'theirs', '-o', 'json')).toBe('{"color":"green"}\n')

    await suspend('theirs')
    await helm('rollback', 'theirs', '1', ...taking)
    expect(await colorOf('theirs')).toBe('red')
    expect(await reconcileTo('green', 'theirs')).toBe('UpgradeSucceeded')
    await remove('theirs')
    expect(await colorOf('theirs')).toBeUndefined()
    expect(await helm('list', '-q', '-f', 'theirs')).toBe('')
  })

  /** The templates that what helm gets of the release comes from. */
  async function sourcesOf(part: 'manifest' | 'hooks'): Promise<readonly (string | undefined)[]> {
    const text = await helm('get', part, 'ours')
    return [...text.matchAll(/^# Source: web\/templates\/(.*)\.yaml$/gm)].map(([, name]) => name)
  }
})
