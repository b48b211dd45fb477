/** What 500 HelmReleases of one chart cost: to install, and to look at when nothing has changed. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { Agent } from '@kedge/agent'
import { createCluster, type Cluster } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'

import { realPorts } from '../test/cluster/real-ports.ts'
import type { BenchRow } from './row.ts'
import { startServerThread } from './server-worker.ts'
import { startAgent } from './start-agent.ts'

const namespace = 'bench-releases'
const releases = 500
/** Each release is looked at this often while the bench watches. */
const intervalMs = 2_000
const windowMs = 20_000
const manager = { fieldManager: 'bench', force: true }

const files: Readonly<Record<string, string>> = {
  'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
  'chart/values.yaml': 'text: hello\n',
  'chart/templates/config.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  text: {{ .Values.text }}\n',
  'chart/templates/service.yaml':
    'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  selector: {app: {{ .Release.Name }}}\n  ports: [{port: 80}]\n',
}

/** Rows for an embedded server. */
export async function benchReleases(): Promise<readonly BenchRow[]> {
  const server = await startServerThread()
  const admin = createCluster(server.config, realPorts)
  const own = createCluster(server.config, realPorts)
  const folder = createRepository()
  const agent = startAgent(own)
  try {
    await agent.start()
    admin.discovery.invalidate()
    await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, manager)
    const seconds = await installAll(agent, admin, folder)
    const idle = await watchUnchanged(own)
    const what = `${releases} HelmReleases of one chart`
    return [
      { area: 'engine', what: `${what}: installed`, value: releases / seconds, unit: 'releases/s' },
      {
        area: 'engine',
        what: `${what}, unchanged: requests`,
        value: idle.requests,
        unit: 'requests',
        goal: { text: '0', met: idle.requests === 0 },
      },
      { area: 'engine', what: `${what}, unchanged: time of a pass`, value: idle.passMs, unit: 'ms' },
    ]
  } finally {
    await agent[Symbol.asyncDispose]()
    await own.close()
    await admin.close()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Seconds from the last HelmRelease's creation until all are ready. */
async function installAll(agent: Agent, admin: Cluster, folder: string): Promise<number> {
  await admin.apply(
    source('GitRepository', 'repo', { url: `file://${folder}`, ref: { branch: 'main' }, interval: '1h' }),
    manager,
  )
  const sourceRef = { kind: 'GitRepository', name: 'repo' }
  await admin.apply(source('HelmChart', 'web', { chart: './chart', sourceRef, interval: '1h' }), manager)
  const startedAt = performance.now()
  for (let index = 0; index < releases; index += 1) await admin.apply(release(index), manager)
  await new Promise<void>((resolve) => {
    const look = (): void => {
      const ready = agent.summary().filter(({ kind, state }) => kind === 'HelmRelease' && state === 'ready')
      if (ready.length < releases) return
      stop()
      resolve()
    }
    const stop = agent.onChange(look)
    look()
  })
  return (performance.now() - startedAt) / 1000
}

function source(kind: string, name: string, spec: object): KubeObject {
  return { apiVersion: 'source.toolkit.fluxcd.io/v1', kind, metadata: { name, namespace }, spec: { ...spec } }
}

function release(index: number): KubeObject {
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: `web-${index}`, namespace },
    spec: {
      interval: `${intervalMs}ms`,
      chartRef: { kind: 'HelmChart', name: 'web' },
      values: { text: `release ${index}` },
    },
  }
}

/** Requests of a while in which every release is looked at again and again, and what one look takes of the processor. */
async function watchUnchanged(own: Cluster): Promise<{ readonly requests: number; readonly passMs: number }> {
  // The first look after an install reads the records, and events are written behind the work.
  await new Promise((resolve) => setTimeout(resolve, 15_000))
  own.metrics.reset()
  const before = process.cpuUsage()
  await new Promise((resolve) => setTimeout(resolve, windowMs))
  const { user, system } = process.cpuUsage(before)
  const passes = (releases * windowMs) / intervalMs
  return { requests: own.metrics.reads() + own.metrics.writes(), passMs: (user + system) / 1000 / passes }
}

function createRepository(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-bench-'))
  const git = (...args: readonly string[]): void => {
    const identity = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com', '-c', 'commit.gpgsign=false']
    execFileSync('git', [...identity, '-C', folder, ...args], { stdio: 'ignore' })
  }
  git('init', '-q', '-b', 'main')
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  git('add', '-A')
  git('commit', '-q', '-m', 'chart')
  return folder
}
