/** What the engine adds to a bare loop of applies, and what it costs when there is nothing to do. */
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { Agent } from '@kedge/agent'
import { createApiServer } from '@kedge/apiserver'
import { createCluster, type Cluster, type ClusterConfig, type ObjectCache, type RequestCount } from '@kedge/cluster'
import { useHostSha256 } from '@kedge/engine'
import type { KubeObject } from '@kedge/manifest'

import { realPorts } from '../test/cluster/real-ports.ts'
import { realCluster, realKubeconfig } from '../test/cluster/target.ts'
import { bareApplyRate } from './cluster.ts'
import { percentile, type BenchRow } from './row.ts'
import { startServerThread } from './server-worker.ts'
import { startAgent } from './start-agent.ts'

const namespace = 'bench-engine'
const deliveries = 1000
const objectsEach = 4
const warmDeliveries = 125
const pushes = 20
const drifts = 200

/** Rows for an embedded server, and for the real one where `KEDGE_TEST_KUBECONFIG` names it. */
export async function benchEngine(): Promise<readonly BenchRow[]> {
  useHostSha256((bytes) => hash('sha256', bytes))
  const rows = [await startOfEmbedded()]
  const embedded = await startServerThread()
  try {
    rows.push(...(await benchEngineOn(embedded.config, 'embedded')))
  } finally {
    await embedded.close()
  }
  if (realKubeconfig === undefined || realKubeconfig === '') return rows
  const real = await realCluster(realKubeconfig)
  try {
    rows.push(...(await benchEngineOn(real.config, 'real')))
  } finally {
    await real.close()
  }
  return rows
}

/** 1,000 deliveries of 4 objects on one server: rate, push, drift, idle cost, memory. */
export async function benchEngineOn(config: ClusterConfig, server: string): Promise<readonly BenchRow[]> {
  const admin = createCluster(config, realPorts)
  const repository = createRepository()
  try {
    await bareApplyRate(admin, { objects: warmDeliveries * objectsEach, concurrency: 32, namespace: 'bench-warm-loop' })
    await namespaceGone(admin, 'bench-warm-loop')
    await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, { fieldManager: 'bench' })
    const before = heldBytes()
    const own = createCluster(config, realPorts)
    const agent = startAgent(own)
    await agent.start()
    admin.discovery.invalidate()
    await warmUp({ agent, own, admin }, repository)
    const rates = await applyRates({ agent, own, admin }, repository)
    const idle = await idleCost(own)
    const held = (heldBytes() - before) / 2 ** 20
    const pushed = await pushLatency(agent, admin, repository)
    await agent.settled()
    const corrected = await driftLatency(admin)
    await agent[Symbol.asyncDispose]()
    await own.close()
    return [
      rateRow(server, 'objects applied, first revision', rates.install),
      rateRow(server, 'objects applied, all changed by one commit', rates.update),
      row(server, 'last object to last status, the longer of both', Math.max(...rates.told), { unit: 'ms' }),
      row(server, 'push to applied, p50', percentile(pushed, 50), {
        unit: 'ms',
        goal: below(percentile(pushed, 50), 250),
      }),
      row(server, 'drift corrected, p99', percentile(corrected, 99), {
        unit: 'ms',
        goal: below(percentile(corrected, 99), 100),
      }),
      row(server, 'writes when converged', idle.writes, {
        unit: 'writes/min',
        goal: { text: '0', met: idle.writes === 0 },
      }),
      row(server, 'reads when converged', idle.reads, {
        unit: 'reads/min',
        goal: { text: '0', met: idle.reads === 0 },
      }),
      row(server, 'memory of the engine', held, { unit: 'MiB', goal: below(held, 150) }),
    ]
  } finally {
    await admin.delete({ group: '', kind: 'Namespace', name: namespace }).catch(() => undefined)
    await admin.close()
    repository.remove()
  }
}

function rateRow(server: string, what: string, { rate, bare }: Measured): BenchRow {
  return row(server, `${what}, ${deliveries} deliveries of ${objectsEach}`, rate, {
    unit: 'objects/s',
    baseline: { what: 'bare loop', value: bare, unit: 'objects/s' },
    goal: { text: `>= 0.7 of the bare loop (is ${(rate / bare).toFixed(2)})`, met: rate >= 0.7 * bare },
  })
}

/** The loop applies as many objects as the engine does, and the server has forgotten them before anything else begins. */
async function bareRate(cluster: Cluster): Promise<number> {
  const loopNamespace = 'bench-bare-loop'
  const objects = deliveries * objectsEach
  const rate = await bareApplyRate(cluster, { objects, concurrency: 32, namespace: loopNamespace })
  await namespaceGone(cluster, loopNamespace)
  return rate
}

/** Other speeds of a machine that others use too come and go: the loop runs before and after, and its mean counts. */
async function beside(admin: Cluster, measure: () => Promise<number>): Promise<Measured> {
  const before = await bareRate(admin)
  const rate = await measure()
  return { rate, bare: (before + (await bareRate(admin))) / 2 }
}

async function namespaceGone(cluster: Cluster, name: string): Promise<void> {
  await poll(async () => {
    const { items } = await cluster.list({ group: '', kind: 'Namespace' }, { fieldSelector: `metadata.name=${name}` })
    return items.length === 0
  }, 200)
}

/** Resolves once it is so; fails after three minutes. */
async function poll(isSo: () => Promise<boolean> | boolean, everyMs: number): Promise<void> {
  const startedAt = performance.now()
  while (!(await isSo())) {
    if (performance.now() - startedAt > 180_000) throw new Error('it was not so within three minutes')
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

interface Measured {
  /** Objects per second. */
  readonly rate: number
  /** The same of the bare loop. */
  readonly bare: number
}

interface Run {
  readonly agent: Agent
  /** The engine's client. */
  readonly own: Cluster
  readonly admin: Cluster
}

interface Rates {
  /** From the creation of the source to the last new object. */
  readonly install: Measured
  /** From a commit that changes all of them to the last changed one. */
  readonly update: Measured
  /** From the last object to the last status, ms, of both. */
  readonly told: readonly number[]
}

/** As many objects as warm the bare loop, brought and taken away again. */
async function warmUp({ agent, own, admin }: Run, repository: Repository): Promise<void> {
  const warm = `${namespace}-warm`
  await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: warm } }, { fieldManager: 'bench' })
  const before = applied(own)
  await admin.apply(source(repository, warm), { fieldManager: 'bench' })
  await inParallel(warmDeliveries, 16, async (index) => {
    await admin.apply(kustomization(index, warm), { fieldManager: 'bench' })
  })
  await poll(() => applied(own) - before >= warmDeliveries * objectsEach, 20)
  await agent.settled()
  const kind = { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization' }
  await inParallel(warmDeliveries, 16, async (index) => {
    await admin.delete({ ...kind, namespace: warm, name: `app-${index}` })
  })
  await poll(async () => (await admin.list(kind, { namespace: warm })).items.length === 0, 100)
  await admin.delete({ group: '', kind: 'Namespace', name: warm })
  await namespaceGone(admin, warm)
}

function source(repository: Repository, inNamespace: string): KubeObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'bench', namespace: inNamespace },
    spec: { url: repository.url, interval: '1h', ref: { branch: 'main' } },
  }
}

/** The Kustomizations are there before their source is, so that only the engine's own requests are measured. */
async function applyRates(run: Run, repository: Repository): Promise<Rates> {
  const { agent, own, admin } = run
  await inParallel(deliveries, 16, async (index) => {
    await admin.apply(kustomization(index), { fieldManager: 'bench' })
  })
  await agent.settled()
  const told: number[] = []
  const measure = (text: string, begin: () => Promise<void>): Promise<Measured> =>
    beside(admin, async () => {
      const rate = await rateOf({ own, admin }, text, begin)
      const appliedAt = performance.now()
      await agent.settled()
      told.push(performance.now() - appliedAt)
      // Events that are still to be written would slow the loop down that comes now.
      await agent.idle()
      return rate
    })
  const install = await measure('first', async () => {
    await admin.apply(source(repository, namespace), { fieldManager: 'bench' })
  })
  repository.commit(allFiles('second'))
  const update = await measure('second', () => {
    agent.notifySource(namespace, 'bench')
    return Promise.resolve()
  })
  return { install, update, told }
}

/**
 * From the beginning to the answer to the engine's last apply, as its client counts them. A list afterwards proves that
 * the server has them all; watching for them meanwhile would be counted as the engine's work.
 */
async function rateOf(
  clusters: { readonly own: Cluster; readonly admin: Cluster },
  text: string,
  begin: () => Promise<void>,
): Promise<number> {
  const { own, admin } = clusters
  const wanted = deliveries * objectsEach
  const before = applied(own)
  const startedAt = performance.now()
  await begin()
  await poll(() => applied(own) - before >= wanted, 5)
  const seconds = (performance.now() - startedAt) / 1000
  const { items } = await admin.list({ group: '', kind: 'ConfigMap' }, { namespace, labelSelector: 'bench=yes' })
  const reached = items.filter((object) => textOf(object) === text).length
  if (reached !== wanted) throw new Error(`${reached} of ${wanted} objects are as the commit has them`)
  return wanted / seconds
}

/** Applies of objects that were answered with success. */
function applied(cluster: Cluster): number {
  const isApply = (one: RequestCount): boolean =>
    one.verb === 'apply' && one.resource === 'configmaps' && one.code < 300
  return cluster.metrics
    .counts()
    .filter((one) => isApply(one) && one.code > 0)
    .reduce((total, one) => total + one.count, 0)
}

function kustomization(index: number, inNamespace: string = namespace): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: `app-${index}`, namespace: inNamespace },
    spec: {
      interval: '1h',
      prune: true,
      path: `./apps/app-${index}`,
      targetNamespace: inNamespace,
      sourceRef: { kind: 'GitRepository', name: 'bench' },
    },
  }
}

/** Requests of the engine's client in a window in which nothing happens, a minute's worth. */
async function idleCost(cluster: Cluster): Promise<{ readonly reads: number; readonly writes: number }> {
  const windowMs = 6_000
  await new Promise((resolve) => setTimeout(resolve, 15_000))
  cluster.metrics.reset()
  await new Promise((resolve) => setTimeout(resolve, windowMs))
  const perMinute = 60_000 / windowMs
  return { reads: cluster.metrics.reads() * perMinute, writes: cluster.metrics.writes() * perMinute }
}

/** From a commit, with the source told of it, to the changed object in the cluster. */
async function pushLatency(agent: Agent, admin: Cluster, repository: Repository): Promise<readonly number[]> {
  const times: number[] = []
  for (let round = 1; round <= pushes; round += 1) {
    const name = `app-${round}-object-0`
    const cache = admin.cache({ group: '', kind: 'ConfigMap' }, { namespace, fieldSelector: `metadata.name=${name}` })
    await cache.synced
    repository.commit({ [`apps/app-${round}/object-0.yaml`]: configMapText(round, 0, `pushed-${round}`) })
    const startedAt = performance.now()
    agent.notifySource(namespace, 'bench')
    await until(cache, () => textOf(cache.get(namespace, name)) === `pushed-${round}`)
    times.push(performance.now() - startedAt)
    cache.close()
  }
  return times
}

/** From the change of an object by somebody to its correction. */
async function driftLatency(admin: Cluster): Promise<readonly number[]> {
  const times: number[] = []
  const cache = admin.cache({ group: '', kind: 'ConfigMap' }, { namespace, labelSelector: 'bench=yes' })
  await cache.synced
  for (let round = 0; round < drifts; round += 1) {
    const name = `app-${100 + round}-object-1`
    const startedAt = performance.now()
    const body = { data: { text: 'changed by hand' } }
    const { object } = await admin.patch({ group: '', kind: 'ConfigMap', namespace, name }, { type: 'merge', body })
    const changed = Number(object.metadata.resourceVersion)
    await until(cache, () => {
      const live = cache.get(namespace, name)
      return Number(live?.metadata.resourceVersion) > changed && textOf(live) !== 'changed by hand'
    })
    times.push(performance.now() - startedAt)
  }
  cache.close()
  return times
}

function textOf(object: KubeObject | undefined): string {
  const data = object?.['data'] as Readonly<Record<string, string>> | undefined
  return data?.['text'] ?? ''
}

async function startOfEmbedded(): Promise<BenchRow> {
  const startedAt = performance.now()
  const server = await createApiServer({ ...realPorts, port: 0, profile: 'fast' })
  const ms = performance.now() - startedAt
  await server.close()
  return row('embedded', 'start of the server', ms, { unit: 'ms', goal: below(ms, 500) })
}

/** Resolves when a cache shows what is wanted; fails after two minutes. */
function until(cache: ObjectCache, isThere: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('it did not happen within two minutes')), 120_000)
    const stop = cache.onEvent(look)
    function look(): void {
      if (!isThere()) return
      clearTimeout(late)
      stop()
      resolve()
    }
    look()
  })
}

async function inParallel(count: number, width: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1
      await work(next - 1)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}

interface Repository {
  readonly url: string
  commit(files: Readonly<Record<string, string>>): void
  remove(): void
}

function createRepository(): Repository {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-bench-'))
  const git = (...args: readonly string[]): void => {
    const identity = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com', '-c', 'commit.gpgsign=false']
    execFileSync('git', [...identity, '-C', folder, ...args], { stdio: 'ignore' })
  }
  git('init', '-q', '-b', 'main')
  const commit = (files: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(folder, name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    git('add', '-A')
    git('commit', '-q', '-m', 'change')
    // A server hands out packs; thousands of loose objects are a matter of this folder only.
    git('repack', '-d', '-q')
  }
  commit(allFiles('first'))
  return { url: `file://${folder}`, commit, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

function allFiles(text: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {}
  for (let app = 0; app < deliveries; app += 1) {
    for (let object = 0; object < objectsEach; object += 1) {
      files[`apps/app-${app}/object-${object}.yaml`] = configMapText(app, object, text)
    }
  }
  return files
}

function configMapText(app: number, object: number, text: string): string {
  const name = `app-${app}-object-${object}`
  const filler = 'x'.repeat(400)
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  labels: {bench: "yes"}\ndata:\n  text: ${text}\n  filler: ${filler}\n`
}

/** What stays after a collection, buffers included. */
function heldBytes(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function below(value: number, limit: number): NonNullable<BenchRow['goal']> {
  return { text: `< ${limit}`, met: value < limit }
}

function row(server: string, what: string, value: number, rest: Omit<BenchRow, 'area' | 'what' | 'value'>): BenchRow {
  return { area: 'engine', what: `${what} (${server})`, value, ...rest }
}
