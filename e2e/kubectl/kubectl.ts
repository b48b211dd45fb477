/** The real kubectl, run against a test cluster. */
import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { cacheFolder } from '../../test/cluster/build.ts'
import { realKubeconfig, testCluster, type TestCluster } from '../../test/cluster/target.ts'

/** A kubectl, and how it was found. */
export interface FoundKubectl {
  readonly file: string
  readonly from: 'KEDGE_KUBECTL' | 'the cluster cache' | 'PATH'
}

/** The kubectl to test with; undefined where there is none. A KEDGE_KUBECTL that cannot be run is an error. */
export function findKubectl(): FoundKubectl | undefined {
  const named = process.env['KEDGE_KUBECTL']
  if (named !== undefined && named !== '') {
    if (!isExecutable(named)) throw new Error(`KEDGE_KUBECTL names ${named}, which cannot be run`)
    return { file: named, from: 'KEDGE_KUBECTL' }
  }
  // The cluster tier names the one that it built.
  const cached = process.env['KEDGE_TEST_KUBECTL'] ?? path.join(cacheFolder(), 'kubectl')
  if (isExecutable(cached)) return { file: cached, from: 'the cluster cache' }
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '')
  const file = folders.map((folder) => path.join(folder, 'kubectl')).find(isExecutable)
  return file === undefined ? undefined : { file, from: 'PATH' }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Whether a kubectl must be there: in the cluster tier. */
export const isKubectlRequired: boolean = realKubeconfig !== undefined && realKubeconfig !== ''

/** What one command gave. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** The words of a template are arguments, and each value is (a part of) one, whatever it contains. */
type Command<T> = (words: TemplateStringsArray, ...values: readonly string[]) => Promise<T>

/** A kubectl whose commands work in a namespace of their own. */
export interface Kubectl {
  readonly target: TestCluster
  readonly namespace: string
  /** A folder for files; it is removed at the end. */
  readonly folder: string
  readonly run: Command<Ran>
  /** Resolves to what was written; rejects when the command fails. */
  readonly ok: Command<string>
  /** Resolves to what was complained of; rejects when the command succeeds. */
  readonly fails: Command<string>
  /** The same with a standard input and more environment. */
  with(given: { readonly input?: unknown; readonly env?: Readonly<Record<string, string>> }): Kubectl
  /** A file of the folder with this content, JSON unless it is a text. */
  file(name: string, content: unknown): string
  close(): Promise<void>
}

/** Opens the test cluster, and makes a namespace there that `close` removes. */
export async function startKubectl(purpose: string): Promise<Kubectl> {
  const found = findKubectl()
  if (found === undefined) throw new Error('no kubectl: name one in KEDGE_KUBECTL or put it on the PATH')
  const target = await testCluster()
  const namespace = `kubectl-${purpose}-${Date.now().toString(36)}`
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-kubectl-'))
  const kubectl = bind({ program: found.file, target, namespace, folder }, {})
  await kubectl.ok`create namespace ${namespace}`
  const account = `serviceaccount/default`
  await kubectl.ok`wait --for=create ${account} --timeout=30s`
  return kubectl
}

interface Place {
  readonly program: string
  readonly target: TestCluster
  readonly namespace: string
  readonly folder: string
}

type Given = Parameters<Kubectl['with']>[0]

function bind(place: Place, given: Given): Kubectl {
  const { target, namespace, folder } = place
  const run: Command<Ran> = (words, ...values) => execute(place, given, argumentsOf(words, values))
  return {
    target,
    namespace,
    folder,
    run,
    async ok(words, ...values) {
      const { code, out, err } = await run(words, ...values)
      if (code !== 0)
        throw new Error(`kubectl ${argumentsOf(words, values).join(' ')} ended with ${code}: ${err}${out}`)
      return out
    },
    async fails(words, ...values) {
      const { code, out, err } = await run(words, ...values)
      if (code === 0) throw new Error(`kubectl ${argumentsOf(words, values).join(' ')} did not fail: ${out}`)
      return err
    },
    with: (more) => bind(place, { ...given, ...more }),
    file(name, content) {
      const file = path.join(folder, name)
      writeFileSync(file, textOf(content), { mode: 0o755 })
      return file
    },
    async close() {
      await run`delete namespace ${namespace} --wait=false`
      await target.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function argumentsOf(words: TemplateStringsArray, values: readonly string[]): readonly string[] {
  const marked = words.reduce((text, word, index) => `${text}\0${index - 1}\0${word}`)
  return marked
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/\0(\d+)\0/g, (_, index: string) => values[Number(index)] ?? ''))
}

function textOf(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content)
}

function execute(place: Place, given: Given, words: readonly string[]): Promise<Ran> {
  const common = [`--namespace=${place.namespace}`, `--cache-dir=${path.join(place.folder, 'cache')}`]
  // Global flags go in front: what follows `--` is not kubectl's.
  const args = [...common, ...words]
  const env = { PATH: process.env['PATH'], HOME: place.folder, KUBECONFIG: place.target.kubeconfigPath, ...given.env }
  return new Promise((resolve, reject) => {
    const child = spawn(place.program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
    const ran = { out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ran.out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (ran.err += text))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? -1, ...ran }))
    // A command that reads nothing may be over before this arrives.
    child.stdin.on('error', () => {})
    child.stdin.end(given.input === undefined ? '' : textOf(given.input))
  })
}
