import { beforeAll, expect, test } from 'vitest'

import { faults } from './crash-sweep/faults.ts'
import { seededRandom } from './crash-sweep/simulated-time.ts'
import {
  createHost,
  runWorld,
  type Host,
  type RunOptions,
  type RunResult,
  type SeenCall,
  type Strike,
} from './crash-sweep/world.ts'

/**
 * Mode A of the fault model: install, update, prune, an empty result by mistake and removal over 50 objects. The
 * engine dies before, in and after every request, and every request is answered by every error; then it goes on by
 * itself. After every step the invariants are checked, at the end of every phase the state of the undisturbed run.
 */

/** Worlds of one server; more of them slow its discovery down. */
const worldsPerHost = 40
const slow = 240_000

let host: Host
let worlds = 0
let reference: RunResult

const undisturbed: Strike = () => undefined

async function sweep(strike: Strike, options: Partial<RunOptions> = {}): Promise<RunResult> {
  if (worlds % worldsPerHost === 0) host = await createHost()
  worlds += 1
  return runWorld(host, { world: `w${worlds}`, strike, until: 'remove', ...options })
}

/** Everything that must hold of a disturbed run. */
function expectConverged(result: RunResult, what: string): void {
  expect({ what, violations: result.violations }).toEqual({ what, violations: [] })
  expect({ what, idleWrites: result.idleWrites }).toEqual({ what, idleWrites: [] })
  expect({ what, states: result.states }).toEqual({ what, states: reference.states })
  // The pass that something went wrong in, and three more: discovery is asked anew at most once a second.
  expect(result.passesAfterFault, what).toBeLessThanOrEqual(4)
}

/** The requests of the undisturbed run by phase, its idle passes left out. */
function requestsOf(result: RunResult): ReadonlyMap<string, readonly SeenCall[]> {
  const work = result.calls.filter((call) => call.index < (result.work[call.phase] ?? 0))
  return Map.groupBy(work, (call) => call.phase)
}

/** `/api`, `/apis`, `/api/v1`, `/apis/<group>/<version>`: one of them is as good a place to die as all. */
function isDiscovery(call: SeenCall): boolean {
  return /^GET \/apis?(\/[^/]+){0,2}$/.test(call.text)
}

beforeAll(async () => {
  reference = await sweep(undisturbed)
}, slow)

test('the undisturbed run goes through all phases without a violation, and idle passes write nothing', () => {
  expect(reference.violations).toEqual([])
  expect(reference.idleWrites).toEqual([])
  const sizes = Object.entries(reference.states).map(([phase, state]) => `${phase} ${state.length}`)
  expect(sizes).toEqual(['install 50', 'update 51', 'prune 39', 'empty 39', 'remove 1'])
})

test('[R6] the same run gives the same requests in the same order', async () => {
  const again = await sweep(undisturbed)
  const plain = (result: RunResult, world: string): readonly string[] =>
    result.calls.map((call) => `${call.phase} ${call.index} ${call.text.replaceAll(world, 'WORLD')}`)
  expect(plain(again, `w${worlds}`)).toEqual(plain(reference, 'w1'))
})

type Position = 'before' | 'in' | 'after'

/** Dies once in every phase, at one of its requests. */
function crashAt(points: ReadonlyMap<string, number>, position: Position): Strike {
  const done = new Set<string>()
  let dieNext: (() => void) | undefined
  return (seen, _call, world) => {
    if (dieNext !== undefined) {
      dieNext()
      dieNext = undefined
      return new Promise(() => {})
    }
    if (done.has(seen.phase) || points.get(seen.phase) !== seen.index) return undefined
    done.add(seen.phase)
    if (position === 'after') {
      dieNext = () => world.kill()
      return world.perform()
    }
    return die(world, position === 'in')
  }
}

async function die(world: Parameters<Strike>[2], isCarriedOut: boolean): Promise<never> {
  if (isCarriedOut) await world.perform()
  world.kill()
  return new Promise<never>(() => {})
}

test.each(['before', 'in', 'after'] as const)(
  '[R1] the engine may die %s every request and ends where it would have ended',
  async (position) => {
    const phases = [...requestsOf(reference)].map(([phase, calls]): [string, readonly number[]] => [
      phase,
      calls
        .filter((call, place) => !isDiscovery(call) || place === 0)
        // A read changes nothing, so dying in it or after it is dying before what comes next.
        .filter((call) => position === 'before' || !call.text.startsWith('GET '))
        .map((call) => call.index),
    ])
    const rounds = Math.max(...phases.map(([, indexes]) => indexes.length))
    const expected = phases.reduce((sum, [, indexes]) => sum + indexes.length, 0)
    let kills = 0
    for (let round = 0; round < rounds; round += 1) {
      const points = new Map(
        phases.flatMap(([phase, indexes]) => indexes.slice(round, round + 1).map((index) => [phase, index] as const)),
      )
      const result = await sweep(crashAt(points, position), { concurrency: round % 2 === 0 ? 8 : 1 })
      expectConverged(result, `died ${position} ${JSON.stringify([...points])}`)
      kills += result.kills
    }
    // A death after the last request of a phase comes when the phase has ended.
    expect(kills).toBeGreaterThanOrEqual(expected - phases.length)
    expect(kills).toBeGreaterThanOrEqual(position === 'before' ? 350 : 110)
  },
  slow,
)

test.each(faults.map((fault) => [fault.name, fault] as const))(
  '[R2] every request may be answered once with %s',
  async (name, fault) => {
    for (const every of [1, 5]) {
      const struck = new Set<string>()
      const result = await sweep((seen, call, world) => {
        const key = `${seen.phase} ${seen.text}`
        if (struck.has(key) || seen.index % every !== 0) return undefined
        struck.add(key)
        return fault.strike(call, world.perform)
      })
      expectConverged(result, `${name}, one request in ${every}`)
      expect(struck.size).toBeGreaterThan(300 / every)
    }
  },
  slow,
)

test(
  '[R3] any mixture of deaths and errors, seeded, ends where the undisturbed run ends',
  async () => {
    for (let seed = 1; seed <= 25; seed += 1) {
      const random = seededRandom(seed)
      let budget = 40
      const result = await sweep((_seen, call, world) => {
        if (budget === 0 || random.next() > 0.06) return undefined
        budget -= 1
        if (random.next() < 0.3) return die(world, random.next() < 0.5)
        return faults[Math.floor(random.next() * faults.length)]?.strike(call, world.perform)
      })
      expectConverged(result, `seed ${seed}`)
    }
  },
  slow,
)

test('the sweep notices an engine that does not record ahead', async () => {
  const { violations } = await sweep(undisturbed, { until: 'install', forgetsRecord: true })
  expect(violations.length).toBeGreaterThan(40)
  expect(violations[0]).toContain('[I4] written before it was recorded')
})
