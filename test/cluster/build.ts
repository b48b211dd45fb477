/** The control plane's programs, and the Stages that kwok plays. */
import { spawnSync } from 'node:child_process'
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { buildGoPrograms, programFolder, type GoModule } from './go-programs.ts'

/** The programs that a cluster needs, in the order they are built. */
const programs = {
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

const kubernetesVersion = 'v1.37.2'
const kwokVersion = 'v0.8.0'
const versionPackage = 'k8s.io/component-base/version'

const module: GoModule<Program> = {
  folder: path.join(import.meta.dirname, 'module'),
  files: ['go.mod', 'go.sum', 'render-stages/main.go'],
  programs,
  linkerFlags: [
    '-w',
    `-X ${versionPackage}.gitVersion=${kubernetesVersion}`,
    `-X ${versionPackage}.gitMajor=1`,
    `-X ${versionPackage}.gitMinor=37`,
    `-X sigs.k8s.io/kwok/pkg/consts.Version=${kwokVersion}`,
  ],
  instead: `point KUBEBUILDER_ASSETS to a folder with ${Object.keys(programs).join(', ')}`,
}

/** Locates the programs, and builds those that are missing. Throws with a text for people when Go is not there. */
export async function buildControlPlane(log: (line: string) => void): Promise<ControlPlane> {
  const { files, folder, buildMs } = await buildGoPrograms(module, { log, given: asset })
  const stages = path.join(folder, 'stages.yaml')
  if (!existsSync(stages)) renderStages(files['render-stages'], stages)
  return { programs: files, stages, buildMs }
}

/** Where the programs are kept once they are built. */
export function cacheFolder(): string {
  return programFolder(module)
}

function asset(program: Program): string | undefined {
  const assets = process.env['KUBEBUILDER_ASSETS']
  const file = assets === undefined ? undefined : path.join(assets, program)
  return file !== undefined && existsSync(file) ? file : undefined
}

function renderStages(renderer: string, file: string): void {
  const kwok = spawnSync('go', ['list', '-m', '-f', '{{.Dir}}', 'sigs.k8s.io/kwok'], {
    cwd: module.folder,
    encoding: 'utf8',
  })
  if (kwok.status !== 0) throw new Error(`the folder of the kwok module is not known: ${kwok.stderr}`)
  const done = spawnSync(renderer, [path.join(kwok.stdout.trim(), 'kustomize', 'stage', 'fast')], { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`kwok's stages cannot be rendered: ${done.stderr}`)
  // Two processes may come here at once; each leaves a whole file.
  const partial = `${file}.${process.pid}`
  writeFileSync(partial, done.stdout)
  renameSync(partial, file)
}
