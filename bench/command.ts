/** The command as a whole process: start-up, and the first minute of a new user. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createApiServer } from '@kedge/apiserver'
import { systemPorts } from '../apps/cli/src/up/system-ports.ts'
import { median, type BenchRow } from './row.ts'

const kedge = path.resolve('apps/cli/bin/kedge.js')

export async function benchCommand(): Promise<readonly BenchRow[]> {
  const version = median(repeat(7, () => timeProcess(['version'])))
  const node = median(repeat(7, () => timeProcess([], '--version')))
  const start = await timeServerStart()
  const demo = timeDemo()
  return [
    {
      area: 'command',
      what: 'kedge version, whole process',
      value: version,
      unit: 'ms',
      baseline: { what: 'node --version', value: node, unit: 'ms' },
      goal: { text: '< 150 ms', met: version < 150 },
    },
    {
      area: 'command',
      what: 'start of the embedded cluster (state on disk)',
      value: start,
      unit: 'ms',
      goal: { text: '< 500 ms', met: start < 500 },
    },
    { area: 'command', what: 'kedge up --once on the demo, whole process', value: demo, unit: 'ms' },
  ]
}

function repeat(times: number, measure: () => number): readonly number[] {
  measure()
  return Array.from({ length: times }, measure)
}

function timeProcess(args: readonly string[], nodeFlag?: string): number {
  const from = performance.now()
  const done = spawnSync(process.execPath, nodeFlag === undefined ? [kedge, ...args] : [nodeFlag], { stdio: 'ignore' })
  if (done.status !== 0) throw new Error(`kedge ${args.join(' ')} ended with ${String(done.status)}`)
  return performance.now() - from
}

/** The second start: certificates are there, and so is the state. */
async function timeServerStart(): Promise<number> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'kedge-bench-'))
  try {
    const first = await createApiServer({ ...systemPorts, dataDir })
    await first.close()
    const times: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const from = performance.now()
      const server = await createApiServer({ ...systemPorts, dataDir })
      times.push(performance.now() - from)
      await server.close()
    }
    return median(times)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function timeDemo(): number {
  const cwd = mkdtempSync(path.join(tmpdir(), 'kedge-bench-'))
  try {
    const from = performance.now()
    const done = spawnSync(process.execPath, [kedge, 'up', '--once'], {
      cwd,
      stdio: 'ignore',
      env: { ...process.env, INIT_CWD: cwd },
    })
    if (done.status !== 0) throw new Error(`the demo ended with ${String(done.status)}`)
    return performance.now() - from
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}
