import { createAgent, inlineHelmRender, inlineRender, type Agent } from '@kedge/agent'
import { createApiServer } from '@kedge/apiserver'
import { createCluster, localTransport, type Cluster, type LocalApi } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'
import type { GitSource } from '@kedge/source'
import { treeFromFiles } from '@kedge/tree'

import { createSimulatedTime, seededRandom, timersOf, type SimulatedTime } from './simulated-time.ts'
import type { SeenCall, Strike } from './world.ts'

/** What came of a run over the life of one HelmRelease. */
export interface ReleaseResult {
  readonly violations: readonly string[]
  readonly calls: readonly SeenCall[]
  /** What is in the cluster at the end of each phase. */
  readonly states: Readonly<Record<string, readonly string[]>>
  readonly kills: number
}

const home = 'flux-system'
const maxJumps = 400

interface ReleasePhase {
  readonly name: string
  readonly version: string
  readonly files: Readonly<Record<string, string>>
  /** How the HelmRelease stands when the phase is over. */
  readonly ends: 'ready' | 'rolled-back' | 'gone'
}

function configMap(name: string, data: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {value: ${data}}\n`
}

const hook = `apiVersion: v1
kind: ConfigMap
metadata:
  name: prepare
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"}
`

/** An install, an upgrade that adds, changes and drops objects, one that is refused and rolled back, one that mends it, the end. */
const phases: readonly ReleasePhase[] = [
  {
    name: 'install',
    version: '1.0.0',
    files: { a: configMap('a', 'one'), b: configMap('b', 'one'), hook },
    ends: 'ready',
  },
  {
    name: 'upgrade',
    version: '2.0.0',
    files: { a: configMap('a', 'two'), c: configMap('c', 'two'), hook },
    ends: 'ready',
  },
  {
    name: 'fail',
    version: '3.0.0',
    files: { a: configMap('a', 'three'), d: configMap('Not_A_Name', 'x') },
    ends: 'rolled-back',
  },
  { name: 'mend', version: '4.0.0', files: { a: configMap('a', 'four'), e: configMap('e', 'four') }, ends: 'ready' },
  {
    name: 'uninstall',
    version: '4.0.0',
    files: { a: configMap('a', 'four'), e: configMap('e', 'four') },
    ends: 'gone',
  },
]

/** Brings a HelmRelease through its life with the real agent, restarting it whenever it dies. */
export async function runRelease(strike: Strike): Promise<ReleaseResult> {
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
    return await new ReleaseRun(server.local(), time, strike).run()
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

interface SeenRelease {
  readonly observedGeneration?: number
  readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  readonly lastAttemptedRevision?: string
}

const releasePath = `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${home}/helmreleases`

class ReleaseRun {
  readonly #admin: LocalApi
  readonly #time: SimulatedTime
  readonly #strike: Strike
  readonly #violations: string[] = []
  readonly #calls: SeenCall[] = []
  readonly #states: Record<string, readonly string[]> = {}
  #phase: ReleasePhase
  #step = 'start'
  #index = 0
  #kills = 0

  constructor(admin: LocalApi, time: SimulatedTime, strike: Strike) {
    this.#admin = admin
    this.#time = time
    this.#strike = strike
    const [first] = phases
    if (first === undefined) throw new Error('no phases')
    this.#phase = first
  }

  async run(): Promise<ReleaseResult> {
    await this.#create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } })
    const bystander = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'bystander', namespace: home } }
    await this.#create(`/api/v1/namespaces/${home}/configmaps`, bystander)
    let life = await this.#until(this.#start(), (one) =>
      one.started.then(
        () => true,
        () => false,
      ),
    )
    await this.#order()
    for (const phase of phases) {
      this.#phase = phase
      this.#step = phase.name
      this.#index = 0
      if (phase.ends === 'gone') await this.#admin.request({ method: 'DELETE', path: `${releasePath}/web` })
      else if (life.isAlive()) life.agent.notifySource(home, 'repo')
      life = await this.#until(life, () => this.#isOver())
      this.#states[phase.name] = await this.#endState()
    }
    await this.#close(life)
    return { violations: this.#violations, calls: this.#calls, states: this.#states, kills: this.#kills }
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

  async #order(): Promise<void> {
    await this.#create(`/apis/source.toolkit.fluxcd.io/v1/namespaces/${home}/gitrepositories`, {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'repo', namespace: home },
      spec: { url: 'https://git.example.com/web', interval: '1m', ref: { branch: 'main' } },
    })
    const sourceRef = { kind: 'GitRepository', name: 'repo' }
    await this.#create(releasePath, {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name: 'web', namespace: home },
      spec: {
        interval: '1h',
        chart: { spec: { chart: './chart', sourceRef, interval: '1m' } },
        install: { remediation: { retries: -1 } },
        // The faults of the sweep count as failures where the server refuses.
        upgrade: { remediation: { retries: -1 } },
      },
    })
  }

  async #create(path: string, body: KubeObject): Promise<void> {
    const answer = await this.#admin.request({ method: 'POST', path, body })
    if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
  }

  async #isOver(): Promise<boolean> {
    const answer = await this.#admin.request({ method: 'GET', path: `${releasePath}/web` })
    if (this.#phase.ends === 'gone') return answer.status === 404
    const object = answer.body as KubeObject
    const status: SeenRelease = object['status'] ?? {}
    if (status.lastAttemptedRevision !== this.#phase.version) return false
    const isTrue = (type: string): boolean =>
      status.conditions?.some((one) => one.type === type && one.status === 'True') ?? false
    if (status.observedGeneration !== object.metadata.generation) return false
    return this.#phase.ends === 'ready' ? isTrue('Ready') : isTrue('Remediated')
  }

  /** ConfigMaps with what they hold, records with their status, and what else there is of the release. */
  async #endState(): Promise<readonly string[]> {
    const configMaps = await this.#list(`/api/v1/namespaces/${home}/configmaps`)
    const records = await this.#list(`/api/v1/namespaces/${home}/secrets`)
    const charts = await this.#list(`/apis/source.toolkit.fluxcd.io/v1/namespaces/${home}/helmcharts`)
    const states = records.map(({ metadata }) => metadata.labels?.['status'] ?? '')
    const deployed = states.filter((one) => one === 'deployed').length
    const isStuck = states.some((one) => one.startsWith('pending') || one === 'uninstalling')
    if (isStuck) this.#violations.push(`${this.#phase.name}: a record is ${states.join(', ')}`)
    return [
      ...configMaps.map((one) => {
        const { value = '' } = (one['data'] ?? {}) as { readonly value?: string }
        return `ConfigMap/${one.metadata.name ?? ''} ${value}`
      }),
      `deployed: ${String(deployed)}`,
      ...charts.map(({ metadata }) => `HelmChart/${metadata.name ?? ''}`),
    ].toSorted()
  }

  /** How the HelmRelease and its records stand, for a run that does not get on. */
  async #describe(): Promise<string> {
    const answer = await this.#admin.request({ method: 'GET', path: `${releasePath}/web` })
    const records = await this.#list(`/api/v1/namespaces/${home}/secrets`)
    const states = records.map(({ metadata }) => `${metadata.name ?? ''} ${metadata.labels?.['status'] ?? ''}`)
    const sources = await this.#list(`/apis/source.toolkit.fluxcd.io/v1/namespaces/${home}/helmcharts`)
    const git = await this.#list(`/apis/source.toolkit.fluxcd.io/v1/namespaces/${home}/gitrepositories`)
    const shown = [...git, ...sources, answer.body as KubeObject].map((one) => conditionsOf(one))
    return [...states, ...shown].join('\n')
  }

  async #list(path: string): Promise<readonly KubeObject[]> {
    const answer = await this.#admin.request({ method: 'GET', path })
    return (answer.body as { readonly items: readonly KubeObject[] }).items
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
        const seen = { phase: this.#step, index: this.#index, text: `${call.method} ${call.path.split('?')[0] ?? ''}` }
        // Only writes are places to die: a read changes nothing.
        const isWrite = call.method !== 'GET' && !call.path.includes('dryRun')
        if (isWrite) {
          this.#index += 1
          this.#calls.push(seen)
          this.#check(call.method, call.path)
        }
        const perform = (): ReturnType<LocalApi['request']> => this.#admin.request(call)
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

  /** Nothing but the release's own may ever be written to. */
  #check(method: string, path: string): void {
    if (path.includes('/configmaps/bystander')) this.#violations.push(`${method} ${path}`)
  }

  #git(): GitSource {
    const commitOf = (phase: ReleasePhase): string => phase.version.replaceAll('.', '').padEnd(40, '0')
    return {
      resolve: () => {
        const commit = commitOf(this.#phase)
        return Promise.resolve({ revision: `main@sha1:${commit}`, commit, want: commit, ref: 'refs/heads/main' })
      },
      fetch: (_spec, resolved) => {
        const phase = phases.find((one) => commitOf(one) === resolved.commit) ?? this.#phase
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
        const artifact = { revision: resolved.revision, commit, tree: treeFromFiles(new Map(chartFiles(phase))) }
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
      if (quiet < 8) continue
      jumps += 1
      if (jumps > maxJumps) throw new Error(`${this.#phase.name} did not converge: ${await this.#describe()}`)
      this.#time.jump()
    }
  }
}

function nextTurn(): Promise<false> {
  return new Promise((resolve) => setImmediate(() => resolve(false)))
}

function chartFiles(phase: ReleasePhase): readonly (readonly [string, string])[] {
  const templates = Object.entries(phase.files).map(([name, text]) => [`chart/templates/${name}.yaml`, text] as const)
  return [['chart/Chart.yaml', `apiVersion: v2\nname: web\nversion: ${phase.version}\n`], ...templates]
}

function conditionsOf(object: KubeObject): string {
  const { conditions = [], artifact } = (object['status'] ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[]
    readonly artifact?: { readonly revision: string }
  }
  const lines = conditions.map(({ type, status, message }) => `${type}=${status} ${message.slice(0, 200)}`)
  return `${object.kind} ${artifact?.revision ?? ''}: ${lines.join('; ')}`
}
