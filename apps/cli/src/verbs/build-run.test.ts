import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RenderFlags } from '../render-input.ts'
import { runBuild } from './build-run.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kedge-build-'))
  // The folder's own repository: what lies above it is not read.
  mkdirSync(path.join(folder, '.git'))
  write('apps/a.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n')
  write('objects.yaml', [kustomization('apps', './apps'), helmRelease('apps'), helmRelease('web')].join('---\n'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): void {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
}

function kustomization(name: string, at: string): string {
  return `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: ${name}
spec:
  interval: 1m
  prune: true
  path: ${at}
  targetNamespace: here
  sourceRef: {kind: GitRepository, name: repo}
`
}

function helmRelease(name: string): string {
  return `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: ${name}\nspec: {interval: 1m}\n`
}

/** What a build printed, or what it failed with. */
async function build(words: readonly string[], flags: RenderFlags): Promise<string> {
  let printed = ''
  const io = {
    stdout: (text: string) => void (printed += text),
    stderr: () => undefined,
    cwd: folder,
    env: {},
    isTerminal: false,
    columns: 100,
  }
  try {
    await runBuild(words, flags, io)
    return printed
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const built = '---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: here\n'

test('a Kustomization in a file needs no cluster, whichever way it is named', async () => {
  for (const words of [['ks/apps'], ['kustomization', 'apps'], ['apps']]) {
    expect(await build(words, { file: 'objects.yaml' })).toBe(built)
    expect(await build(words, { kustomizationFile: 'objects.yaml' })).toBe(built)
  }
  expect(await build(['ks/apps'], { file: 'objects.yaml', path: 'apps' })).toBe(built)
})

test('what a file does not hold, and types that are not rendered, are said', async () => {
  const file = path.join(folder, 'objects.yaml')
  expect(await build(['ks/web'], { file })).toContain(`${file} holds no Kustomization web`)
  expect(await build(['none'], { file })).toContain(`${file} holds no Kustomization, HelmRelease or Application none`)
  expect(await build(['app/web'], { file })).toContain(`${file} holds no Application web`)
  expect(await build(['deploy/web'], { file })).toContain('"deploy" is no type that can be rendered')
  expect(await build(['ks/apps'], { file: 'nowhere.yaml' })).toContain('nowhere.yaml')
})
