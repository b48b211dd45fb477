import { beforeAll, expect, test } from 'vitest'

import type { AgentResult } from './crash-sweep/agent-run.ts'
import { runAgent } from './crash-sweep/agent-world.ts'
import { faults } from './crash-sweep/faults.ts'
import { dieAtEveryWrite, faultEveryWrite } from './crash-sweep/sweeps.ts'

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

test.each(['before', 'in'] as const)(
  '[R1] the agent may die %s any write and ends where it would have ended',
  async (position) => {
    await dieAtEveryWrite({ run: runAgent, reference }, position)
  },
  slow,
)

test.each(faults.map((fault) => [fault.name, fault] as const))(
  '[R2] every write of the agent may be answered once with %s',
  async (_, fault) => {
    const struck = await faultEveryWrite({ run: runAgent, reference }, fault, ({ text }) => text)
    expect(struck).toBeGreaterThan(70)
  },
  slow,
)
