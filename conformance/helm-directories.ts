import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { processIo } from '../apps/cli/src/io.ts'
import { helmCommand } from '../apps/cli/src/verbs/helm.ts'
import { firstDifference, type CaseResult, type SuiteContext } from './suite.ts'

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Cases of the form `<id>/cases/<case>/cmd.txt` with helm's output, or what it wrote to stderr when it failed. */
export async function* helmDirectories(
  context: SuiteContext,
  folder: string,
  featureOf: (command: string) => string,
): AsyncIterable<CaseResult> {
  const root = path.join(context.root, folder)
  for (const id of readdirSync(root).toSorted()) {
    const at = path.join(root, id)
    if (!existsSync(path.join(at, 'cases'))) continue
    for (const name of readdirSync(path.join(at, 'cases')).toSorted()) {
      const files = path.join(at, 'cases', name)
      const command = readFileSync(path.join(files, 'cmd.txt'), 'utf8').trim()
      const words = shellWords(command).slice(1)
      const expected = expectedOf(files, { words, at, oracle: context.oracle })
      const feature = expected.code === 0 ? featureOf(command) : 'errors'
      yield { id: `${id}/${name}`, feature, ...compare(await runOurs(words, at), expected, at) }
    }
  }
}

/** Words of a command line, with quotes taken off. */
function shellWords(line: string): readonly string[] {
  return [...line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
  )
}

/** No kubeconfig and no settings of helm of whoever runs the suite: their namespace would be rendered. */
const environment: Readonly<Record<string, string>> = { HOME: '/nonexistent', TZ: 'UTC' }

async function runOurs(words: readonly string[], cwd: string): Promise<Run> {
  let stdout = ''
  let stderr = ''
  const code = await helmCommand(words, {
    ...processIo(),
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
    cwd,
    env: environment,
  })
  return { code, stdout, stderr }
}

function expectedOf(
  files: string,
  run: { readonly words: readonly string[]; readonly at: string; readonly oracle: string | undefined },
): Run {
  if (run.oracle !== undefined) {
    const done = spawnSync(run.oracle, run.words, { cwd: run.at, encoding: 'utf8', env: environment })
    return { code: done.status ?? 1, stdout: done.stdout, stderr: done.stderr }
  }
  const error = path.join(files, 'expected.err')
  if (existsSync(error)) return { code: 1, stdout: '', stderr: readFileSync(error, 'utf8') }
  return { code: 0, stdout: readFileSync(path.join(files, 'expected.yaml'), 'utf8'), stderr: '' }
}

/** The words of an error count too; the folder of the case is `.` in what was recorded. */
function compare(run: Run, expected: Run, at: string): Pick<CaseResult, 'status' | 'detail'> {
  if (expected.code !== 0) {
    if (run.code === 0) return { status: 'different', detail: 'succeeds, where helm fails' }
    const [wanted, told] = [expected.stderr, run.stderr].map((text) => text.replaceAll(`${at}/`, './'))
    if (wanted === told) return { status: 'equal', detail: '' }
    return { status: 'different', detail: firstDifference(wanted ?? '', told ?? '') }
  }
  if (run.code !== 0) return { status: 'error', detail: run.stderr.trim() }
  if (run.stdout === expected.stdout) return { status: 'equal', detail: '' }
  return { status: 'different', detail: firstDifference(expected.stdout, run.stdout) }
}
