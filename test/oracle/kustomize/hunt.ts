/**
 * Hunts for differences from a real kustomize on random trees, whole and damaged, and on damaged copies of given trees:
 * `node test/oracle/kustomize/hunt.ts --kustomize PATH [--seed N] [--count N] [--damage] [--tree DIR]… [--keep DIR]`.
 * Where kustomize builds, the bytes must be equal; where it fails, Kedge must fail. Its panics are told apart.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { kustomizeCommand } from '../../../apps/cli/src/verbs/kustomize.ts'
import { Dice } from './dice.ts'
import { mutateTree } from './mutate-tree.ts'
import { randomTree, type RandomTree } from './random-tree.ts'

const { values } = parseArgs({
  options: {
    kustomize: { type: 'string' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '500' },
    damage: { type: 'boolean', default: false },
    tree: { type: 'string', multiple: true, default: [] },
    keep: { type: 'string' },
    errors: { type: 'boolean', default: false },
  },
})
const kustomize = values.kustomize ?? process.env['KEDGE_KUSTOMIZE'] ?? 'kustomize'

interface Outcome {
  readonly code: number
  readonly out: string
  readonly errors: string
}

function theirs(folder: string, flags: readonly string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(kustomize, ['build', folder, ...flags], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    timeout: 20_000,
    env: {
      ...process.env,
      HTTP_PROXY: 'http://127.0.0.1:1',
      HTTPS_PROXY: 'http://127.0.0.1:1',
      GIT_SSH_COMMAND: 'false',
    },
  })
  return { code: status ?? -1, out: stdout, errors: stderr }
}

async function ours(folder: string, flags: readonly string[]): Promise<Outcome> {
  let out = ''
  let errors = ''
  const io = { stdout: (text: string) => (out += text), stderr: (text: string) => (errors += text), cwd: '/' }
  try {
    const code = await kustomizeCommand(['build', folder, '--no-remote-bases', ...flags], io)
    return { code, out, errors }
  } catch (error) {
    return { code: -1, out, errors: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

function filesBelow(folder: string, name = ''): Record<string, string> {
  const files: Record<string, string> = {}
  for (const entry of readdirSync(path.join(folder, name))) {
    const below = path.join(name, entry)
    const stats = statSync(path.join(folder, below))
    if (stats.isDirectory()) Object.assign(files, filesBelow(folder, below))
    else if (stats.size < 1024 * 1024) files[below] = readFileSync(path.join(folder, below), 'utf8')
  }
  return files
}

/** A folder, or a case of the public test data: the files in `input` and the command in `cases/default/cmd.txt`. */
function givenTree(folder: string): RandomTree {
  const command = path.join(folder, 'cases', 'default', 'cmd.txt')
  const isCase = statSync(command, { throwIfNoEntry: false }) !== undefined
  const [, top = ''] = isCase ? (/ input\/?(\S*)/.exec(readFileSync(command, 'utf8')) ?? []) : []
  return { files: filesBelow(isCase ? path.join(folder, 'input') : folder), top }
}

const given = values.tree.map(givenTree)

function treeFor(seed: number): RandomTree {
  const dice = new Dice(seed ^ 0x5bd1e995)
  const tree = given.length > 0 ? dice.pick(given) : randomTree(seed)
  if (!values.damage && given.length === 0) return tree
  let { files } = tree
  for (const _ of dice.some([1, 2], () => 0)) files = mutateTree(dice, files)
  return { ...tree, files }
}

function flagsFor(seed: number): readonly string[] {
  const dice = new Dice(seed ^ 0x2545f491)
  if (dice.chance(0.6)) return []
  return dice.pick([
    ['--reorder', 'none'],
    ['--load-restrictor', 'LoadRestrictionsNone'],
    ['--enable-managedby-label'],
    ['--reorder', 'none', '--load-restrictor', 'LoadRestrictionsNone'],
  ])
}

function firstDifference(want: string, got: string): string {
  const wanted = want.split('\n')
  const gotten = got.split('\n')
  const at = wanted.findIndex((line, index) => line !== gotten[index])
  return `line ${at}: want ${JSON.stringify(wanted.slice(Math.max(0, at - 1), at + 2))} got ${JSON.stringify(gotten.slice(Math.max(0, at - 1), at + 2))}`
}

const folder = mkdtempSync(path.join(tmpdir(), 'kedge-hunt-'))
const counts = { same: 0, bothFail: 0, panics: 0, different: 0 }
const first = Number(values.seed)
for (let seed = first; seed < first + Number(values.count); seed++) {
  const { files, top } = treeFor(seed)
  const root = path.join(folder, 't')
  rmSync(root, { recursive: true, force: true })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), text)
  }
  const target = path.join(root, top)
  mkdirSync(target, { recursive: true })
  const flags = flagsFor(seed)
  const [them, us] = [theirs(target, flags), await ours(target, flags)]
  if (them.code === 0 && us.code === 0 && them.out === us.out) counts.same++
  else if (them.code === 1 && us.code === 1) {
    counts.bothFail++
    if (values.errors)
      console.log(`${seed}\n  THEIRS ${them.errors.trim().slice(-300)}\n  OURS   ${us.errors.trim().slice(-300)}`)
  } else if (them.code === 2 && us.code !== -1) counts.panics++
  else {
    counts.different++
    if (values.keep !== undefined) cpSync(root, path.join(values.keep, String(seed)), { recursive: true })
    const why =
      them.code === 0 && us.code === 0
        ? firstDifference(them.out, us.out)
        : `${them.errors.trim().slice(-300)} | ${us.errors.trim().slice(0, 400)}`
    console.log(`DIFFERENT ${seed} ${top} ${flags.join(' ')}: kustomize ${them.code}, kedge ${us.code}: ${why}`)
  }
}
rmSync(folder, { recursive: true, force: true })
console.log(JSON.stringify(counts))
