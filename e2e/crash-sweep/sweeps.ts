import { expect } from 'vitest'

import type { AgentResult } from './agent-run.ts'
import type { Fault } from './faults.ts'
import type { SeenCall, Strike } from './world.ts'

/** What is swept: how to run it, and what an undisturbed run gave. */
export interface Swept {
  readonly run: (strike: Strike) => Promise<AgentResult>
  readonly reference: AgentResult
}

/** Dies once in every phase, at its n-th write, for every n; each run must end where the undisturbed one did. */
export async function dieAtEveryWrite({ run, reference }: Swept, position: 'before' | 'in'): Promise<void> {
  const most = Math.max(...reference.calls.map((call) => call.index)) + 1
  // Dying before a write is dying after the one before it: every second of them is enough.
  const step = position === 'in' ? 1 : 2
  let kills = 0
  for (let index = 0; index < most; index += step) {
    const result = await run(crashAt(index, position))
    expectConverged(result, reference, `died ${position} write ${index}`)
    kills += result.kills
  }
  // The last writes of a phase are events, which may come when the phase has ended.
  expect(kills).toBeGreaterThanOrEqual(most / step)
}

/** Answers each write of a phase once with the fault, and says how many that were. `nameOf` says which are one and the same. */
export async function faultEveryWrite(
  { run, reference }: Swept,
  fault: Fault,
  nameOf: (seen: SeenCall) => string,
): Promise<number> {
  const struck = new Set<string>()
  const result = await run((seen, call, world) => {
    const key = `${seen.phase} ${nameOf(seen)}`
    if (struck.has(key)) return undefined
    struck.add(key)
    return fault.strike(call, world.perform)
  })
  expectConverged(result, reference, fault.name)
  return struck.size
}

function crashAt(index: number, position: 'before' | 'in'): Strike {
  const done = new Set<string>()
  return (seen, _call, world) => {
    if (done.has(seen.phase) || seen.index !== index) return undefined
    done.add(seen.phase)
    const die = async (): Promise<never> => {
      if (position === 'in') await world.perform()
      world.kill()
      return new Promise<never>(() => {})
    }
    return die()
  }
}

function expectConverged(result: AgentResult, reference: AgentResult, what: string): void {
  expect({ what, violations: result.violations }).toEqual({ what, violations: [] })
  expect({ what, states: result.states }).toEqual({ what, states: reference.states })
}
