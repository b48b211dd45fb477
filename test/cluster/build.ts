/**
 * Builds the control plane's programs from their pinned Go modules, once: the folder that holds them is named by the
 * digest of what they are built from.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

/** The programs that a cluster needs, in the order they are built. */
export const programs = {
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
  kwok: 'sigs.k8s.io/kwok/cmd/kwok',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  'render-stages': './render-stages',
} as const

export type Program = keyof typeof programs

/** What is installed: a file for each program, and the Stages that kwok plays. */
export interface ControlPlane {
  readonly programs: Readonly<Record<Program, string>>
  readonly stages: string
  /** How long the build took; 0 when everything was there. */
  readonly buildMs: number
}

const moduleFolder = path.join(import.meta.dirname, 'module')
const kubernetesVersion = 'v1.37.2'
const kwokVersion = 'v0.8.0'

/** Locates the programs, and builds those that are missing. Throws with a text for people when Go is not there. */
export async function buildControlPlane(log: (line: string) => void): Promise<ControlPlane> {
  const startedAt = Date.now()
  const folder = cacheFolder()
  mkdirSync(folder, { recursive: true })
  const release = await lock(path.join(folder, '.lock'), log)
  try {
    let built = 0
    const found: Partial<Record<Program, string>> = {}
    for (const program of Object.keys(programs) as Program[]) {
      const assets = process.env['KUBEBUILDER_ASSETS']
      const asset = assets === undefined ? undefined : path.join(assets, program)
      const file = asset !== undefined && existsSync(asset) ? asset : path.join(folder, program)
      found[program] = file
      if (existsSync(file)) continue
      await buildProgram(program, file, log)
      built += 1
    }
    const complete = found as Record<Program, string>
    const stages = path.join(folder, 'stages.yaml')
    if (!existsSync(stages)) renderStages(complete['render-stages'], stages)
    return { programs: complete, stages, buildMs: built === 0 ? 0 : Date.now() - startedAt }
  } finally {
    release()
  }
}

/** KEDGE_CLUSTER_CACHE, or a folder of the user's cache; outside the clone, so that the next clone finds it. */
export function cacheFolder(): string {
  const digest = createHash('sha256')
  for (const file of ['go.mod', 'go.sum', 'render-stages/main.go'])
    digest.update(readFileSync(path.join(moduleFolder, file)))
  const xdg = process.env['XDG_CACHE_HOME']
  const base = xdg === undefined || xdg === '' ? path.join(homedir(), '.cache') : xdg
  const root = process.env['KEDGE_CLUSTER_CACHE'] ?? path.join(base, 'kedge', 'cluster')
  return path.join(root, digest.digest('hex').slice(0, 16))
}

async function buildProgram(program: Program, file: string, log: (line: string) => void): Promise<void> {
  requireGo()
  const startedAt = Date.now()
  log(`building ${program} (once) …`)
  const version = 'k8s.io/component-base/version'
  const flags = [
    '-w',
    `-X ${version}.gitVersion=${kubernetesVersion}`,
    `-X ${version}.gitMajor=1`,
    `-X ${version}.gitMinor=37`,
    `-X sigs.k8s.io/kwok/pkg/consts.Version=${kwokVersion}`,
  ].join(' ')
  const partial = `${file}.partial`
  // Without debugging data the build takes less time and a third less space.
  const args = ['build', '-mod=readonly', '-buildvcs=false', '-trimpath', '-gcflags=all=-dwarf=false']
  await run('go', [...args, '-ldflags', flags, '-o', partial, programs[program]], program)
  renameSync(partial, file)
  log(`built ${program} in ${Math.round((Date.now() - startedAt) / 1000)} s`)
}

function requireGo(): void {
  const found = spawnSync('go', ['version'], { encoding: 'utf8' })
  if (found.status === 0) return
  throw new Error(
    'the real control plane is built with Go 1.26 or later, and no `go` is on the PATH: ' +
      'install it (https://go.dev/dl), or point KUBEBUILDER_ASSETS to a folder with ' +
      Object.keys(programs).join(', '),
  )
}

function renderStages(renderer: string, file: string): void {
  const kwok = spawnSync('go', ['list', '-m', '-f', '{{.Dir}}', 'sigs.k8s.io/kwok'], {
    cwd: moduleFolder,
    encoding: 'utf8',
  })
  if (kwok.status !== 0) throw new Error(`the folder of the kwok module is not known: ${kwok.stderr}`)
  const done = spawnSync(renderer, [path.join(kwok.stdout.trim(), 'kustomize', 'stage', 'fast')], { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`kwok's stages cannot be rendered: ${done.stderr}`)
  writeFileSync(file, done.stdout)
}

function run(command: string, args: readonly string[], program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: moduleFolder,
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${program} cannot be built: go ended with ${code}; its messages are above`))
    })
  })
}

/** One build at a time on a machine; a lock whose owner is gone, or that is older than an hour, is taken over. */
async function lock(file: string, log: (line: string) => void): Promise<() => void> {
  let told = false
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error
    }
    if (isAbandoned(file)) {
      rmSync(file, { force: true })
      continue
    }
    if (!told) log('another process builds the control plane; waiting for it …')
    told = true
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

function isAbandoned(file: string): boolean {
  try {
    if (Date.now() - statSync(file).mtimeMs > 3_600_000) return true
    process.kill(Number(readFileSync(file, 'utf8')), 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'ENOENT')
  }
}
