import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { main } from '../main.ts'

/** A chart in a folder of its own, with links: name → where it leads. */
function chartWith(links: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-chart-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(path.join(folder, 'chart', 'templates'), { recursive: true })
  writeFileSync(
    path.join(folder, 'chart', 'Chart.yaml'),
    'apiVersion: v2\nname: c\nversion: 1.0.0\nicon: https://x.io\n',
  )
  writeFileSync(path.join(folder, 'outside.yaml'), 'a: 1\n')
  for (const [name, target] of Object.entries(links)) symlinkSync(target, path.join(folder, 'chart', name))
  return path.join(folder, 'chart')
}

async function run(...args: readonly string[]): Promise<{ readonly out: string; readonly err: string }> {
  let out = ''
  let err = ''
  const io = { cwd: tmpdir(), env: {}, isTerminal: false, columns: 80 }
  await main(['helm', ...args], { ...io, stdout: (text) => (out += text), stderr: (text) => (err += text) })
  return { out, err }
}

const found = (at: string, to: string): string =>
  `level=INFO msg="found symbolic link in path. Contents of linked file included and used" path=${at} resolved=${to}\n`

test('links of a chart are followed and told of, once for each time that helm loads the chart', async () => {
  const chart = chartWith({ 'values.yaml': '../outside.yaml', 'templates/a.yaml': '../values.yaml' })
  const outside = path.join(path.dirname(chart), 'outside.yaml')
  const told = found(path.join(chart, 'templates/a.yaml'), outside) + found(path.join(chart, 'values.yaml'), outside)
  expect(await run('template', chart)).toEqual({ out: '---\n# Source: c/templates/a.yaml\na: 1\n', err: told })
  expect((await run('lint', chart)).err).toBe(told + told)
})

test.each([
  [{ q: 'gone/x' }, (chart: string) => `${chart}/q: lstat ${chart}/gone: no such file or directory`],
  [{ p: 'q', q: '/gone/x' }, (chart: string) => `${chart}/p: lstat /gone: no such file or directory`],
  [{ q: 'q' }, (chart: string) => `${chart}/q: EvalSymlinks: too many links`],
])('links that lead nowhere are errors: %j', async (links, why) => {
  const chart = chartWith(links)
  expect((await run('template', chart)).err).toBe(`Error: error evaluating symlink ${why(chart)}\n`)
})

test('show prints values.yaml where there is one, an empty one too', async () => {
  const chart = chartWith({})
  const metadata = 'apiVersion: v2\nicon: https://x.io\nname: c\nversion: 1.0.0\n\n'
  expect((await run('show', 'all', chart)).out).toBe(metadata)
  writeFileSync(path.join(chart, 'values.yaml'), '')
  expect((await run('show', 'all', chart)).out).toBe(`${metadata}---\n\n`)
})
