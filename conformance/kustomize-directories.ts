import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { kustomizeCommand } from '../apps/cli/src/verbs/kustomize.ts'
import { firstDifference, type CaseResult, type SuiteContext } from './suite.ts'

/** What a command printed. */
export interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Cases of the form `<id>/cases/<case>/cmd.txt` with the output, or the error, of the real tool. */
export async function* directoryCases(
  context: SuiteContext,
  folder: string,
  featureOf: (id: string, command: string) => string,
): AsyncIterable<CaseResult> {
  const root = path.join(context.root, folder)
  for (const id of readdirSync(root).toSorted()) {
    const at = path.join(root, id)
    if (!existsSync(path.join(at, 'cases'))) continue
    for (const name of readdirSync(path.join(at, 'cases')).toSorted()) {
      const files = path.join(at, 'cases', name)
      const command = readFileSync(path.join(files, 'cmd.txt'), 'utf8').trim()
      yield {
        id: `${id}/${name}`,
        feature: featureOf(id, command),
        ...compare(await runOurs(command, at), expectedOf(files, { command, at, oracle: context.oracle })),
      }
    }
  }
}

/** Runs one command line of kustomize in this process. */
export async function runOurs(command: string, cwd: string): Promise<Run> {
  let stdout = ''
  let stderr = ''
  const words = command.split(/\s+/).slice(1)
  const code = await kustomizeCommand(words, {
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
    cwd,
  })
  return { code, stdout, stderr }
}

interface Expected {
  readonly fails: boolean
  readonly stdout: string
  readonly stderr: string
}

function expectedOf(files: string, run: { command: string; at: string; oracle: string | undefined }): Expected {
  if (run.oracle !== undefined) {
    const done = spawnSync(run.oracle, run.command.split(/\s+/).slice(1), { cwd: run.at, encoding: 'utf8' })
    return { fails: done.status !== 0, stdout: done.stdout, stderr: done.stderr }
  }
  const error = path.join(files, 'expected.err')
  if (existsSync(error)) return { fails: true, stdout: '', stderr: readFileSync(error, 'utf8') }
  return { fails: false, stdout: readFileSync(path.join(files, 'expected.yaml'), 'utf8'), stderr: '' }
}

function compare(run: Run, expected: Expected): Pick<CaseResult, 'status' | 'detail'> {
  if (expected.fails) {
    return run.code === 0
      ? { status: 'different', detail: `succeeds, where kustomize fails: ${lastLine(expected.stderr)}` }
      : { status: 'equal', detail: lastLine(run.stderr) }
  }
  if (run.code !== 0) return { status: 'error', detail: lastLine(run.stderr) }
  if (run.stdout === expected.stdout) return { status: 'equal', detail: '' }
  return { status: 'different', detail: firstDifference(expected.stdout, run.stdout) }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
