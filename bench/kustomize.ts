/** Builds of kustomizations: whole commands beside the real kustomize, and in one process. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { BuildCache, build, createBuildCaches } from '@kedge/kustomize'
import { overlay, treeFromFiles, type FileTree } from '@kedge/tree'
import { median, type BenchRow } from './row.ts'

const AREA = 'kustomize'
const kedge = path.resolve('apps/cli/bin/kedge.js')

/** With the path of a kustomize binary, each figure stands beside that of the binary. */
export async function benchKustomize(oracle?: string): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-bench-'))
  try {
    return [
      ...(await benchCase(folder, {
        name: 'small overlay',
        files: smallOverlay(),
        runs: 7,
        oracle,
        goal: '<= 150 ms',
      })),
      ...(await benchCase(folder, { name: 'CRDs of 8 MB', files: manyCrds(), runs: 3, oracle, goal: '>= 3 x' })),
      ...(await benchPublic(folder, oracle)),
      ...benchMonorepo(),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Files = Readonly<Record<string, string>>

interface Case {
  readonly name: string
  readonly files: Files
  /** The folder to build; `overlay` when it is not given. */
  readonly top?: string
  readonly runs: number
  readonly oracle: string | undefined
  readonly goal: '<= 150 ms' | '>= 3 x' | 'none'
}

async function benchCase(folder: string, benched: Case): Promise<readonly BenchRow[]> {
  const { name, files, top = 'overlay', runs, oracle, goal } = benched
  const root = path.join(folder, name.replaceAll(' ', '-'))
  writeFiles(root, files)
  const target = path.join(root, top)
  const ours = await measure(runs, [process.execPath, kedge, 'kustomize', 'build', target])
  const theirs = oracle === undefined ? undefined : await measure(runs, [oracle, 'build', target])
  const tree = treeFromFiles(files)
  const warm = warmTime(tree, top, runs)
  const ratio = theirs === undefined ? undefined : theirs.ms / ours.ms
  const isFast = goal === '<= 150 ms' ? ours.ms <= 150 : ratio === undefined ? undefined : ratio >= 3
  return [
    {
      ...row(`${name}, whole command`, ours.ms, 'ms'),
      ...beside(theirs?.ms, 'ms'),
      ...(isFast === undefined || goal === 'none' ? {} : { goal: { text: goal, met: isFast } }),
    },
    {
      ...row(`${name}, memory of the command`, ours.peakMiB, 'MiB'),
      ...beside(theirs?.peakMiB, 'MiB'),
      ...(theirs === undefined || goal !== '>= 3 x'
        ? {}
        : { goal: { text: 'less', met: ours.peakMiB < theirs.peakMiB } }),
    },
    {
      ...row(`${name}, in process and warm`, warm, 'ms'),
      ...beside(theirs?.ms, 'ms'),
      ...(theirs === undefined ? {} : { goal: { text: '>= 10 x', met: theirs.ms / warm >= 10 } }),
    },
    row(`${name}, memory of one build in process`, memoryOf(tree, top), 'MiB'),
  ]
}

function row(what: string, value: number, unit: string): Pick<BenchRow, 'area' | 'what' | 'value' | 'unit'> {
  return { area: AREA, what, value, unit }
}

function beside(value: number | undefined, unit: string): Pick<BenchRow, 'baseline'> {
  return value === undefined ? {} : { baseline: { what: 'kustomize', value, unit } }
}

function writeFiles(root: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), text)
  }
}

interface Measured {
  readonly ms: number
  readonly peakMiB: number
}

async function measure(runs: number, command: readonly string[]): Promise<Measured> {
  await runOnce(command)
  const all: Measured[] = []
  for (let i = 0; i < runs; i++) all.push(await runOnce(command))
  return { ms: median(all.map(({ ms }) => ms)), peakMiB: Math.max(...all.map(({ peakMiB }) => peakMiB)) }
}

function runOnce([program = '', ...args]: readonly string[]): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const from = performance.now()
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    let peakMiB = Number.NaN
    child.stdout.on('data', () => {
      peakMiB = peakOf(child.pid) ?? peakMiB
    })
    const timer = setInterval(() => {
      peakMiB = peakOf(child.pid) ?? peakMiB
    }, 10)
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(timer)
      if (code === 0) resolve({ ms: performance.now() - from, peakMiB })
      else reject(new Error(`${program} ${args.join(' ')} ended with ${String(code)}`))
    })
  })
}

/** The most memory that a process has held so far, where the system tells it. */
function peakOf(pid: number | undefined): number | undefined {
  try {
    const kiB = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]
    return kiB === undefined ? undefined : Number(kiB) / 1024
  } catch {
    return undefined
  }
}

/** What one build without caches takes from the heap, its result and garbage included; the median of several. */
function memoryOf(tree: FileTree, top: string): number {
  const once = (): number => {
    const before = process.memoryUsage().heapUsed
    const text = build(tree, top).toYaml()
    const grown = process.memoryUsage().heapUsed - before
    return text.length === 0 ? 0 : grown / 2 ** 20
  }
  // Where garbage was collected on the way the difference says nothing.
  const grown = Array.from({ length: 7 }, once).filter((size) => size > 0)
  return grown.length === 0 ? Number.NaN : median(grown)
}

/** The public test data's kustomization with the most output, when the test data is there. */
async function benchPublic(folder: string, oracle: string | undefined): Promise<readonly BenchRow[]> {
  const corpus = path.resolve(process.env['KEDGE_CORPUS'] ?? '../shared/corpus', 'kustomize')
  if (!existsSync(corpus)) return []
  const sizes = readdirSync(corpus).map((name) => {
    const expected = path.join(corpus, name, 'cases', 'default', 'expected.yaml')
    return { name, size: statSync(expected, { throwIfNoEntry: false })?.size ?? 0 }
  })
  const [largest] = sizes.toSorted((a, b) => b.size - a.size)
  if (largest === undefined || largest.size === 0) return []
  const command = readFileSync(path.join(corpus, largest.name, 'cases', 'default', 'cmd.txt'), 'utf8')
  const top = / input\/?(\S*)/.exec(command)?.[1] ?? ''
  const files = filesBelow(path.join(corpus, largest.name, 'input'))
  const name = `largest public tree (${Math.round(largest.size / 1024)} KiB)`
  return benchCase(folder, { name, files, top, runs: 5, oracle, goal: 'none' })
}

function filesBelow(root: string): Files {
  const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    names.map((entry) => {
      const file = path.join(entry.parentPath, entry.name)
      return [path.relative(root, file), readFileSync(file, 'utf8')]
    }),
  )
}

/** A long-lived process keeps the parsed files, as a controller does. */
function warmTime(tree: FileTree, top: string, runs: number): number {
  const caches = createBuildCaches()
  const once = (): number => {
    const from = performance.now()
    build(tree, top, { caches }).toYaml()
    return performance.now() - from
  }
  for (let i = 0; i < 3; i++) once()
  return median(Array.from({ length: runs }, once))
}

function smallOverlay(): Files {
  return {
    'base/kustomization.yaml': 'resources: [web.yaml, service.yaml]\n',
    'base/web.yaml': deployment('web'),
    'base/service.yaml': service('web'),
    'overlay/kustomization.yaml': `
resources: [../base]
namespace: shop
namePrefix: prod-
images:
- name: registry.example/web
  newTag: "2.0"
configMapGenerator:
- name: settings
  literals: [level=info]
patches:
- path: patch.yaml
`,
    'overlay/patch.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n',
  }
}

/** Custom resource definitions are what makes real kustomizations large. */
function manyCrds(): Files {
  const names = Array.from({ length: 40 }, (_, index) => `kind${index}`)
  const files: Record<string, string> = {
    'overlay/kustomization.yaml': `
resources:
${names.map((name) => `- crds/${name}.yaml`).join('\n')}
namespace: shop
commonAnnotations: {team: platform}
patches:
- target: {kind: CustomResourceDefinition, name: kind7s.example.org}
  patch: |-
    - op: add
      path: /metadata/labels
      value: {patched: "true"}
`,
  }
  for (const name of names) files[`overlay/crds/${name}.yaml`] = crd(name)
  return files
}

function crd(name: string): string {
  const fields = Array.from({ length: 40 }, (_, index) => crdField(index)).join('')
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: ${name}s.example.org
spec:
  group: example.org
  names: {kind: ${name}, listKind: ${name}List, plural: ${name}s, singular: ${name}}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
${fields}`
}

function crdField(index: number): string {
  const indent = ' '.repeat(14)
  const inner = Array.from(
    { length: 24 },
    (_, at) => `${indent}    option${at}:
${indent}      description: Option ${at} of the field says how the controller treats it.
${indent}      format: int32
${indent}      type: integer
`,
  ).join('')
  return `${indent}field${index}:
${indent}  description: Field ${index} of the specification.
${indent}  type: object
${indent}  properties:
${inner}`
}

const BASES = 20
const OVERLAYS = 300

/** 300 overlays on 20 bases of 20 objects each: 6,300 objects with those generated. */
function monorepo(): Files {
  const files: Record<string, string> = {}
  for (let base = 0; base < BASES; base++) {
    const names: string[] = []
    for (let index = 0; index < 20; index++) {
      names.push(`object${index}.yaml`)
      const app = `app-${index - (index % 2)}`
      files[`bases/${base}/object${index}.yaml`] = index % 2 === 0 ? deployment(app) : service(app)
    }
    files[`bases/${base}/kustomization.yaml`] =
      `resources: [${names.join(', ')}]\nconfigMapGenerator:\n- name: settings\n  literals: [base=${base}]\n`
  }
  for (let index = 0; index < OVERLAYS; index++) {
    files[`overlays/${index}/kustomization.yaml`] = `resources: [../../bases/${index % BASES}]
namespace: shop-${index}
labels:
- pairs: {team: team-${index}}
  includeSelectors: true
patches:
- path: patch.yaml
`
    files[`overlays/${index}/patch.yaml`] = overlayPatch(index)
  }
  return files
}

function overlayPatch(replicas: number): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-4\nspec:\n  replicas: ${replicas}\n`
}

function deployment(name: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: 1
  selector:
    matchLabels: {app: ${name}}
  template:
    metadata:
      labels: {app: ${name}}
    spec:
      containers:
      - name: main
        image: registry.example/${name}:1.0
        envFrom:
        - configMapRef: {name: settings}
`
}

function service(name: string): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector: {app: ${name}}
  ports:
  - port: 80
    targetPort: 8080
`
}

function benchMonorepo(): readonly BenchRow[] {
  const tree = treeFromFiles(monorepo())
  const plain = Array.from({ length: 3 }, () => timeOf(() => buildAll((path) => build(tree, path).toYaml())))
  const full = median(plain)
  const cache = new BuildCache(OVERLAYS * 2)
  const before = process.memoryUsage().heapUsed
  const first = timeOf(() => buildAll((path) => cache.build(tree, path).result.toYaml()))
  const heldMiB = (process.memoryUsage().heapUsed - before) / 2 ** 20 / OVERLAYS
  const again = median(
    Array.from({ length: 9 }, (_, round) => {
      const next = overlay(tree, new Map([['overlays/7/patch.yaml', overlayPatch(1000 + round)]]))
      return timeOf(() => rebuildChanged(cache, next))
    }),
  )
  return [
    row('monorepo of 300 overlays, every build from nothing', full, 'ms'),
    row('monorepo, all builds sharing caches', first, 'ms'),
    {
      ...row('monorepo, all builds after one changed file', again, 'ms'),
      baseline: { what: 'every build from nothing', value: full, unit: 'ms' },
      goal: { text: '>= 100 x', met: full / again >= 100 },
    },
    row('monorepo, memory per build', heldMiB, 'MiB'),
  ]
}

function timeOf(run: () => void): number {
  const from = performance.now()
  run()
  return performance.now() - from
}

function buildAll(once: (path: string) => unknown): void {
  for (let index = 0; index < OVERLAYS; index++) once(`overlays/${index}`)
}

function rebuildChanged(cache: BuildCache, tree: FileTree): void {
  buildAll((path) => {
    const { result, reused } = cache.build(tree, path)
    if (!reused) result.toYaml()
  })
}
