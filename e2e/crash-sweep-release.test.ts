import { beforeAll, expect, test, vi } from 'vitest'

import { faults } from './crash-sweep/faults.ts'
import { runRelease, type ReleaseResult } from './crash-sweep/release-world.ts'
import type { Strike } from './crash-sweep/world.ts'

/** The sweep over the life of a HelmRelease: every write of its records, objects, HelmChart and status. */

/** In simulated time nothing may go on beside the event loop: charts are packed in it, not in a thread. */
vi.mock(import('node:zlib'), async (load) => {
  const zlib = await load()
  const gzip = (bytes: Uint8Array, options: object, done: (error: null, packed: Uint8Array) => void): void => {
    done(null, zlib.gzipSync(bytes, options))
  }
  return { ...zlib, gzip: gzip as typeof zlib.gzip }
})

const slow = 240_000
let reference: ReleaseResult

beforeAll(async () => {
  reference = await runRelease(() => undefined)
}, slow)

test('the undisturbed agent installs, upgrades, rolls back, mends and uninstalls', () => {
  expect(reference.violations).toEqual([])
  expect(reference.states).toEqual({
    install: ['ConfigMap/a one', 'ConfigMap/b one', 'ConfigMap/bystander ', 'HelmChart/flux-system-web', 'deployed: 1'],
    upgrade: ['ConfigMap/a two', 'ConfigMap/bystander ', 'ConfigMap/c two', 'HelmChart/flux-system-web', 'deployed: 1'],
    fail: ['ConfigMap/a two', 'ConfigMap/bystander ', 'ConfigMap/c two', 'HelmChart/flux-system-web', 'deployed: 1'],
    mend: ['ConfigMap/a four', 'ConfigMap/bystander ', 'ConfigMap/e four', 'HelmChart/flux-system-web', 'deployed: 1'],
    uninstall: ['ConfigMap/bystander ', 'deployed: 0'],
  })
})

function expectConverged(result: ReleaseResult, what: string): void {
  expect({ what, violations: result.violations }).toEqual({ what, violations: [] })
  expect({ what, states: result.states }).toEqual({ what, states: reference.states })
}

/** Dies once in every phase, at its n-th write. */
function crashAt(index: number, isCarriedOut: boolean): Strike {
  const done = new Set<string>()
  return (seen, _call, world) => {
    if (done.has(seen.phase) || seen.index !== index) return undefined
    done.add(seen.phase)
    const die = async (): Promise<never> => {
      if (isCarriedOut) await world.perform()
      world.kill()
      return new Promise<never>(() => {})
    }
    return die()
  }
}

test.each([
  ['before', false],
  ['in', true],
] as const)(
  'the agent may die %s any write of a release, and none is ever stuck',
  async (position, isCarriedOut) => {
    const most = Math.max(...reference.calls.map((call) => call.index)) + 1
    // Dying before a write is dying after the one before it: every second of them is enough.
    const step = isCarriedOut ? 1 : 2
    let kills = 0
    for (let index = 0; index < most; index += step) {
      const result = await runRelease(crashAt(index, isCarriedOut))
      expectConverged(result, `died ${position} write ${index}`)
      kills += result.kills
    }
    expect(kills).toBeGreaterThanOrEqual(most / step)
  },
  slow,
)

test.each(faults.map((fault) => [fault.name, fault] as const))(
  'every write of a release may be answered once with %s',
  async (name, fault) => {
    const struck = new Set<string>()
    const result = await runRelease((seen, call, world) => {
      // Each revision has a record of its own.
      const key = `${seen.phase} ${seen.text.replace(/\.v\d+$/, '')}`
      if (struck.has(key)) return undefined
      struck.add(key)
      return fault.strike(call, world.perform)
    })
    expectConverged(result, name)
    expect(struck.size).toBeGreaterThan(30)
  },
  slow,
)

test('a release whose records are refused for ever is tried ever more rarely', async () => {
  let tries = 0
  const refused = {
    status: 422,
    body: { kind: 'Status', status: 'Failure', code: 422, reason: 'Invalid', message: 'no' },
  }
  const run = runRelease((seen) => {
    if (seen.text !== 'POST /api/v1/namespaces/flux-system/secrets') return undefined
    tries += 1
    return Promise.resolve(refused)
  })
  await expect(run).rejects.toThrow('install did not converge')
  expect(tries).toBeGreaterThan(8)
  expect(tries).toBeLessThan(80)
})
