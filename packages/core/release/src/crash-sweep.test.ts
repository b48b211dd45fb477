import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { installRelease } from './actions/install-release.ts'
import { rollbackRelease } from './actions/rollback-release.ts'
import { testRelease } from './actions/test-release.ts'
import { uninstallRelease } from './actions/uninstall-release.ts'
import { unlockRelease } from './actions/unlock-release.ts'
import { upgradeRelease } from './actions/upgrade-release.ts'
import { readManifest } from './apply/read-manifest.ts'
import type { ActionEnd } from './model/action-end.ts'
import type { ReleaseProgram } from './model/effect.ts'
import type { ReleaseContent } from './model/target.ts'
import { readHistory } from './records/read-history.ts'
import {
  configMap,
  contentOf,
  createReleaseBench,
  deployment,
  hookJob,
  objectsOf,
  optionsOf,
  targetOf,
  type ReleaseBench,
} from './testing/release-bench.ts'
import { Crash, createStriker, type Striker, type StrikeKind } from './testing/strike.ts'

/**
 * A release goes through its life: installed with a definition, tested, upgraded, upgraded to what never gets ready and rolled back, uninstalled.
 * The process dies once before or after each write, and each request fails once in each way. Whoever comes next looks at
 * the records alone, unlocks what is pending, and goes on.
 */

const options = optionsOf({ timeoutMs: 30_000, maxHistory: 4 })

const definition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'lamps.example.com' },
  spec: { group: 'example.com', scope: 'Namespaced', names: { kind: 'Lamp' }, versions: [{ name: 'v1' }] },
}
const lamp: KubeObject = { apiVersion: 'example.com/v1', kind: 'Lamp', metadata: { name: 'desk' } }
const crds = [{ path: 'web/crds/lamp.yaml', text: JSON.stringify(definition) }]

const firstObjects = [
  configMap('settings'),
  deployment('web'),
  lamp,
  hookJob('check', 'test', { policy: 'before-hook-creation,hook-succeeded' }),
  hookJob('prepare', 'pre-install,pre-upgrade'),
  hookJob('announce', 'post-install', { policy: 'hook-succeeded' }),
  hookJob('farewell', 'pre-delete', { policy: 'before-hook-creation,hook-succeeded' }),
]
const first = contentOf(firstObjects, { crds })
const second = contentOf([
  configMap('more'),
  deployment('web', { image: 'b' }),
  hookJob('prepare', 'pre-install,pre-upgrade'),
  hookJob('farewell', 'pre-delete', { policy: 'before-hook-creation,hook-succeeded' }),
])
const broken = contentOf([configMap('extra'), deployment('web'), deployment('bad', { fails: true })])

interface Phase {
  readonly name: string
  /** The next action for what the records say; undefined when the phase is done. */
  next(releases: Releases): ReleaseProgram<ActionEnd> | undefined
  readonly objects: readonly string[]
}

type Releases = ReturnType<ReleaseBench['records']>

const target = targetOf()

function toContent(content: ReleaseContent) {
  return (releases: Releases): ReleaseProgram<ActionEnd> | undefined => {
    const last = releases.at(-1)
    if (last === undefined) return installRelease(target, content, options)
    if (last.info.status === 'deployed' && last.manifest === content.manifest) return undefined
    return upgradeRelease(target, content, options)
  }
}

/** Until the broken revision was tried, it is tried; then the good one is brought back. */
function tryBroken(releases: Releases): ReleaseProgram<ActionEnd> | undefined {
  const last = releases.at(-1)
  const wasTried = releases.some(({ manifest }) => manifest === broken.manifest)
  if (!wasTried) return upgradeRelease(target, broken, options)
  if (last?.info.status === 'deployed') return undefined
  const good = releases.findLast(({ manifest, info }) => manifest === second.manifest && info.status !== 'failed')
  return rollbackRelease(target, good?.version ?? 0, options)
}

/** Until the test has succeeded, it is run. */
function tryTests(releases: Releases): ReleaseProgram<ActionEnd> | undefined {
  const check = releases.at(-1)?.hooks.find(({ name }) => name === 'check')
  return check?.lastRun.phase === 'Succeeded' ? undefined : testRelease(target, { ...options, filters: [] })
}

const kept = 'CustomResourceDefinition/lamps.example.com'
const installed = ['ConfigMap/settings', kept, 'Deployment/web', 'Job/prepare', 'Lamp/desk']
const upgraded = ['ConfigMap/more', kept, 'Deployment/web', 'Job/prepare']

const phases: readonly Phase[] = [
  {
    name: 'install',
    next: toContent(first),
    objects: installed,
  },
  { name: 'test', next: tryTests, objects: installed },
  { name: 'upgrade', next: toContent(second), objects: upgraded },
  { name: 'rollback', next: tryBroken, objects: upgraded },
  {
    name: 'uninstall',
    next: (releases) => (releases.length === 0 ? undefined : uninstallRelease(target, options)),
    // Hooks without a policy to the contrary stay, as Helm leaves them, and so do definitions.
    objects: [kept, 'Job/prepare'],
  },
]

/** More turns than these mean that the release is stuck. */
const maxTurns = 8

interface LifeEnd {
  readonly steps: number
  readonly turns: Readonly<Record<string, number>>
}

async function live(striker: Striker): Promise<LifeEnd> {
  const bench = createReleaseBench()
  const turns: Record<string, number> = {}
  for (const phase of phases) {
    let count = 0
    while (await turn(bench, phase, striker)) {
      count += 1
      checkRecords(bench)
      if (count > maxTurns) throw new Error(`stuck in ${phase.name}: ${JSON.stringify(bench.history())}`)
    }
    turns[phase.name] = count
    expect({ phase: phase.name, objects: objectsOf(bench) }).toEqual({ phase: phase.name, objects: phase.objects })
    const statuses = bench.records().map(({ info }) => info.status)
    expect(statuses.filter((status) => status.startsWith('pending') || status === 'uninstalling')).toEqual([])
    expect(statuses.filter((status) => status === 'deployed').length).toBe(phase.name === 'uninstall' ? 0 : 1)
  }
  return { steps: striker.count, turns }
}

/** One reconcile: what a crash left is unlocked, then the next action runs. False when there is nothing to do. */
async function turn(bench: ReleaseBench, phase: Phase, striker: Striker): Promise<boolean> {
  try {
    const history = await bench.run(striker.wrap(readHistory(target)))
    if (!history.ok) return true
    const unlocked = await bench.run(striker.wrap(unlockRelease(target, () => 'unlocked')))
    if (unlocked !== undefined) return true
    const action = phase.next(history.releases)
    if (action === undefined) return false
    await bench.run(striker.wrap(action))
  } catch (error) {
    if (!(error instanceof Crash)) throw error
  }
  return true
}

/** Whatever is in the cluster is named by a record, so that it can be uninstalled. */
function checkRecords(bench: ReleaseBench): void {
  const named = new Set(
    bench.records().flatMap(({ manifest, hooks }) => {
      const texts = [manifest, ...hooks.map((hook) => hook.manifest)]
      return texts.flatMap((text) => {
        const read = readManifest(text)
        return read.ok ? read.value.map(({ object }) => `${object.kind}/${object.metadata.name ?? ''}`) : []
      })
    }),
  )
  const left = [kept, ...(bench.records().length === 0 ? ['Job/prepare'] : [])]
  expect(objectsOf(bench).filter((name) => !named.has(name) && !left.includes(name))).toEqual([])
}

const undisturbed = { install: 1, test: 1, upgrade: 1, rollback: 2, uninstall: 1 }

test('[C1] the undisturbed life takes one action for each phase, and a rollback after the failure', async () => {
  const { steps, turns } = await live(createStriker(-1, undefined))
  expect(turns).toEqual(undisturbed)
  expect(steps).toBeGreaterThan(150)
})

test.each<[StrikeKind, number]>([
  ['crash-before', 35],
  ['crash-after', 35],
  ['refused', 150],
  ['lost', 80],
  ['lost-answer', 35],
])(
  '[C2] %s at any step ends in the state where the undisturbed life ends',
  async (kind, atLeast) => {
    let at = 0
    for (; ; at += 1) {
      const striker = createStriker(at, kind)
      const { turns } = await live(striker).catch((error: unknown) => {
        throw new Error(`${kind} at step ${at}`, { cause: error })
      })
      if (!striker.struck) break
      const more = Object.values(turns).reduce((sum, one) => sum + one, 0) - 6
      // Dying takes turns to unlock and to do again what was cut off; a single error takes none.
      expect(more, `${kind} at step ${at}`).toBeLessThanOrEqual(kind.startsWith('crash') ? 3 : 0)
    }
    expect(at).toBeGreaterThan(atLeast)
  },
  120_000,
)
