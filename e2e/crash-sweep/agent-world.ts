import { createAgent, inlineHelmRender, inlineRender, type Agent } from '@kedge/agent'
import { createApiServer } from '@kedge/apiserver'
import { createCluster, localTransport, type Cluster, type LocalApi } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'
import type { GitSource } from '@kedge/source'
import { treeFromFiles, type FileTree } from '@kedge/tree'

import { checkTruth, checkWrite, endState, read, type Scene } from './invariants.ts'
import { phasesOf, type Phase } from './scenario.ts'
import { createSimulatedTime, seededRandom, timersOf, type SimulatedTime } from './simulated-time.ts'
import type { SeenCall, Strike } from './world.ts'

/** What came of a run of the whole agent. */
export interface AgentResult {
  readonly violations: readonly string[]
  readonly calls: readonly SeenCall[]
  readonly states: Readonly<Record<string, readonly string[]>>
  readonly kills: number
}

const world = 'shop'
const home = 'flux-system'
const names: readonly string[] = ['install', 'update', 'prune']
/** More jumps of time than these mean that the engine does not get on. */
const maxJumps = 400

/** Brings a Kustomization through the phases with the real agent, restarting it whenever it dies. */
export async function runAgent(strike: Strike): Promise<AgentResult> {
  const time = createSimulatedTime(Date.UTC(2026, 0, 1))
  const server = await createApiServer({
    listen: false,
    clock: time.clock,
    timers: time.timers,
    random: seededRandom(7),
    authorization: 'always-allow',
    profile: 'off',
  })
  try {
    return await new AgentRun(server.local(), time, strike).run()
  } finally {
    await server.close()
  }
}

interface Life {
  readonly agent: Agent
  readonly cluster: Cluster
  readonly started: Promise<void>
  readonly isAlive: () => boolean
}

class AgentRun {
  readonly #admin: LocalApi
  readonly #time: SimulatedTime
  readonly #strike: Strike
  readonly #violations: string[] = []
  readonly #calls: SeenCall[] = []
  readonly #states: Record<string, readonly string[]> = {}
  #phase: Phase
  /** The phase, or `start` before the first. */
  #step = 'start'
  #index = 0
  #kills = 0

  constructor(admin: LocalApi, time: SimulatedTime, strike: Strike) {
    this.#admin = admin
    this.#time = time
    this.#strike = strike
    const [first] = phasesOf(world)
    if (first === undefined) throw new Error('no phases')
    this.#phase = first
  }

  async run(): Promise<AgentResult> {
    await this.#create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } })
    let life = await this.#untilReady(this.#start(), (one) =>
      one.started.then(
        () => true,
        () => false,
      ),
    )
    await this.#order()
    for (const phase of phasesOf(world).filter((one) => names.includes(one.name))) {
      this.#phase = phase
      this.#step = phase.name
      this.#index = 0
      if (life.isAlive()) life.agent.notifySource(home, 'repo')
      life = await this.#untilReady(life, () => this.#isReady())
      await checkTruth(this.#scene)
      this.#states[phase.name] = await endState(this.#scene)
    }
    await life.agent[Symbol.asyncDispose]()
    await life.cluster.close()
    return { violations: this.#violations, calls: this.#calls, states: this.#states, kills: this.#kills }
  }

  get #scene(): Scene {
    return {
      api: this.#admin,
      world,
      phase: this.#phase,
      violations: this.#violations,
      mark: {
        selector: 'kustomize.toolkit.fluxcd.io/name=shop',
        confirms: (live) => live.metadata.labels?.['kustomize.toolkit.fluxcd.io/name'] === 'shop',
      },
      inventory: async () => {
        const status = (await this.#kustomization())?.['status'] as
          | { inventory?: { entries: { id: string }[] } }
          | undefined
        return (status?.inventory?.entries ?? []).map(({ id }) => keyOfId(id))
      },
      isBookkeeping: (path) =>
        path.includes('.toolkit.fluxcd.io') || path.includes('argoproj.io') || path.endsWith('/events'),
    }
  }

  #kustomization(): Promise<KubeObject | undefined> {
    return read(this.#admin, `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${home}/kustomizations/shop`)
  }

  /** The source and what is to be made of it, as a user would write them. */
  async #order(): Promise<void> {
    await this.#create(`/apis/source.toolkit.fluxcd.io/v1/namespaces/${home}/gitrepositories`, {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'repo', namespace: home },
      spec: { url: 'https://git.example.com/shop', interval: '1m', ref: { branch: 'main' } },
    })
    await this.#create(`/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${home}/kustomizations`, {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'shop', namespace: home },
      spec: { interval: '1h', prune: true, path: './', sourceRef: { kind: 'GitRepository', name: 'repo' } },
    })
  }

  async #create(path: string, body: KubeObject): Promise<void> {
    const answer = await this.#admin.request({ method: 'POST', path, body })
    if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
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
      artifacts: {
        publish: (path, tree) =>
          Promise.resolve({ path, url: `http://127.0.0.1/${path}`, digest: tree.digest, size: 1 }),
        publishFile: (path, { digest, size }) => ({ path, url: `http://127.0.0.1/${path}`, digest, size }),
        withdraw: () => undefined,
      },
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
        const seen = {
          phase: this.#step,
          index: this.#index,
          text: `${call.method} ${call.path.split('?')[0] ?? ''}`,
        }
        // Only writes are places to die: a read changes nothing.
        const isWrite = call.method !== 'GET' && !call.path.includes('dryRun')
        if (isWrite) {
          this.#index += 1
          this.#calls.push(seen)
        }
        const perform = async (): ReturnType<LocalApi['request']> => {
          await checkWrite(call, this.#scene)
          return this.#admin.request(call)
        }
        const struck = isWrite ? this.#strike(seen, call, { perform, kill: () => life.kill() }) : undefined
        const answer = await (struck ?? perform())
        return life.isAlive() ? answer : new Promise(() => {})
      },
      watch: (path, onEvent) =>
        this.#admin.watch(path, (event) => {
          if (life.isAlive()) onEvent(event)
        }),
    }
  }

  /** A repository whose main branch is at the phase's revision. */
  #git(): GitSource {
    const commitOf = (revision: string): string => revision.replace(/^.*:/, '').padEnd(40, '0')
    return {
      resolve: () => {
        const commit = commitOf(this.#phase.revision)
        return Promise.resolve({ revision: `main@sha1:${commit}`, commit, want: commit, ref: 'refs/heads/main' })
      },
      fetch: (_spec, resolved) => {
        const phase = phasesOf(world).find((one) => commitOf(one.revision) === resolved.commit) ?? this.#phase
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
        const artifact = { revision: resolved.revision, commit, tree: treeOf(phase) }
        return Promise.resolve(artifact as unknown as Awaited<ReturnType<GitSource['fetch']>>)
      },
      relation: () => Promise.resolve('forward' as const),
      cacheUse: () => ({ repositories: 1, bytes: 0 }),
    }
  }

  /** Lets the agent work, time pass and dead agents be replaced until the revision is ready. */
  async #untilReady(first: Life, isReady: (life: Life) => Promise<boolean>): Promise<Life> {
    let life = first
    await this.#settle(async () => {
      if (!life.isAlive()) {
        this.#kills += 1
        life = this.#start()
        return false
      }
      return isReady(life)
    })
    return life
  }

  async #isReady(): Promise<boolean> {
    const object = await this.#kustomization()
    const status = object?.['status'] as
      | { lastAppliedRevision?: string; conditions?: { type: string; status: string }[] }
      | undefined
    const wanted = this.#phase.revision.replace(/^.*:/, '').padEnd(40, '0')
    const isApplied = status?.lastAppliedRevision?.endsWith(wanted) === true
    return isApplied && status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true
  }

  async #settle(isDone: () => boolean | Promise<boolean>): Promise<void> {
    let jumps = 0
    let quiet = 0
    let before = -1
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (await Promise.race([isDone(), nextTurn()])) return
      quiet = before === this.#calls.length ? quiet + 1 : 0
      before = this.#calls.length
      if (quiet < 4) continue
      jumps += 1
      if (jumps > maxJumps) throw new Error(`[I7] ${this.#phase.name} did not converge`)
      this.#time.jump()
    }
  }
}

function nextTurn(): Promise<false> {
  return new Promise((resolve) => setImmediate(() => resolve(false)))
}

const trees = new Map<string, FileTree>()

function treeOf(phase: Phase): FileTree {
  const known = trees.get(phase.name)
  if (known !== undefined) return known
  const files = phase.objects.map(
    (object) => [`${object.kind}-${object.metadata.name ?? ''}.yaml`, JSON.stringify(object)] as const,
  )
  const tree = treeFromFiles(new Map(files))
  trees.set(phase.name, tree)
  return tree
}

/** `<namespace>_<name>_<group>_<Kind>` as `Kind/name`. */
function keyOfId(id: string): string {
  const parts = id.split('_')
  return `${parts.at(-1) ?? ''}/${parts.slice(1, -2).join('_')}`
}
