/** A chart's whole life on both servers, through the ports that the agent uses. */
import {
  correctDrift,
  defaultActionOptions,
  findDrift,
  helmOwners,
  installRelease,
  readHistory,
  rollbackRelease,
  testRelease,
  uninstallRelease,
  unlockRelease,
  upgradeRelease,
  type ActionEnd,
} from '@kedge/release'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { testCluster, type TestCluster } from '../test/cluster/target.ts'
import { releaseRunner, webChart, type ReleaseRunner } from './releases/release-runner.ts'

const namespace = `releases-${Date.now().toString(36)}`
const options = { ...defaultActionOptions, timeoutMs: 60_000, createNamespace: true }
let cluster: TestCluster
let runner: ReleaseRunner

beforeAll(async () => {
  cluster = await testCluster()
  runner = releaseRunner(cluster, { name: 'web', namespace, fieldManager: 'kedge' })
})

afterAll(async () => {
  await runner[Symbol.asyncDispose]()
  await cluster.cluster.delete({ group: '', kind: 'Namespace', name: namespace })
  await cluster.close()
})

function said(end: ActionEnd): string {
  return end.ok
    ? `v${end.release.version} ${end.release.info.status}: ${end.release.info.description}`
    : end.failure.message
}

async function history(): Promise<readonly string[]> {
  const read = await runner.run(readHistory(runner.target))
  if (!read.ok) throw new Error(read.failure.message)
  return read.releases.map(({ version, info }) => `v${version} ${info.status}`)
}

test('a chart is installed, upgraded, repaired, rolled back, tested and uninstalled', async () => {
  const { target } = runner
  const first = await runner.run(installRelease(target, await runner.render(webChart), options))
  expect(said(first)).toBe('v1 deployed: Install complete')
  expect(first.inventory.map(({ kind, name, uid }) => [kind, name, uid !== ''])).toEqual([
    ['ConfigMap', 'web', true],
    ['Deployment', 'web', true],
  ])
  expect(await runner.get('Job', 'web-prepare')).toBeUndefined()
  expect((await runner.get('ConfigMap', 'web'))?.metadata.annotations).toEqual({
    'meta.helm.sh/release-name': 'web',
    'meta.helm.sh/release-namespace': namespace,
  })

  const green = await runner.render(webChart, { values: { color: 'green', extra: true }, revision: 2 })
  expect(said(await runner.run(upgradeRelease(target, green, options)))).toBe('v2 deployed: Upgrade complete')
  expect((await runner.get('ConfigMap', 'web'))?.['data']).toEqual({ color: 'green' })

  const bad = await runner.render(webChart, { values: { label: 'not a label!' }, revision: 3 })
  const failed = await runner.run(upgradeRelease(target, bad, options))
  expect(said(failed)).toMatch(/not a label!/)
  expect(await history()).toEqual(['v1 superseded', 'v2 deployed', 'v3 failed'])

  expect(said(await runner.run(rollbackRelease(target, 1, options)))).toBe('v4 deployed: Rollback to 1')
  expect(await history()).toEqual(['v1 superseded', 'v2 superseded', 'v3 failed', 'v4 deployed'])
  expect((await runner.get('ConfigMap', 'web'))?.['data']).toEqual({ color: 'blue' })
  expect(await runner.get('ConfigMap', 'web-extra')).toBeUndefined()

  const tested = await runner.run(testRelease(target, { ...options, filters: [] }))
  expect(said(tested)).toBe('v4 deployed: Rollback to 1')
  expect(tested).toMatchObject({
    release: {
      hooks: expect.arrayContaining([
        expect.objectContaining({ name: 'web-test', lastRun: expect.objectContaining({ phase: 'Succeeded' }) }),
      ]),
    },
  })

  const removed = await runner.run(uninstallRelease(target, options))
  expect(said(removed)).toBe('v4 uninstalled: Uninstallation complete')
  expect(await history()).toEqual([])
  for (const [kind, name] of [
    ['ConfigMap', 'web'],
    ['Deployment', 'web'],
    ['ConfigMap', 'web-bye'],
  ] as const)
    expect(await runner.get(kind, name)).toBeUndefined()
})

test('drift is found and corrected, and what a crash left is unlocked', async () => {
  const { target } = runner
  const content = await runner.render(webChart)
  await runner.run(installRelease(target, content, options))
  const read = await runner.run(readHistory(target))
  const release = read.ok ? read.releases.at(-1) : undefined
  if (release === undefined) throw new Error('nothing is stored')
  const strict = { ignore: () => [], leaves: () => false }
  expect(await runner.run(findDrift(target, release, strict))).toEqual({ ok: true, drift: [] })
  const settings = { group: '', version: 'v1', kind: 'ConfigMap', namespace, name: 'web' }
  await cluster.cluster.patch(settings, { type: 'merge', body: { data: { color: 'red' } } })
  await runner.until('ConfigMap', 'web', (live) => JSON.stringify(live?.['data']) === '{"color":"red"}')
  const found = await runner.run(findDrift(target, release, strict))
  expect(found).toMatchObject({
    drift: [{ ref: { name: 'web' }, kind: 'changed', steps: [{ op: 'replace', path: '/data/color', value: 'blue' }] }],
  })
  expect(await runner.run(correctDrift(target, release, strict))).toMatchObject({ ok: true })
  expect((await runner.get('ConfigMap', 'web'))?.['data']).toEqual({ color: 'blue' })

  const pending = { ...release, version: 2, info: { ...release.info, status: 'pending-upgrade' as const } }
  await runner.run(
    (function* () {
      yield [{ kind: 'create-record' as const, namespace, release: pending }]
    })(),
  )
  expect(said(await runner.run(upgradeRelease(target, content, options)))).toContain('is in progress')
  await runner.run(unlockRelease(target, ({ info }) => `unlocked from ${info.status}`))
  expect(await history()).toEqual(['v1 deployed', 'v2 failed'])
  const adopting = { ...target, takeOver: helmOwners }
  expect(said(await runner.run(upgradeRelease(adopting, content, options)))).toBe('v3 deployed: Upgrade complete')
  await runner.run(uninstallRelease(target, options))
})

test('definitions of a chart come first, their objects follow at once, and nothing deletes them', async () => {
  const { target } = runner
  const group = `${namespace}.example.com`
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `lamps.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Lamp', plural: 'lamps', singular: 'lamp', listKind: 'LampList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  }
  const content = await runner.render({
    'web/Chart.yaml': webChart['web/Chart.yaml'] ?? '',
    'web/crds/lamp.yaml': JSON.stringify(definition),
    'web/templates/lamp.yaml': `apiVersion: ${group}/v1\nkind: Lamp\nmetadata: {name: desk}\n`,
  })
  const end = await runner.run(installRelease(target, content, options))
  expect(said(end)).toBe('v1 deployed: Install complete')
  expect(end.inventory.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'Lamp desk',
    `CustomResourceDefinition lamps.${group}`,
  ])
  await runner.run(uninstallRelease({ ...target, inventory: end.inventory }, options))
  const kept = { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', name: `lamps.${group}` }
  expect(await cluster.cluster.get(kept)).toBeDefined()
  await cluster.cluster.delete(kept)
})
