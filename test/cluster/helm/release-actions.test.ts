/** The real helm and kedge's release actions on one cluster: each goes on where the other stopped. */
import {
  defaultActionOptions,
  helmOwners,
  installRelease,
  readHistory,
  rollbackRelease,
  testRelease,
  uninstallRelease,
  upgradeRelease,
  type ActionEnd,
} from '@kedge/release'
import { reusedDefaults, reusedValues, type StoredRelease } from '@kedge/helm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { releaseRunner, webChart, type ReleaseRunner } from '../../../e2e/releases/release-runner.ts'
import type { TestCluster } from '../target.ts'
import { helmHistory, helmOutput, helmPair, type HelmPair } from './helm-pair.ts'
import { servers } from './servers.ts'

describe.each(servers)('on %s', (_server, open) => {
  const namespace = `actions-${Date.now().toString(36)}`
  const options = { ...defaultActionOptions, timeoutMs: 60_000 }
  let cluster: TestCluster
  let pair: HelmPair
  const runners: ReleaseRunner[] = []

  beforeAll(async () => {
    cluster = await open()
    pair = helmPair(cluster.kubeconfigPath)
    pair.write(webChart)
    await cluster.cluster.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { fieldManager: 'test' },
    )
  })

  afterAll(async () => {
    for (const runner of runners) await runner[Symbol.asyncDispose]()
    await cluster.cluster.delete({ group: '', kind: 'Namespace', name: namespace })
    pair.close()
    await cluster.close()
  })

  function runnerOf(name: string, fieldManager: string = 'helm'): ReleaseRunner {
    const runner = releaseRunner(cluster, { name, namespace, fieldManager })
    runners.push(runner)
    return runner
  }

  function helm(...words: readonly string[]): Promise<string> {
    return helmOutput(pair, [...words, '-n', namespace])
  }

  async function historyOf(name: string): Promise<readonly string[]> {
    const lines = await helmHistory(pair, { name, namespace })
    return lines.map(({ revision, status, description }) => `v${revision} ${status}: ${description}`)
  }

  function mustSucceed(end: ActionEnd): StoredRelease {
    if (!end.ok) throw new Error(end.failure.message)
    return end.release
  }

  test.concurrent('helm lists, tests, upgrades, rolls back and uninstalls what kedge installed', async () => {
    const ours = runnerOf('ours')
    mustSucceed(await ours.run(installRelease(ours.target, await ours.render(webChart), options)))
    expect(await helm('list', '-q')).toContain('ours')
    expect(await helm('get', 'values', 'ours', '--all', '-o', 'json')).toBe(
      '{"color":"blue","extra":false,"label":"fine"}\n',
    )
    const rendered = await helm('template', 'ours', 'web', '--no-hooks')
    expect((await helm('get', 'manifest', 'ours')).trim()).toBe(rendered.trim())
    expect(await helm('get', 'all', 'ours')).toContain('HOOKS:\n---\n# Source: web/templates/bye.yaml\n')
    expect(JSON.parse(await helm('status', 'ours', '-o', 'json'))).toMatchObject({
      version: 1,
      info: { status: 'deployed', notes: 'Installed ours.\n', resources: { 'v1/ConfigMap': [{}] } },
    })
    expect(await helm('test', 'ours')).toContain('Phase:          Succeeded')
    await helm('upgrade', 'ours', 'web', '--set', 'color=green,extra=true', '--wait')
    expect((await ours.get('ConfigMap', 'ours'))?.['data']).toEqual({ color: 'green' })
    await helm('rollback', 'ours', '1', '--wait')
    expect(await ours.get('ConfigMap', 'ours-extra')).toBeUndefined()
    expect(await historyOf('ours')).toEqual([
      'v1 superseded: Install complete',
      'v2 superseded: Upgrade complete',
      'v3 deployed: Rollback to 1',
    ])
    await helm('uninstall', 'ours', '--wait')
    expect(await ours.get('ConfigMap', 'ours')).toBeUndefined()
  })

  test.concurrent('kedge tests, upgrades, rolls back and uninstalls what helm installed', async () => {
    await helm('install', 'theirs', 'web', '--wait')
    const theirs = runnerOf('theirs', 'kedge')
    const target = { ...theirs.target, takeOver: helmOwners }
    mustSucceed(await theirs.run(testRelease(target, { ...options, filters: [] })))
    const green = await theirs.render(webChart, { values: { color: 'green', extra: true }, revision: 2 })
    mustSucceed(await theirs.run(upgradeRelease(target, green, options)))
    expect((await theirs.get('ConfigMap', 'theirs'))?.['data']).toEqual({ color: 'green' })
    mustSucceed(await theirs.run(rollbackRelease(target, 1, options)))
    expect(await theirs.get('ConfigMap', 'theirs-extra')).toBeUndefined()
    expect(await historyOf('theirs')).toEqual([
      'v1 superseded: Install complete',
      'v2 superseded: Upgrade complete',
      'v3 deployed: Rollback to 1',
    ])
    mustSucceed(await theirs.run(uninstallRelease(target, options)))
    expect((await pair.helm('history', 'theirs', '-n', namespace)).err).toContain('release: not found')
    expect(await theirs.get('Deployment', 'theirs')).toBeUndefined()
  })

  /** A record without times and without what depends on the name of the release. */
  function plain(release: StoredRelease): unknown {
    const { firstDeployed: _first, lastDeployed: _last, deleted: _deleted, ...info } = release.info
    const hooks = release.hooks.map(({ lastRun, ...hook }) => ({ ...hook, phase: lastRun.phase }))
    const text = JSON.stringify({
      ...release,
      info,
      hooks,
      chart: { ...release.chart, modTime: '' },
    })
    return JSON.parse(text.replaceAll(/"modTime":"[^"]*"/g, '"modTime":""').replaceAll(release.name, 'NAME'))
  }

  test.concurrent('both leave the same records of the same life: install, failed upgrade, rollback, uninstall with history', async () => {
    const left = runnerOf('left')
    const right = runnerOf('right')
    mustSucceed(await left.run(installRelease(left.target, await left.render(webChart), options)))
    await helm('install', 'right', 'web', '--wait')
    const compare = async (): Promise<void> => {
      const [ours, theirs] = await Promise.all([left, right].map((one) => one.run(readHistory(one.target))))
      if (!ours?.ok || !theirs?.ok) throw new Error('the records could not be read')
      expect(ours.releases.map(plain)).toEqual(theirs.releases.map(plain))
    }
    await compare()
    const bad = await left.render(webChart, { values: { label: 'not a label!' }, revision: 2 })
    const failed = await left.run(upgradeRelease(left.target, bad, options))
    const theirs = await pair.helm('upgrade', 'right', 'web', '--set', 'label=not a label!', '--wait', '-n', namespace)
    expect(failed.ok ? '' : failed.failure.message).toContain('not a label!')
    expect(theirs.err).toContain('not a label!')
    await compare()
    mustSucceed(await left.run(rollbackRelease(left.target, 1, options)))
    await helm('rollback', 'right', '1', '--wait')
    mustSucceed(await left.run(uninstallRelease(left.target, { ...options, keepHistory: true })))
    await helm('uninstall', 'right', '--keep-history', '--wait')
    await compare()
  })

  const sub = (base: string): Readonly<Record<string, string>> => ({
    'kept/Chart.yaml': 'apiVersion: v2\nname: kept\nversion: 1.0.0\n',
    'kept/values.yaml': `base: ${base}\nmode: ${base}\ndeep: {a: ${base}, b: ${base}}\nlist: [${base}]\nsub: {x: ${base}}\n`,
    'kept/charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
    'kept/charts/sub/values.yaml': `x: sub-${base}\ny: sub-${base}\n`,
    'kept/charts/sub/templates/a.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-sub}
data: {seen: {{ .Values | toJson | quote }}}
`,
    'kept/templates/a.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {seen: {{ .Values | toJson | quote }}}
`,
  })

  test.concurrent('both keep the values of the revision before in the same way', async () => {
    const left = runnerOf('kept-left')
    const right = runnerOf('kept-right')
    const [before, after] = [
      sub('old'),
      { ...sub('new'), 'kept/Chart.yaml': 'apiVersion: v2\nname: kept\nversion: 2.0.0\n' },
    ]
    const first = { mode: 'mine', deep: { a: 'mine', c: 'mine' }, gone: 'x' }
    const second = { deep: { a: null, d: 'more' }, mode: null, gone: null, list: ['b'] }
    pair.write({ ...before, 'first.json': JSON.stringify(first), 'second.json': JSON.stringify(second) })
    await helm('install', 'kept-right', 'kept', '-f', 'first.json', '--wait')
    const content = await left.render(before, { values: first })
    const standing = mustSucceed(await left.run(installRelease(left.target, content, options)))
    pair.write(after)
    await helm('upgrade', 'kept-right', 'kept', '-f', 'second.json', '--reuse-values', '--wait')
    const chartValues = reusedDefaults(standing)
    if (chartValues === undefined) throw new Error('the first revision has no chart')
    const kept = { values: reusedValues(standing, second), chartValues, revision: 2 }
    mustSucceed(await left.run(upgradeRelease(left.target, await left.render(after, kept), options)))
    const [ours, theirs] = await Promise.all([left, right].map((one) => one.run(readHistory(one.target))))
    if (!ours?.ok || !theirs?.ok) throw new Error('the records could not be read')
    // Helm's own upgrade writes its nulls into the record of the revision before, too; that one is not compared.
    expect(ours.releases.slice(1).map(plain)).toEqual(theirs.releases.slice(1).map(plain))
  })

  test.concurrent('both make the same of an object that is hook and manifest', async () => {
    const [left, right] = [runnerOf('twin-left'), runnerOf('twin-right')]
    const twin = {
      'twin/Chart.yaml': 'apiVersion: v2\nname: twin\nversion: 1.0.0\n',
      'twin/values.yaml': 'a: 1\n',
      'twin/templates/a.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {v: manifest}
`,
      'twin/templates/b.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}
data: {v: hook}
`,
    }
    pair.write(twin)
    await helm('install', 'twin-right', 'twin', '--wait')
    mustSucceed(await left.run(installRelease(left.target, await left.render(twin), options)))
    await helm('upgrade', 'twin-right', 'twin', '--wait')
    mustSucceed(await left.run(upgradeRelease(left.target, await left.render(twin, { revision: 2 }), options)))
    const data = await Promise.all([left.get('ConfigMap', 'twin-left'), right.get('ConfigMap', 'twin-right')])
    expect(data.map((one) => one?.['data'])).toEqual([{ v: 'manifest' }, { v: 'manifest' }])
    const [ours, theirs] = await Promise.all([left, right].map((one) => one.run(readHistory(one.target))))
    if (!ours?.ok || !theirs?.ok) throw new Error('the records could not be read')
    expect(ours.releases.map(plain)).toEqual(theirs.releases.map(plain))
  })
})
