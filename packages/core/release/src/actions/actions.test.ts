import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import type { ActionEnd } from '../model/action-end.ts'
import type { ActionOptions } from '../model/target.ts'
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
} from '../testing/release-bench.ts'
import { installRelease } from './install-release.ts'
import { rollbackRelease } from './rollback-release.ts'
import { testRelease } from './test-release.ts'
import { uninstallRelease } from './uninstall-release.ts'
import { unlockRelease } from './unlock-release.ts'
import { upgradeRelease } from './upgrade-release.ts'

const options = optionsOf()

function said(end: ActionEnd | undefined): string {
  if (end === undefined) return 'nothing'
  return end.ok ? `ok v${end.release.version} ${end.release.info.status}` : end.failure.message
}

test('[A1] an install stores its record first, applies in install order, waits and says that it is deployed', async () => {
  const bench = createReleaseBench()
  const content = contentOf([deployment('web'), configMap('settings')])
  const seen: string[] = []
  const end = await bench.run(installRelease(targetOf(), content, options), {
    watcher: { after: (step) => void seen.push(step.kind === 'apply' ? `apply ${step.ref.kind}` : step.kind) },
  })
  expect(said(end)).toBe('ok v1 deployed')
  expect(bench.history()).toEqual(['v1 deployed Install complete'])
  expect(seen.filter((kind) => /^(create|update|apply)/.test(kind))).toEqual([
    'create-record',
    'apply ConfigMap',
    'apply Deployment',
    'update-record',
  ])
  expect(end.inventory.map(({ kind, name, uid }) => [kind, name, uid !== ''])).toEqual([
    ['ConfigMap', 'settings', true],
    ['Deployment', 'web', true],
  ])
  expect(liveObject(bench, 'ConfigMap', 'settings')?.metadata).toMatchObject({
    labels: { 'app.kubernetes.io/managed-by': 'Helm' },
    annotations: { 'meta.helm.sh/release-name': 'web', 'meta.helm.sh/release-namespace': 'shop' },
  })
})

test('[A2] an upgrade deletes what the new manifest lacks and supersedes the revision before', async () => {
  const bench = createReleaseBench()
  await bench.run(installRelease(targetOf(), contentOf([configMap('a'), configMap('b')]), options))
  const end = await bench.run(upgradeRelease(targetOf(), contentOf([configMap('b', { a: '2' })]), options))
  expect(said(end)).toBe('ok v2 deployed')
  expect(bench.history()).toEqual(['v1 superseded Install complete', 'v2 deployed Upgrade complete'])
  expect(objectsOf(bench)).toEqual(['ConfigMap/b'])
  expect(liveObject(bench, 'ConfigMap', 'b')?.['data']).toEqual({ a: '2' })
})

test('[A3] a failed upgrade leaves the deployed revision, and the next one also deletes what the failed one brought', async () => {
  const bench = createReleaseBench()
  await bench.run(installRelease(targetOf(), contentOf([configMap('a')]), options))
  const bad = contentOf([configMap('a'), configMap('extra'), deployment('web', { fails: true })])
  const failed = await bench.run(upgradeRelease(targetOf(), bad, options))
  const problem = 'resource Deployment/shop/web not ready. status: Failed, message: '
  expect(said(failed)).toContain(problem)
  expect(bench.history()[0]).toBe('v1 deployed Install complete')
  expect(bench.history()[1]).toContain(`v2 failed Upgrade "web" failed: ${problem}`)
  await bench.run(upgradeRelease(targetOf(), contentOf([configMap('a')]), options))
  expect(bench.history().map((line) => line.split(' ', 2).join(' '))).toEqual([
    'v1 superseded',
    'v2 failed',
    'v3 deployed',
  ])
  expect(objectsOf(bench)).toEqual(['ConfigMap/a'])
})

test('[A3] a failed install is superseded by the upgrade that succeeds', async () => {
  const bench = createReleaseBench()
  await bench.run(installRelease(targetOf(), contentOf([deployment('web', { fails: true })]), options))
  await bench.run(upgradeRelease(targetOf(), contentOf([configMap('a')]), options))
  expect(bench.history().map((line) => line.split(' ', 2).join(' '))).toEqual(['v1 superseded', 'v2 deployed'])
})

test('[A4] a rollback brings an earlier revision back as a new one', async () => {
  const bench = createReleaseBench()
  await bench.run(installRelease(targetOf(), contentOf([configMap('a', { v: '1' })], { notes: 'first' }), options))
  await bench.run(upgradeRelease(targetOf(), contentOf([configMap('a', { v: '2' }), configMap('b')]), options))
  const end = await bench.run(rollbackRelease(targetOf(), 0, options))
  expect(said(end)).toBe('ok v3 deployed')
  expect(end).toMatchObject({ release: { info: { rollbackRevision: 1, notes: 'first' } } })
  expect(bench.history().at(-1)).toBe('v3 deployed Rollback to 1')
  expect(bench.history()[1]).toBe('v2 superseded Upgrade complete')
  expect(liveObject(bench, 'ConfigMap', 'a')?.['data']).toEqual({ v: '1' })
  expect(objectsOf(bench)).toEqual(['ConfigMap/a'])
  expect(said(await bench.run(rollbackRelease(targetOf(), 9, options)))).toBe('release has no 9 version')
})

test('[A5] an uninstall deletes objects and then records; kept history says when it was done', async () => {
  const bench = createReleaseBench()
  const kept: KubeObject = {
    ...configMap('kept'),
    metadata: { name: 'kept', annotations: { 'helm.sh/resource-policy': 'keep' } },
  }
  const content = contentOf([configMap('a'), kept])
  await bench.run(installRelease(targetOf(), content, options))
  await bench.run(upgradeRelease(targetOf(), content, options))
  const deleted: string[] = []
  const end = await bench.run(uninstallRelease(targetOf(), options), {
    watcher: {
      after: (step) => void (step.kind.startsWith('delete') && deleted.push('name' in step ? step.name : '')),
    },
  })
  expect(said(end)).toBe('ok v2 uninstalled')
  expect(deleted).toEqual(['', 'sh.helm.release.v1.web.v1', 'sh.helm.release.v1.web.v2'])
  expect(end.log).toContain('kept due to the resource policy: [ConfigMap] kept')
  expect(end.inventory).toEqual([])
  expect([bench.history(), objectsOf(bench)]).toEqual([[], ['ConfigMap/kept']])
  expect(said(await bench.run(uninstallRelease(targetOf(), options)))).toBe(
    'uninstall: Release not loaded: web: release: not found',
  )
  await bench.run(installRelease(targetOf(), contentOf([configMap('a')]), options))
  const keepHistory = optionsOf({ keepHistory: true })
  await bench.run(uninstallRelease(targetOf(), keepHistory))
  expect(bench.history()).toEqual(['v1 uninstalled Uninstallation complete'])
  expect(said(await bench.run(uninstallRelease(targetOf(), keepHistory)))).toContain('is already deleted')
  expect(said(await bench.run(installRelease(targetOf(), content, options)))).toContain('still in use')
  expect(said(await bench.run(installRelease(targetOf(), content, optionsOf({ replace: true }))))).toBe(
    'ok v2 deployed',
  )
  expect(said(await bench.run(uninstallRelease(targetOf(), options)))).toBe('ok v2 uninstalled')
  expect(bench.history()).toEqual([])
})

test('[A6] an object that waits for a finalizer keeps the record until it is gone', async () => {
  const bench = createReleaseBench()
  const stubborn: KubeObject = { ...configMap('a'), metadata: { name: 'a', finalizers: ['example.com/wait'] } }
  await bench.run(installRelease(targetOf(), contentOf([stubborn]), options))
  const end = await bench.run(uninstallRelease(targetOf(), options))
  expect(said(end)).toContain(
    'uninstallation completed with 1 error(s): resource ConfigMap/shop/a still exists. status: Terminating',
  )
  expect(bench.history()).toEqual(['v1 uninstalling Deletion in progress (or silently failed)'])
  bench.cluster.release({ group: '', kind: 'ConfigMap', namespace: 'shop', name: 'a' })
  expect(said(await bench.run(uninstallRelease(targetOf(), options)))).toBe('ok v1 uninstalled')
})

test('[A7] tests run by filter and leave their results in the record', async () => {
  const bench = createReleaseBench()
  const content = contentOf([
    configMap('a'),
    hookJob('good', 'test', { kind: 'Pod' }),
    hookJob('bad', 'test', { kind: 'Pod', fails: true, weight: 1 }),
  ])
  await bench.run(installRelease(targetOf(), content, options))
  expect(objectsOf(bench)).toEqual(['ConfigMap/a'])
  const filters = [{ name: 'bad', exclude: true }]
  expect(said(await bench.run(testRelease(targetOf(), { ...options, filters })))).toBe('ok v1 deployed')
  const all = await bench.run(testRelease(targetOf(), { ...options, filters: [] }))
  expect(said(all)).toBe(
    'resource Pod/shop/bad not ready. status: Failed, message: Pod has completed, but not successfully',
  )
  expect(bench.records()[0]?.hooks.map(({ name, lastRun }) => [name, lastRun.phase])).toEqual([
    ['good', 'Succeeded'],
    ['bad', 'Failed'],
  ])
  expect(bench.history()).toEqual(['v1 deployed Install complete'])
  expect(said(await bench.run(testRelease(targetOf({ name: 'other' }), { ...options, filters })))).toBe(
    'release: not found',
  )
})

test('[A8] a pending revision is a lock until it is unlocked', async () => {
  const bench = createReleaseBench()
  const content = contentOf([configMap('a')])
  await bench.run(installRelease(targetOf(), content, options))
  const crash = new Error('crash')
  const watcher = {
    before(step: { readonly kind: string }) {
      if (step.kind === 'apply') throw crash
    },
  }
  const changed = contentOf([configMap('a', { a: '2' })])
  await expect(bench.run(upgradeRelease(targetOf(), changed, options), { watcher })).rejects.toBe(crash)
  const locked = 'another operation (install/upgrade/rollback) is in progress'
  const { filters } = { filters: [] }
  expect(bench.history().at(-1)).toBe('v2 pending-upgrade Preparing upgrade')
  expect(said(await bench.run(upgradeRelease(targetOf(), changed, options)))).toBe(locked)
  expect(said(await bench.run(rollbackRelease(targetOf(), 1, options)))).toBe(locked)
  expect(said(await bench.run(installRelease(targetOf(), changed, options)))).toBe(locked)
  expect(said(await bench.run(testRelease(targetOf(), { ...options, filters })))).toBe(locked)
  const unlock = unlockRelease(targetOf(), ({ info }) => `Release unlocked from stale '${info.status}' state`)
  expect(said(await bench.run(unlock))).toBe('ok v2 failed')
  expect(bench.history().at(-1)).toBe("v2 failed Release unlocked from stale 'pending-upgrade' state")
  expect(await bench.run(unlockRelease(targetOf(), () => ''))).toBeUndefined()
  expect(said(await bench.run(upgradeRelease(targetOf(), changed, options)))).toBe('ok v3 deployed')
})

test('[A9] what belongs to nobody or to another release is not taken over unless that is asked for', async () => {
  const bench = createReleaseBench()
  const foreign = configMap('a', { mine: 'no' })
  bench.cluster.put({ ...foreign, metadata: { ...foreign.metadata, namespace: 'shop' } })
  const content = contentOf([configMap('a')])
  const end = await bench.run(installRelease(targetOf(), content, options))
  expect(said(end)).toBe(
    'unable to continue with install: ConfigMap "a" in namespace "shop" exists and cannot be imported into the current release: invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"; annotation validation error: missing key "meta.helm.sh/release-name": must be set to "web"; annotation validation error: missing key "meta.helm.sh/release-namespace": must be set to "shop"',
  )
  expect(bench.history()).toEqual([])
  expect(said(await bench.run(installRelease(targetOf(), content, optionsOf({ takeOwnership: true }))))).toBe(
    'ok v1 deployed',
  )
  const other = await bench.run(installRelease(targetOf({ id: 'x', name: 'other' }), content, options))
  expect(said(other)).toContain('key "meta.helm.sh/release-name" must equal "other": current value is "web"')
  const both = contentOf([configMap('b')])
  await bench.run(installRelease(targetOf({ id: 'x', name: 'other' }), both, options))
  const upgrade = contentOf([configMap('a'), configMap('b')])
  expect(said(await bench.run(upgradeRelease(targetOf(), upgrade, options)))).toContain(
    'unable to continue with update: ',
  )
})

test('[A10] an object that another release has taken over is not deleted with this one', async () => {
  const bench = createReleaseBench()
  const content = contentOf([configMap('a')])
  await bench.run(installRelease(targetOf(), content, options))
  const other = targetOf({ id: 'x', name: 'other' })
  await bench.run(installRelease(other, content, optionsOf({ takeOwnership: true })))
  const end = await bench.run(uninstallRelease(targetOf(), options))
  expect(said(end)).toBe('ok v1 uninstalled')
  expect(end.log).toContain('skipping delete of resource not owned by this release: ConfigMap shop/a')
  expect(objectsOf(bench)).toEqual(['ConfigMap/a'])
})

test('[A11] at most the limit of records remain, and the deployed one always', async () => {
  const bench = createReleaseBench()
  const limited = optionsOf({ maxHistory: 2 })
  const bad = contentOf([deployment('web', { fails: true })])
  await bench.run(installRelease(targetOf(), contentOf([configMap('a')]), limited))
  for (let round = 0; round < 3; round += 1) await bench.run(upgradeRelease(targetOf(), bad, limited))
  expect(bench.history().map((line) => line.split(' ', 2).join(' '))).toEqual(['v1 deployed', 'v4 failed'])
})

test('[A12] cleanup deletes what the failed upgrade made and nothing else', async () => {
  const bench = createReleaseBench()
  await bench.run(installRelease(targetOf(), contentOf([configMap('a')]), options))
  const bad = contentOf([configMap('a'), configMap('new'), deployment('web', { fails: true })])
  const end = await bench.run(upgradeRelease(targetOf(), bad, optionsOf({ cleanupOnFail: true })))
  expect(end.ok).toBe(false)
  expect(objectsOf(bench)).toEqual(['ConfigMap/a'])
  expect(end.inventory.map(({ name }) => name)).toEqual(['a'])
})

test('[A13] definitions of the crds folder come first, are awaited, and are never deleted', async () => {
  const bench = createReleaseBench()
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'lamps.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names: { kind: 'Lamp' }, versions: [{ name: 'v1' }] },
  }
  const crds = [
    { path: 'web/crds/lamp.yaml', text: JSON.stringify(definition) },
    { path: 'web/crds/other.yaml', text: JSON.stringify(configMap('stray')) },
  ]
  const lamp: KubeObject = { apiVersion: 'example.com/v1', kind: 'Lamp', metadata: { name: 'desk' } }
  const without = await bench.run(installRelease(targetOf(), contentOf([lamp]), options))
  expect(said(without)).toBe(
    'unable to build kubernetes objects from release manifest: resource mapping not found for name: "desk" namespace: "" from "": no matches for kind "Lamp" in version "example.com/v1"\nensure CRDs are installed first',
  )
  const end = await bench.run(installRelease(targetOf(), contentOf([lamp], { crds }), options))
  expect(said(end)).toBe('ok v1 deployed')
  expect(end.inventory.map(({ kind }) => kind)).toEqual(['Lamp', 'CustomResourceDefinition'])
  expect(end.log).toContain(
    'passing over ConfigMap in web/crds/other.yaml: only CustomResourceDefinitions belong there',
  )
  const changed = { ...definition, spec: { ...definition.spec, preserve: true } }
  const changedCrds = [{ path: 'web/crds/lamp.yaml', text: JSON.stringify(changed) }]
  const preserves = (): unknown => {
    const spec = liveObject(bench, 'CustomResourceDefinition', 'lamps.example.com')?.['spec']
    return (spec as typeof changed.spec).preserve
  }
  const next = contentOf([lamp], { crds: changedCrds })
  await bench.run(upgradeRelease(targetOf(), next, options))
  expect(preserves()).toBeUndefined()
  await bench.run(upgradeRelease(targetOf(), next, optionsOf({ crds: 'CreateReplace' })))
  expect(preserves()).toBe(true)
  await bench.run(uninstallRelease(targetOf({ inventory: end.inventory }), options))
  expect(objectsOf(bench)).toEqual(['CustomResourceDefinition/lamps.example.com'])
})

test('[A14] the namespace is made when asked for, before the record that lives in it', async () => {
  const bench = createReleaseBench()
  const target = targetOf({ namespace: 'fresh', storageNamespace: 'fresh' })
  const content = contentOf([configMap('a')])
  const end = await bench.run(installRelease(target, content, optionsOf({ createNamespace: true })))
  expect(said(end)).toBe('ok v1 deployed')
  const made = bench.cluster.find({ group: '', kind: 'Namespace', namespace: '', name: 'fresh' })
  expect(made?.metadata.labels).toEqual({ name: 'fresh' })
  const records = targetOf({ name: 'web2', id: 'y', namespace: 'fresh' })
  await bench.run(installRelease(records, contentOf([configMap('b')]), options))
  expect(bench.records().map(({ name, namespace }) => [name, namespace])).toEqual([
    ['web', 'fresh'],
    ['web2', 'fresh'],
  ])
})

test('[A15] a release without waiting is deployed as soon as it is applied', async () => {
  const bench = createReleaseBench()
  const content = contentOf([deployment('web', { fails: true })])
  const end = await bench.run(installRelease(targetOf(), content, optionsOf({ wait: false })))
  expect(said(end)).toBe('ok v1 deployed')
  expect(bench.pauses).toEqual([])
})

test('[A16] what never gets ready fails at the deadline, with all that is not', async () => {
  const bench = createReleaseBench()
  bench.work = () => false
  const content = contentOf([deployment('web'), configMap('a')])
  const end = await bench.run(installRelease(targetOf(), content, optionsOf({ timeoutMs: 60_000 })))
  expect(said(end)).toMatch(
    /^resource Deployment\/shop\/web not ready\. status: InProgress, message: .*\ncontext deadline exceeded$/,
  )
  expect(bench.history()[0]).toMatch(/^v1 failed Release "web" failed: resource Deployment/)
  expect(bench.pauses).toEqual([60_000])
})

test('[A21] a wait for health that is called off fails the revision in order, hooks and objects alike', async () => {
  const run = async (objects: readonly KubeObject[]): Promise<readonly [string, string | undefined]> => {
    const bench = createReleaseBench()
    const callOff = new AbortController()
    bench.work = () => {
      callOff.abort()
      return true
    }
    const end = await bench.run(installRelease(targetOf(), contentOf(objects), options), { callOff: callOff.signal })
    return [said(end), bench.history()[0]]
  }
  for (const objects of [[deployment('web')], [hookJob('prepare', 'pre-install')]]) {
    const [said, history] = await run(objects)
    expect(said).toMatch(/not ready\. status: InProgress, message: .*\ncontext canceled$/)
    expect(history).toMatch(/^v1 failed Release "web" failed: [^]*context canceled$/)
  }
})

test('[A22] as Helm 3 waits, only workloads are, and Jobs on request', async () => {
  const job: KubeObject = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'once' }, spec: {} }
  const run = async (objects: readonly KubeObject[], changes: Partial<ActionOptions>): Promise<boolean> => {
    const bench = createReleaseBench()
    bench.work = () => false
    return (await bench.run(installRelease(targetOf(), contentOf(objects), optionsOf(changes)))).ok
  }
  expect(await run([job], { waitFor: 'workloads' })).toBe(true)
  expect(await run([job], { waitFor: 'workloads', waitForJobs: true })).toBe(false)
  expect(await run([job], { waitFor: 'all' })).toBe(false)
  expect(await run([deployment('web')], { waitFor: 'workloads' })).toBe(false)
})

test('[A17] Jobs are waited for when asked; without, one that fails is enough to fail', async () => {
  const run = async (waitForJobs: boolean, fails: boolean): Promise<string> => {
    const bench = createReleaseBench()
    let rounds = 0
    bench.work = (cluster) => {
      rounds += 1
      const status = { startTime: 'now', ...(fails ? { conditions: [{ type: 'Failed', status: 'True' }] } : {}) }
      cluster.setStatus({ group: 'batch', kind: 'Job', namespace: 'shop', name: 'once' }, status)
      return rounds < 2
    }
    const job: KubeObject = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'once' }, spec: {} }
    return said(await bench.run(installRelease(targetOf(), contentOf([job]), optionsOf({ waitForJobs }))))
  }
  expect(await run(false, false)).toBe('ok v1 deployed')
  expect(await run(true, false)).toContain('context deadline exceeded')
  expect(await run(false, true)).toContain('resource Job/shop/once not ready. status: Failed')
})

test('[A18] while it waits, what others change of the objects is left to them', async () => {
  const bench = createReleaseBench()
  let rounds = 0
  bench.work = (cluster) => {
    rounds += 1
    if (rounds > 5) cluster.setStatus({ group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' }, ready)
    else
      cluster.edit({ group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' }, 'scaler', (live) => ({
        ...live,
        spec: { ...(live['spec'] as object), replicas: rounds + 1 },
      }))
    return true
  }
  const end = await bench.run(installRelease(targetOf(), contentOf([deployment('web')]), options))
  expect(said(end)).toBe('ok v1 deployed')
  expect(liveObject(bench, 'Deployment', 'web')?.['spec']).toMatchObject({ replicas: 6 })
})

const ready = {
  replicas: 6,
  updatedReplicas: 6,
  readyReplicas: 6,
  availableReplicas: 6,
  conditions: [{ type: 'Available', status: 'True' }],
}

test('[A19] objects that the server refuses are named in the words of helm, one after the other', async () => {
  const bench = createReleaseBench()
  const frozen = (name: string, data: object): KubeObject => ({ ...configMap(name), immutable: true, data })
  await bench.run(installRelease(targetOf(), contentOf([frozen('a', { v: '1' }), frozen('b', { v: '1' })]), options))
  const next = contentOf([frozen('a', { v: '2' }), frozen('b', { v: '2' }), configMap('c')])
  const end = await bench.run(upgradeRelease(targetOf(), next, options))
  const reason = 'data: Forbidden: field is immutable when `immutable` is set'
  const words = (name: string) => `server-side apply failed for object shop/${name} /v1, Kind=ConfigMap: ${reason}`
  expect(said(end)).toBe(`${words('a')} && ${words('b')}`)
  expect(bench.history().at(-1)).toBe(`v2 failed Upgrade "web" failed: ${words('a')} && ${words('b')}`)
  expect(objectsOf(bench)).toContain('ConfigMap/c')
  expect(said(await bench.run(upgradeRelease(targetOf(), next, optionsOf({ force: true }))))).toBe('ok v3 deployed')
})

test('[A20] an action looks at the objects themselves, as a cache may not show yet what the one before did', async () => {
  const bench = createReleaseBench()
  const quick = optionsOf({ wait: false })
  await bench.run(installRelease(targetOf(), contentOf([configMap('a', { v: '1' })]), quick))
  bench.cluster.freezeCache()
  await bench.run(upgradeRelease(targetOf(), contentOf([configMap('a', { v: '2' })]), quick))
  await bench.run(rollbackRelease(targetOf(), 1, quick))
  expect(liveObject(bench, 'ConfigMap', 'a')?.['data']).toEqual({ v: '1' })
})
