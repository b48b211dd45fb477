import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { installRelease } from '../actions/install-release.ts'
import { rollbackRelease } from '../actions/rollback-release.ts'
import { uninstallRelease } from '../actions/uninstall-release.ts'
import { upgradeRelease } from '../actions/upgrade-release.ts'
import type { ReleaseProgram, ReleaseStep } from '../model/effect.ts'
import {
  configMap,
  contentOf,
  createReleaseBench,
  deployment,
  hookJob,
  liveObject,
  objectsOf,
  optionsOf,
  targetOf,
  type ReleaseBench,
} from '../testing/release-bench.ts'

const options = optionsOf()

/** Runs a program and tells what it wrote to the cluster, in order. */
async function written<T>(bench: ReleaseBench, program: ReleaseProgram<T>): Promise<{ end: T; steps: string[] }> {
  const steps: string[] = []
  const after = (step: ReleaseStep): void => {
    if (step.kind === 'apply' || step.kind === 'delete') steps.push(`${step.kind} ${step.ref.kind}/${step.ref.name}`)
  }
  return { end: await bench.run(program, { watcher: { after } }), steps }
}

test('[H1] hooks of an event run by weight and name, before and after the objects', async () => {
  const bench = createReleaseBench()
  const content = contentOf([
    configMap('a'),
    hookJob('late', 'post-install'),
    hookJob('b', 'pre-install', { weight: 1 }),
    hookJob('z', 'pre-install', { weight: -5 }),
    hookJob('c', 'pre-install,pre-upgrade', { weight: 1 }),
    hookJob('up', 'post-upgrade'),
  ])
  const installed = await written(bench, installRelease(targetOf(), content, options))
  expect(installed.steps).toEqual(['apply Job/z', 'apply Job/b', 'apply Job/c', 'apply ConfigMap/a', 'apply Job/late'])
  const upgraded = await written(bench, upgradeRelease(targetOf(), content, options))
  expect(upgraded.steps).toEqual(['delete Job/c', 'apply Job/c', 'apply Job/up'])
  const quiet = await written(bench, upgradeRelease(targetOf(), content, optionsOf({ hooks: false })))
  expect(quiet.steps).toEqual([])
  expect(bench.records()[1]?.hooks.map(({ name, lastRun }) => [name, lastRun.phase])).toEqual([
    ['late', ''],
    ['b', ''],
    ['z', ''],
    ['c', 'Succeeded'],
    ['up', 'Succeeded'],
  ])
})

test('[H2] a hook is deleted when its policy says so, by default before it is made anew', async () => {
  const bench = createReleaseBench()
  const content = contentOf([
    hookJob('plain', 'pre-install'),
    hookJob('tidy', 'pre-install', { policy: 'hook-succeeded' }),
    hookJob('sad', 'pre-install', { policy: 'hook-failed', fails: true, weight: 1 }),
  ])
  const { end, steps } = await written(bench, installRelease(targetOf(), content, options))
  expect(end).toMatchObject({ ok: false, failure: { code: 'HookFailed', object: 'Job/sad' } })
  expect(steps).toEqual(['apply Job/plain', 'apply Job/tidy', 'apply Job/sad', 'delete Job/sad', 'delete Job/tidy'])
  expect(objectsOf(bench)).toEqual(['Job/plain'])
})

test.each([
  ['pre-install', 'failed pre-install: ', 'Release "web" failed: failed pre-install: '],
  ['post-install', 'failed post-install: ', 'Release "web" failed: failed post-install: '],
  ['pre-upgrade', 'pre-upgrade hooks failed: ', 'Upgrade "web" failed: pre-upgrade hooks failed: '],
  ['post-upgrade', 'post-upgrade hooks failed: ', 'Upgrade "web" failed: post-upgrade hooks failed: '],
  ['pre-rollback', '', 'Rollback "web" failed: '],
  ['post-rollback', '', 'Rollback "web" failed: '],
])('[H3] a failed %s hook fails the revision in words of its own', async (event, error, description) => {
  const bench = createReleaseBench()
  const good = contentOf([configMap('a')])
  const bad = contentOf([configMap('a'), hookJob('job', event, { fails: true })])
  if (event.endsWith('install')) await bench.run(installRelease(targetOf(), bad, options))
  else {
    await bench.run(installRelease(targetOf(), event.endsWith('rollback') ? bad : good, options))
    await bench.run(upgradeRelease(targetOf(), event.endsWith('rollback') ? good : bad, options))
    if (event.endsWith('rollback')) {
      const end = await bench.run(rollbackRelease(targetOf(), 1, options))
      const message = `${error}resource Job/shop/job not ready. status: Failed, message: Job Failed. failed: 0/1`
      expect(end).toMatchObject({ ok: false, failure: { message } })
    }
  }
  const last = bench.records().at(-1)
  expect(last?.info.status).toBe('failed')
  expect(last?.info.description).toBe(
    `${description}resource Job/shop/job not ready. status: Failed, message: Job Failed. failed: 0/1`,
  )
  expect(last?.hooks[0]?.lastRun).toMatchObject({ phase: 'Failed', startedAt: expect.stringContaining('2026-') })
})

test('[H4] hooks of kinds without an end are done when they exist, unless an expression says otherwise', async () => {
  const bench = createReleaseBench()
  const hook: KubeObject = {
    ...deployment('web', { fails: true }),
    metadata: { name: 'web', labels: { fails: 'true' }, annotations: { 'helm.sh/hook': 'pre-install' } },
  }
  const content = contentOf([hook])
  expect(await bench.run(installRelease(targetOf(), content, options))).toMatchObject({ ok: true })
  const healthExpressions = [{ apiVersion: 'apps/v1', kind: 'Deployment', current: 'status.never' }]
  const strict = optionsOf({ healthExpressions })
  const other = targetOf({ id: 'y', name: 'other' })
  expect(await bench.run(installRelease(other, content, strict))).toMatchObject({
    failure: { message: expect.stringContaining('not current by the expression status.never') },
  })
})

test('[H5] definitions that are hooks are never deleted, nor is what another release has', async () => {
  const bench = createReleaseBench()
  const definition: KubeObject = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: 'lamps.example.com',
      annotations: {
        'helm.sh/hook': 'pre-install,pre-upgrade',
        'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
      },
    },
    spec: { group: 'example.com', scope: 'Namespaced', names: { kind: 'Lamp' }, versions: [{ name: 'v1' }] },
  }
  const content = contentOf([definition])
  await bench.run(installRelease(targetOf(), content, options))
  const { steps } = await written(bench, upgradeRelease(targetOf(), content, options))
  expect(steps).toEqual(['apply CustomResourceDefinition/lamps.example.com'])
  await bench.run(installRelease(targetOf({ id: 'y', name: 'other' }), contentOf([configMap('theirs')]), options))
  const greedy = {
    ...configMap('theirs'),
    metadata: { name: 'theirs', annotations: { 'helm.sh/hook': 'pre-upgrade' } },
  }
  const end = await bench.run(upgradeRelease(targetOf(), contentOf([greedy]), options))
  expect(end).toMatchObject({
    failure: {
      message: 'pre-upgrade hooks failed: ConfigMap shop/theirs is not deleted: it belongs to release shop/other',
    },
  })
  expect(liveObject(bench, 'ConfigMap', 'theirs')?.['data']).toEqual({ a: '1' })
})

test('[H6] delete hooks run around the deletion of the objects', async () => {
  const bench = createReleaseBench()
  const content = contentOf([
    configMap('a'),
    hookJob('first', 'pre-delete', { policy: 'hook-succeeded' }),
    hookJob('last', 'post-delete', { policy: 'hook-succeeded' }),
  ])
  await bench.run(installRelease(targetOf(), content, options))
  const { steps } = await written(bench, uninstallRelease(targetOf(), options))
  expect(steps).toEqual([
    'apply Job/first',
    'delete Job/first',
    'delete ConfigMap/a',
    'apply Job/last',
    'delete Job/last',
  ])
  expect(objectsOf(bench)).toEqual([])
  expect(bench.history()).toEqual([])
})

test('[H7] a failed delete hook leaves a release that the next uninstall can finish', async () => {
  const bench = createReleaseBench()
  const content = contentOf([configMap('a'), hookJob('first', 'pre-delete', { fails: true })])
  await bench.run(installRelease(targetOf(), content, options))
  const end = await bench.run(uninstallRelease(targetOf(), options))
  expect(end).toMatchObject({ ok: false, failure: { code: 'HookFailed' } })
  expect(bench.records().map(({ info, hooks }) => [info.status, hooks[0]?.lastRun.phase])).toEqual([
    ['uninstalling', 'Failed'],
  ])
  expect(await bench.run(uninstallRelease(targetOf(), optionsOf({ hooks: false })))).toMatchObject({ ok: true })
  expect(bench.history()).toEqual([])
})

test('[H8] an old hook that lingers is waited for before the new one is made', async () => {
  const bench = createReleaseBench()
  const job = hookJob('job', 'pre-install,pre-upgrade')
  const stubborn: KubeObject = { ...job, metadata: { ...job.metadata, finalizers: ['example.com/wait'] } }
  const content = contentOf([stubborn])
  await bench.run(installRelease(targetOf(), content, options))
  const end = await bench.run(upgradeRelease(targetOf(), content, optionsOf({ wait: false, timeoutMs: 10_000 })))
  expect(end).toMatchObject({
    failure: { message: expect.stringContaining('resource Job/shop/job still exists. status: Terminating') },
  })
})

test('[H9] what cannot be built or applied fails before or as the hook', async () => {
  const bench = createReleaseBench()
  const unknown = hookJob('x', 'pre-install')
  const content = contentOf([{ ...unknown, apiVersion: 'example.com/v1', kind: 'Lamp' }])
  expect(await bench.run(installRelease(targetOf(), content, options))).toMatchObject({
    failure: {
      message: expect.stringContaining(
        'unable to build kubernetes object for pre-install hook web/templates/lamp-x.yaml: ',
      ),
    },
  })
  const elsewhere = { ...unknown, metadata: { ...unknown.metadata, namespace: 'nowhere' } }
  const other = targetOf({ id: 'y', name: 'other' })
  expect(await bench.run(installRelease(other, contentOf([elsewhere]), options))).toMatchObject({
    failure: {
      message:
        'failed pre-install: warning: Hook pre-install web/templates/job-x.yaml failed: server-side apply failed for object nowhere/x batch/v1, Kind=Job: namespaces "nowhere" not found',
    },
  })
})

test('[H10] what a cache shows from before is not taken for the end of the hook', async () => {
  const bench = createReleaseBench()
  const content = contentOf([hookJob('job', 'pre-install'), hookJob('job', 'pre-upgrade', { fails: true })])
  expect(await bench.run(installRelease(targetOf(), content, options))).toMatchObject({ ok: true })
  // The old Job, which is complete, stays in sight until the controllers have worked on the new one.
  const { work } = bench
  bench.cluster.freezeCache()
  bench.work = (cluster) => {
    const worked = work(cluster)
    cluster.thawCache()
    return worked
  }
  expect(await bench.run(upgradeRelease(targetOf(), content, options))).toMatchObject({
    failure: { message: expect.stringContaining('resource Job/shop/job not ready. status: Failed') },
  })
})

test('[H11] an object that is hook and manifest both is the hook first and then what the manifest says', async () => {
  const bench = createReleaseBench()
  const annotations = { 'helm.sh/hook': 'pre-install,pre-upgrade' }
  const hook = { ...configMap('a', { v: 'hook' }), metadata: { name: 'a', annotations } }
  const uids = new Set<string | undefined>()
  for (const [index, bring] of [installRelease, upgradeRelease].entries()) {
    const end = await bench.run(bring(targetOf(), contentOf([hook, configMap('a', { v: `${index}` })]), options))
    expect(end.ok).toBe(true)
    const live = bench.cluster.live({ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'a' })
    expect(live).toMatchObject({ data: { v: `${index}` } })
    uids.add(live === 'unknown' ? undefined : live?.metadata.uid)
  }
  // Its hook's policy, before-hook-creation, makes it anew each time.
  expect(uids.size).toBe(2)
  await bench.run(uninstallRelease(targetOf(), options))
  expect(objectsOf(bench)).toEqual([])
})
