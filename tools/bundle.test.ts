import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bundlesFolder, familyOf, freshBundle } from '../apps/cli/bin/bundle.js'
import { writeModules } from './bundle/write-modules.ts'

let root = ''

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'kedge-bundle-'))
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

const source = 'packages/a/src/index.ts'

function writeBundle(): string {
  const file = path.join(root, source)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, 'one')
  const { mtimeMs, size } = statSync(file)
  const folder = path.join(bundlesFolder(root), 'b-1')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'all.json'), JSON.stringify([[source, mtimeMs, size]]))
  writeFileSync(path.join(bundlesFolder(root), 'current'), 'b-1')
  return folder
}

test('a bundle is used while its sources are as they were', () => {
  const folder = writeBundle()
  expect(freshBundle(root, 'all')).toBe(folder)
})

test.each<[string, (file: string) => void]>([
  ['has another length', (file) => writeFileSync(file, 'three')],
  ['was written again', (file) => utimesSync(file, 1, 1)],
  ['is gone', (file) => rmSync(file)],
])('a bundle is not used when a source %s', (_, change) => {
  writeBundle()
  change(path.join(root, source))
  expect(freshBundle(root, 'all')).toBeUndefined()
})

test('without a bundle there is none to use', () => {
  expect(freshBundle(root, 'all')).toBeUndefined()
  writeBundle()
  expect(freshBundle(root, 'helm')).toBeUndefined()
})

test.each([
  ['helm template a b', 'helm'],
  ['helm list', 'all'],
  ['kustomize build', 'kustomize'],
  ['version', 'program'],
  ['version --server', 'all'],
  ['up --once', 'all'],
])('%s looks at the sources of the family %s', (line, family) => {
  expect(familyOf(line.split(' '))).toBe(family)
})

test('bundled commands print what the sources print', async () => {
  const families = await writeModules(path.resolve('.'), root)
  expect(families.helm).toContain(path.normalize('apps/cli/src/helm/template.ts'))
  expect(families.helm).not.toContain(path.normalize('apps/cli/src/verbs/up-run.ts'))
  expect(families.all).toContain(path.normalize('packages/assembly/agent/src/render/render-worker.ts'))
  expect(statSync(path.join(root, 'render-worker.mjs')).isFile()).toBe(true)
  writeFileSync(path.join(root, 'kustomization.yaml'), 'configMapGenerator: [{ name: c, literals: [a=b] }]\n')
  const run = (program: string, line: string): string => {
    const code = `const { main } = await import(${JSON.stringify(program)}); process.exitCode = await main(process.argv.slice(1))`
    const args = ['--input-type=module', '-e', code, ...line.split(' ')]
    const env = { ...process.env, INIT_CWD: root }
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', env })
    return stdout + stderr
  }
  for (const line of ['version', 'kustomize build .', 'helm template nothing', 'up --help'])
    expect(run(path.join(root, 'kedge.mjs'), line), line).toBe(run(path.resolve('apps/cli/src/main.ts'), line))
})
