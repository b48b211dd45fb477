import type { ApiServer } from '@kedge/apiserver'
import type { LocalApi, LocalApiCall } from '@kedge/cluster'

import type { Perform } from './faults.ts'
import { checkTruth, checkWrite, endState, labelMark, recordPath, storedInventory, type Scene } from './invariants.ts'
import { startProcess, type Process } from './process.ts'
import { phasesOf, type Phase } from './scenario.ts'
import { createSimulatedServer } from './simulated-server.ts'
import { createSimulatedTime, type SimulatedTime } from './simulated-time.ts'

/** A server that many worlds share, each in its own namespace. */
export interface Host {
  readonly server: ApiServer
  readonly time: SimulatedTime
}

export async function createHost(): Promise<Host> {
  const time = createSimulatedTime(Date.UTC(2026, 0, 1))
  const server = await createSimulatedServer(time)
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kedge-record' } }
  await server.local().request({ method: 'POST', path: '/api/v1/namespaces', body })
  return { server, time }
}

/** A call of the engine as the sweep sees it. */
export interface SeenCall {
  readonly phase: string
  /** Counted from 0 within the phase. */
  readonly index: number
  readonly text: string
}

/** What happens to a call; undefined lets it pass. */
export type Strike = (
  seen: SeenCall,
  call: LocalApiCall,
  world: { readonly perform: Perform; kill(): void },
) => ReturnType<LocalApi['request']> | undefined

export interface RunResult {
  readonly violations: readonly string[]
  readonly calls: readonly SeenCall[]
  /** How many requests each phase took, its idle passes left out. */
  readonly work: Readonly<Record<string, number>>
  /** The state after each phase. */
  readonly states: Readonly<Record<string, readonly string[]>>
  readonly kills: number
  readonly passes: number
  /** The most passes that any phase took after the last thing that went wrong in it. */
  readonly passesAfterFault: number
  /** Calls of the extra pass at the end of each phase that were not reads. */
  readonly idleWrites: readonly string[]
}

export interface RunOptions {
  readonly world: string
  readonly strike: Strike
  /** The phases to go through, by name. */
  readonly until: string
  readonly concurrency?: number
  /** Leaves out the write-ahead of the record, to see that the sweep notices. */
  readonly forgetsRecord?: boolean
}

const maxPasses = 60

/** Runs a world through its phases, restarting the engine whenever it dies, and checks everything. */
export async function runWorld(host: Host, options: RunOptions): Promise<RunResult> {
  const runner = new WorldRun(host, options)
  return runner.run()
}

class WorldRun {
  readonly #host: Host
  readonly #options: RunOptions
  readonly #admin: LocalApi
  readonly #violations: string[] = []
  readonly #calls: SeenCall[] = []
  readonly #states: Record<string, readonly string[]> = {}
  readonly #idleWrites: string[] = []
  readonly #work: Record<string, number> = {}
  #phase: Phase
  #index = 0
  #kills = 0
  #passes = 0
  #passesAfterFault = 0
  #sinceFault = 0
  #strikes = true

  constructor(host: Host, options: RunOptions) {
    this.#host = host
    this.#options = options
    this.#admin = host.server.local()
    const [first] = phasesOf(options.world)
    if (first === undefined) throw new Error('no phases')
    this.#phase = first
  }

  async run(): Promise<RunResult> {
    let process = this.#start()
    for (const phase of phasesOf(this.#options.world)) {
      this.#phase = phase
      this.#index = 0
      process = await this.#untilSettled(process)
      this.#work[phase.name] = this.#index
      await this.#checkEnd()
      process = await this.#checkIdle(process)
      if (phase.name === this.#options.until) break
    }
    await process.loop.stop()
    return {
      violations: this.#violations,
      calls: this.#calls,
      work: this.#work,
      states: this.#states,
      kills: this.#kills,
      passes: this.#passes,
      passesAfterFault: this.#passesAfterFault,
      idleWrites: this.#idleWrites,
    }
  }

  get #scene(): Scene {
    const { world } = this.#options
    return {
      api: this.#admin,
      world,
      phase: this.#phase,
      violations: this.#violations,
      mark: labelMark(world),
      inventory: () => storedInventory(this.#admin, world),
      isBookkeeping: (path) => path === recordPath(world),
    }
  }

  #start(): Process {
    return startProcess({
      world: this.#options.world,
      time: this.#host.time,
      api: (life) => this.#apiFor(life),
      phase: () => this.#phase,
      onReady: () => checkTruth(this.#scene),
      concurrency: this.#options.concurrency ?? 8,
      forgetsRecord: this.#options.forgetsRecord ?? false,
    })
  }

  #apiFor(life: { isAlive(): boolean; kill(): void }): LocalApi {
    const api = this.#admin
    return {
      request: async (call) => {
        if (!life.isAlive()) return new Promise(() => {})
        const seen = {
          phase: this.#phase.name,
          index: this.#index,
          text: `${call.method} ${call.path.split('?')[0] ?? ''}`,
        }
        this.#index += 1
        this.#calls.push(seen)
        const perform: Perform = async () => {
          await checkWrite(call, this.#scene)
          return api.request(call)
        }
        const struck = this.#strikes
          ? this.#options.strike(seen, call, { perform, kill: () => life.kill() })
          : undefined
        if (struck !== undefined) this.#sinceFault = 0
        const answer = await (struck ?? perform())
        return life.isAlive() ? answer : new Promise(() => {})
      },
      watch: () => {
        throw new Error('the sweep does not watch')
      },
    }
  }

  /** Lets the process work, time pass and dead processes be replaced until the phase has ended as it should. */
  async #untilSettled(first: Process): Promise<Process> {
    let process = first
    let quiet = 0
    let before = -1
    let passes = 0
    this.#sinceFault = 0
    process.loop.wake('delivery', { fresh: true })
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (!process.isAlive()) process = this.#restart()
      passes += this.#count(process)
      if (passes > maxPasses) throw new Error(`[I7] ${this.#phase.name} did not converge: ${lastCause(process)}`)
      const isResting = process.loop.state('delivery')?.phase === 'resting'
      if (isResting && hasEnded(process)) return process
      quiet = before === this.#index ? quiet + 1 : 0
      before = this.#index
      // Time passes only when the process waits for it.
      if (isResting || quiet > 3) this.#host.time.jump()
    }
  }

  #restart(): Process {
    this.#kills += 1
    const process = this.#start()
    process.loop.wake('delivery')
    return process
  }

  #count(process: Process): number {
    const { length } = process.reports.splice(0)
    this.#passes += length
    this.#sinceFault += length
    this.#passesAfterFault = Math.max(this.#passesAfterFault, this.#sinceFault)
    return length
  }

  async #checkEnd(): Promise<void> {
    const scene = this.#scene
    const state = await endState(scene)
    this.#states[this.#phase.name] = state
    const live = state.map((text) => {
      const object = JSON.parse(text) as { kind: string; metadata: { name: string } }
      return `${object.kind}/${object.metadata.name.replaceAll('WORLD', this.#options.world)}`
    })
    const inventory = await scene.inventory()
    for (const key of live)
      if (!inventory.includes(key)) this.#violations.push(`${this.#phase.name}: [I4] orphan: ${key}`)
    for (const key of inventory)
      if (!live.includes(key)) this.#violations.push(`${this.#phase.name}: [I4] recorded but absent: ${key}`)
  }

  /** [I8] Neither one more pass of the same process nor the first of a new one writes. */
  async #checkIdle(process: Process): Promise<Process> {
    this.#strikes = false
    const from = this.#calls.length
    let next = await this.#untilSettled(process)
    next.kill()
    next = await this.#untilSettled(this.#start())
    const writes = this.#calls.slice(from).filter((one) => !one.text.startsWith('GET '))
    this.#idleWrites.push(...writes.map((one) => `${one.phase}: ${one.text}`))
    this.#strikes = true
    return next
  }
}

function hasEnded(process: Process): boolean {
  const kind = process.loop.state('delivery')?.last?.kind
  return kind === 'done' || kind === 'stalled'
}

function lastCause(process: Process): string {
  const last = process.loop.state('delivery')?.last
  return last?.kind === 'retry' ? last.cause : (last?.kind ?? 'nothing yet')
}
