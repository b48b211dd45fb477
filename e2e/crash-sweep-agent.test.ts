import { beforeAll, expect, test } from 'vitest'

import { runAgent, type AgentResult } from './crash-sweep/agent-world.ts'
import { faults } from './crash-sweep/faults.ts'
import type { Strike } from './crash-sweep/world.ts'

/** The same sweep as over the engine, over everything: a Kustomization, its source, its status, the whole agent. */

const slow = 240_000
let reference: AgentResult

beforeAll(async () => {
  reference = await runAgent(() => undefined)
}, slow)

test('the undisturbed agent installs, updates and prunes 50 objects without a violation', () => {
  expect(reference.violations).toEqual([])
  const sizes = Object.entries(reference.states).map(([phase, state]) => `${phase} ${state.length}`)
  expect(sizes).toEqual(['install 50', 'update 51', 'prune 39'])
})

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

function expectConverged(result: AgentResult, what: string): void {
  expect({ what, violations: result.violations }).toEqual({ what, violations: [] })
  expect({ what, states: result.states }).toEqual({ what, states: reference.states })
}

test.each([
  ['before', false],
  ['in', true],
] as const)(
  '[R1] the agent may die %s any write and ends where it would have ended',
  async (position, isCarriedOut) => {
    const most = Math.max(...reference.calls.map((call) => call.index)) + 1
    let kills = 0
    // Dying before a write is dying after the one before it: every second of them is enough.
    const step = isCarriedOut ? 1 : 2
    for (let index = 0; index < most; index += step) {
      const result = await runAgent(crashAt(index, isCarriedOut))
      expectConverged(result, `died ${position} write ${index}`)
      kills += result.kills
    }
    // The last writes of a phase are events, which may come when the phase has ended.
    expect(kills).toBeGreaterThanOrEqual(most / step)
  },
  slow,
)

test.each(faults.map((fault) => [fault.name, fault] as const))(
  '[R2] every write of the agent may be answered once with %s',
  async (name, fault) => {
    const struck = new Set<string>()
    const result = await runAgent((seen, call, world) => {
      const key = `${seen.phase} ${seen.text}`
      if (struck.has(key)) return undefined
      struck.add(key)
      return fault.strike(call, world.perform)
    })
    expectConverged(result, name)
    expect(struck.size).toBeGreaterThan(70)
  },
  slow,
)
