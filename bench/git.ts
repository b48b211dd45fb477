import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createAddressRules, createEgressClient, createGitSource } from '@kedge/source'
import { walkTree } from '@kedge/tree'
import { startGitServer } from '../test/git-server/git-server.ts'
import { type BenchRow, median } from './row.ts'

const files = 5000
const rounds = 20

/** Git: asking for a ref, fetching a repository of 5,000 files, fetching the next commit, and the memory of the files. */
export async function benchGit(): Promise<readonly BenchRow[]> {
  const server = await startGitServer()
  const http = createEgressClient({ rules: createAddressRules({ allowLoopback: true }) })
  try {
    const repo = server.createRepository()
    repo.commit(Object.fromEntries(Array.from({ length: files }, (_, index) => [nameOf(index), textOf(index, 0)])))
    repo.bareGit('gc', '-q')
    const spec = { url: server.urlOf(repo), ref: { branch: 'main' } }
    const before = heldBytes()
    const source = createGitSource({ http })
    const resolved = await source.resolve(spec)
    const full = await timed(() => source.fetch(spec, resolved))
    const held = heldBytes() - before
    const read = await timed(async () => {
      for (const { file } of walkTree(full.value.tree)) file?.bytes()
    })
    const asks: number[] = []
    const nexts: number[] = []
    for (let round = 1; round <= rounds; round += 1) {
      asks.push((await timed(() => source.resolve(spec))).ms)
      repo.commit({ [nameOf(round)]: textOf(round, round) })
      const next = await source.resolve(spec)
      nexts.push((await timed(() => source.fetch(spec, next))).ms)
    }
    const bytes = [...walkTree(full.value.tree)].reduce((sum, { file }) => sum + (file?.bytes().length ?? 0), 0)
    return [
      row('ask for a ref that did not change (p50)', median(asks), 'ms', {
        what: 'git ls-remote',
        ms: await lsRemote(spec.url),
      }),
      row(`fetch ${files} files`, full.ms, 'ms', { what: 'git clone --depth 1', ms: await clone(spec.url) }),
      row('fetch the next commit (p50)', median(nexts), 'ms'),
      row(`inflate ${files} files`, read.ms, 'ms'),
      {
        area: 'git',
        what: `memory held for ${files} files`,
        value: held / 2 ** 20,
        unit: 'MiB',
        baseline: { what: 'their content', value: bytes / 2 ** 20, unit: 'MiB' },
      },
    ]
  } finally {
    await http.close()
    await server.close()
  }
}

function nameOf(index: number): string {
  return `apps/team-${index % 40}/app-${index % 500}/object-${index}.yaml`
}

function textOf(index: number, version: number): string {
  const data = Array.from(
    { length: 40 },
    (_, line) => `  key-${line}: value-${(index * 7919 + line * 104_729) % 1_000_003}`,
  )
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: object-${index}\n  labels: {version: "${version}"}\ndata:\n${data.join('\n')}\n`
}

function row(what: string, value: number, unit: string, beside?: { what: string; ms: number }): BenchRow {
  const plain = { area: 'git', what, value, unit }
  return beside === undefined ? plain : { ...plain, baseline: { what: beside.what, value: beside.ms, unit: 'ms' } }
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const start = performance.now()
  const value = await work()
  return { value, ms: performance.now() - start }
}

/** What stays after a collection, buffers included. */
function heldBytes(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

async function lsRemote(url: string): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < 5; round += 1) times.push(await spawned(['ls-remote', url, 'refs/heads/main']))
  return median(times)
}

async function clone(url: string): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-clone-'))
  try {
    return await spawned(['clone', '-q', '--depth', '1', url, path.join(folder, 'clone')])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs Git beside this process, which is its server at the same time. */
async function spawned(args: readonly string[]): Promise<number> {
  const start = performance.now()
  const child = spawn('git', args, { stdio: 'ignore' })
  const status = await new Promise((resolve) => child.once('close', resolve))
  if (status !== 0) throw new Error(`git ${args.join(' ')} failed`)
  return performance.now() - start
}
