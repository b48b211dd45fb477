import { beforeAll, expect, test, vi } from 'vitest'

import type { AgentResult } from './crash-sweep/agent-run.ts'
import { faults } from './crash-sweep/faults.ts'
import { runRelease } from './crash-sweep/release-world.ts'
import { dieAtEveryWrite, faultEveryWrite } from './crash-sweep/sweeps.ts'
import type { SeenCall } from './crash-sweep/world.ts'

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
let reference: AgentResult

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

test.each(['before', 'in'] as const)(
  'the agent may die %s any write of a release, and none is ever stuck',
  async (position) => {
    await dieAtEveryWrite({ run: runRelease, reference }, position)
  },
  slow,
)

test.each(faults.map((fault) => [fault.name, fault] as const))(
  'every write of a release may be answered once with %s',
  async (_, fault) => {
    // Each revision has a record of its own.
    const nameOf = ({ text }: SeenCall): string => text.replace(/\.v\d+$/, '')
    const struck = await faultEveryWrite({ run: runRelease, reference }, fault, nameOf)
    expect(struck).toBeGreaterThan(30)
  },
  slow,
)

test(
  'what a source has new reaches its users also when the first write of its status fails',
  async () => {
    let isStruck = false
    const result = await runRelease(({ phase, text }) => {
      if (phase !== 'mend' || isStruck || !text.includes('/gitrepositories/repo/status')) return undefined
      isStruck = true
      return Promise.resolve({
        status: 409,
        body: { kind: 'Status', status: 'Failure', code: 409, reason: 'Conflict' },
      })
    })
    // The broken chart of before is tried until the second write, a moment later; not until the chart's next interval.
    const revisions = result.calls.filter(({ phase, text }) => phase === 'mend' && /^POST .*\/secrets$/.test(text))
    expect(isStruck).toBe(true)
    expect(revisions.length).toBeLessThan(6)
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
