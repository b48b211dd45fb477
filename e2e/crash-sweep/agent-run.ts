import { createAgent, inlineHelmRender, inlineRender, type Agent } from '@kedge/agent'
import { createCluster, localTransport, type Cluster, type LocalApi, type LocalApiCall } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'
import type { GitSource } from '@kedge/source'
import type { FileTree } from '@kedge/tree'

import { unservedArtifacts } from '../../packages/assembly/agent/src/testing/unserved-artifacts.ts'
import { createSimulatedServer } from './simulated-server.ts'
import { createSimulatedTime, seededRandom, timersOf, type SimulatedTime } from './simulated-time.ts'
import type { SeenCall, Strike } from './world.ts'

/** What came of a run of the whole agent. */
export interface AgentResult {
  readonly violations: readonly string[]
  readonly calls: readonly SeenCall[]
  /** What is in the cluster at the end of each phase. */
  readonly states: Readonly<Record<string, readonly string[]>>
  readonly kills: number
}

/** The namespace of the objects that order something; the GitRepository in it is `repo`. */
export const home = 'flux-system'

/** What an agent is put through, over one server. */
export interface Scenario<Phase extends { readonly name: string }> {
  readonly phases: readonly Phase[]
  /** The start of the repository's commit in a phase. */
  commitOf(phase: Phase): string
  treeOf(phase: Phase): FileTree
  /** What is there before the agent starts, the namespace aside. */
  prepare(): Promise<void>
  /** Writes the object that asks for the repository's content. */
  order(): Promise<void>
  /** Begins a phase and says what changes with it: what the repository holds, or an object. */
  begin(phase: Phase): Promise<'content' | 'object'>
  isOver(phase: Phase): Promise<boolean>
  /** Looks at a call that is about to be carried out. */
  check(call: LocalApiCall, phase: Phase): Promise<void>
  endState(phase: Phase): Promise<readonly string[]>
  /** How things stand, for a run that does not get on. */
  describe(): Promise<string>
}

/** A scenario over a server; what must never happen goes to `violations`. */
export type ScenarioMaker<Phase extends { readonly name: string }> = (
  admin: LocalApi,
  violations: string[],
) => Scenario<Phase>

/** More jumps of time than these mean that the engine does not get on. */
const maxJumps = 400
/** Turns of the event loop without a write after which time passes. */
const quietTurns = 8

/** Brings a scenario through its phases with the real agent, restarting it whenever it dies. */
export async function runScenario<Phase extends { readonly name: string }>(
  make: ScenarioMaker<Phase>,
  strike: Strike,
): Promise<AgentResult> {
  const time = createSimulatedTime(Date.UTC(2026, 0, 1))
  const server = await createSimulatedServer(time)
  try {
    const violations: string[] = []
    const admin = server.local()
    return await new AgentRun({ admin, time, strike, violations, scenario: make(admin, violations) }).run()
  } finally {
    await server.close()
  }
}

/** Creates an object; throws when the server does not answer that it did. */
export async function create(admin: LocalApi, path: string, body: KubeObject): Promise<void> {
  const answer = await admin.request({ method: 'POST', path, body })
  if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
}

interface Life {
  readonly agent: Agent
  readonly cluster: Cluster
  readonly started: Promise<void>
  readonly isAlive: () => boolean
}

interface Parts<Phase extends { readonly name: string }> {
  readonly admin: LocalApi
  readonly time: SimulatedTime
  readonly strike: Strike
  readonly violations: readonly string[]
  readonly scenario: Scenario<Phase>
}

class AgentRun<Phase extends { readonly name: string }> {
  readonly #admin: LocalApi
  readonly #time: SimulatedTime
  readonly #parts: Parts<Phase>
  readonly #calls: SeenCall[] = []
  readonly #states: Record<string, readonly string[]> = {}
  #phase: Phase
  /** The phase, or `start` before the first. */
  #step = 'start'
  #index = 0
  #kills = 0

  constructor(parts: Parts<Phase>) {
    this.#admin = parts.admin
    this.#time = parts.time
    this.#parts = parts
    const [first] = parts.scenario.phases
    if (first === undefined) throw new Error('no phases')
    this.#phase = first
  }

  async run(): Promise<AgentResult> {
    const { scenario, violations } = this.#parts
    await create(this.#admin, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } })
    await scenario.prepare()
    let life = await this.#until(this.#start(), (one) =>
      one.started.then(
        () => true,
        () => false,
      ),
    )
    await create(this.#admin, `/apis/source.toolkit.fluxcd.io/v1/namespaces/${home}/gitrepositories`, {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'repo', namespace: home },
      spec: { url: 'https://git.example.com/repo', interval: '1m', ref: { branch: 'main' } },
    })
    await scenario.order()
    for (const phase of scenario.phases) {
      this.#phase = phase
      this.#step = phase.name
      this.#index = 0
      const changed = await scenario.begin(phase)
      if (changed === 'content' && life.isAlive()) life.agent.notifySource(home, 'repo')
      life = await this.#until(life, () => scenario.isOver(phase))
      this.#states[phase.name] = await scenario.endState(phase)
    }
    await this.#close(life)
    return { violations, calls: this.#calls, states: this.#states, kills: this.#kills }
  }

  /** A request that is never answered ends with its own time limit, for which time has to pass. */
  async #close(life: Life): Promise<void> {
    const state = { isClosed: false }
    const closing = life.agent[Symbol.asyncDispose]().then(() => (state.isClosed = true))
    while (!state.isClosed) {
      await nextTurn()
      this.#time.jump()
    }
    await closing
    await life.cluster.close()
  }

  #start(): Life {
    let alive = true
    const ports = { clock: this.#time.clock, timers: timersOf(this.#time, () => alive), random: seededRandom(1) }
    const api = this.#apiFor({ isAlive: () => alive, kill: () => (alive = false) })
    const cluster = createCluster({ name: 'sweep', namespace: 'default' }, ports, {
      transport: localTransport(api),
      retries: 0,
    })
    const agent = createAgent({
      cluster,
      ...ports,
      git: this.#git(),
      http: { request: () => Promise.reject(new Error('no server is reached here')) },
      render: inlineRender(),
      renderHelm: inlineHelmRender(),
      artifacts: unservedArtifacts,
    })
    const started = agent.start()
    // An agent that cannot start ends, and whoever supervises it starts another one.
    started.catch(() => (alive = false))
    return { agent, cluster, started, isAlive: () => alive }
  }

  #apiFor(life: { isAlive(): boolean; kill(): void }): LocalApi {
    return {
      request: async (call) => {
        if (!life.isAlive()) return new Promise(() => {})
        const seen = { phase: this.#step, index: this.#index, text: `${call.method} ${call.path.split('?')[0] ?? ''}` }
        // Only writes are places to die: a read changes nothing.
        const isWrite = call.method !== 'GET' && !call.path.includes('dryRun')
        if (isWrite) {
          this.#index += 1
          this.#calls.push(seen)
        }
        const perform = async (): ReturnType<LocalApi['request']> => {
          await this.#parts.scenario.check(call, this.#phase)
          return this.#admin.request(call)
        }
        const struck = isWrite ? this.#parts.strike(seen, call, { perform, kill: () => life.kill() }) : undefined
        const answer = await (struck ?? perform())
        return life.isAlive() ? answer : new Promise(() => {})
      },
      watch: (path, onEvent) =>
        this.#admin.watch(path, (event) => {
          if (life.isAlive()) onEvent(event)
        }),
    }
  }

  /** A repository whose main branch is at the phase's commit. */
  #git(): GitSource {
    const { scenario } = this.#parts
    const commitOf = (phase: Phase): string => scenario.commitOf(phase).padEnd(40, '0')
    return {
      resolve: () => {
        const commit = commitOf(this.#phase)
        return Promise.resolve({ revision: `main@sha1:${commit}`, commit, want: commit, ref: 'refs/heads/main' })
      },
      fetch: (_spec, resolved) => {
        const phase = scenario.phases.find((one) => commitOf(one) === resolved.commit) ?? this.#phase
        const who = { name: 'a', email: 'a@example.com', seconds: 0, offset: '+0000' }
        const commit = {
          oid: resolved.commit,
          tree: '',
          parents: [],
          author: who,
          committer: who,
          message: phase.name,
          raw: new Uint8Array(),
        }
        const artifact = { revision: resolved.revision, commit, tree: scenario.treeOf(phase) }
        return Promise.resolve(artifact as unknown as Awaited<ReturnType<GitSource['fetch']>>)
      },
      relation: () => Promise.resolve('forward' as const),
      cacheUse: () => ({ repositories: 1, bytes: 0 }),
    }
  }

  /** Lets the agent work, time pass and dead agents be replaced until it is over. */
  async #until(first: Life, isOver: (life: Life) => Promise<boolean>): Promise<Life> {
    let life = first
    let jumps = 0
    let quiet = 0
    let before = -1
    for (;;) {
      // Charts are packed in threads of their own: a turn of the event loop has to give them a chance.
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (!life.isAlive()) {
        this.#kills += 1
        life = this.#start()
      } else if (await Promise.race([isOver(life), nextTurn()])) return life
      quiet = before === this.#calls.length ? quiet + 1 : 0
      before = this.#calls.length
      if (quiet < quietTurns) continue
      jumps += 1
      if (jumps > maxJumps)
        throw new Error(`[I7] ${this.#phase.name} did not converge: ${await this.#parts.scenario.describe()}`)
      this.#time.jump()
    }
  }
}

function nextTurn(): Promise<false> {
  return new Promise((resolve) => setImmediate(() => resolve(false)))
}
