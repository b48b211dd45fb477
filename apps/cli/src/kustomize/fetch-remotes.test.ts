import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { startGitServer, type GitServer } from '../../../../test/git-server/git-server.ts'
import type { FileChange } from '../../../../test/git-server/test-repository.ts'
import { packFiles } from '../../../../test/pack-files.ts'
import { kustomizeCommand } from '../verbs/kustomize.ts'

const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`

function folderWith(kustomization: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-remotes-'))
  closing.push(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(path.join(folder, 'app'))
  writeFileSync(path.join(folder, 'app', 'kustomization.yaml'), kustomization)
  return folder
}

async function gitWith(changes: Readonly<Record<string, FileChange>>): Promise<{ server: GitServer; url: string }> {
  const server = await startGitServer()
  closing.push(() => server.close())
  const repo = server.createRepository('team/repo.git')
  repo.commit(changes)
  return { server, url: server.urlOf(repo) }
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function run(cwd: string, ...args: readonly string[]) {
  let stdout = ''
  let stderr = ''
  const io = { stdout: (text: string) => (stdout += text), stderr: (text: string) => (stderr += text), cwd, env: {} }
  const code = await kustomizeCommand(['build', ...args], io)
  return { code, stdout, stderr }
}

const base = {
  'base/kustomization.yaml': 'resources: [a.yaml]\nnamePrefix: x-\n',
  'base/a.yaml': configMap('a'),
  'bad/kustomization.yaml': 'resources:\n- b.yaml\n- missing.yaml\n',
  'bad/b.yaml': configMap('b'),
}

test('remote bases and files are fetched and built', async () => {
  const { url } = await gitWith(base)
  const files = await serve((_request, response) => response.end(configMap('file')))
  const folder = folderWith(`resources:\n- ${url}//base?ref=main\n- ${files}/x.yaml\nnameSuffix: -z\n`)
  const { code, stdout, stderr } = await run(folder, 'app')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toBe(`${configMap('file-z')}---\n${configMap('x-a-z')}`)
})

test('the folder to build may be in a repository', async () => {
  const { url } = await gitWith(base)
  expect(await run('/', `${url}//base`)).toEqual({ code: 0, stdout: configMap('x-a'), stderr: '' })
})

test('an error in a remote base names its address, file and line', async () => {
  const { url } = await gitWith(base)
  const { code, stderr } = await run(folderWith(`resources:\n- ${url}//bad\n`), 'app')
  expect(code).toBe(1)
  expect(stderr).toContain(`(${url}//bad/kustomization.yaml:3)`)
})

test('an error of fetching names the address, and the file and line that asks for it', async () => {
  const { url } = await gitWith(base)
  const { code, stderr } = await run(folderWith(`resources:\n- ${url}//base?ref=v9\n`), 'app')
  expect(code).toBe(1)
  expect(stderr).toContain(`cannot fetch '${url}//base?ref=v9': the repository has no branch, tag or ref "v9"`)
  expect(stderr).toContain('(app/kustomization.yaml:2)')
})

test('--no-remote-bases and --allow-remote refuse before a connection is made', async () => {
  const { server, url } = await gitWith(base)
  const folder = folderWith(`resources:\n- ${url}//base\n`)
  const off = await run(folder, 'app', '--no-remote-bases')
  expect([off.code, off.stderr]).toEqual([1, expect.stringContaining('is not allowed here (app/kustomization.yaml:2)')])
  const elsewhere = await run(folder, 'app', '--allow-remote', 'github.com/org')
  expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining('are not allowed here')])
  expect(server.requests).toEqual([])
  expect((await run(folder, 'app', '--allow-remote', `${server.origin}/team`)).code).toBe(0)
})

test('charts of a repository are fetched and rendered, with a name from a template', async () => {
  const chart = packFiles({
    'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.2.0\n',
    'web/values.yaml': 'size: 1\n',
    'web/templates/a.yaml': `${configMap('{{ .Release.Name }}')}data:\n  size: {{ .Values.size | quote }}\n`,
  })
  const index =
    'apiVersion: v1\nentries:\n  web:\n  - {apiVersion: v2, name: web, version: 1.2.0, urls: [web-1.2.0.tgz]}\n'
  const charts = await serve((request, response) => response.end(request.url === '/index.yaml' ? index : chart))
  const entry = `helmCharts:\n- name: web\n  repo: ${charts}\n  nameTemplate: '{{ "ab" | upper | lower }}-1'\n  valuesInline: {size: 3}\n`
  const { code, stdout, stderr } = await run(folderWith(entry), 'app', '--enable-helm')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toBe('apiVersion: v1\ndata:\n  size: "3"\nkind: ConfigMap\nmetadata:\n  name: ab-1\n')
  const both = await run(folderWith(`${entry}  version: ^2.0.0\n`), 'app', '--enable-helm')
  expect([both.code, both.stderr]).toEqual([1, expect.stringContaining(`cannot pull chart '${charts} web'`)])
  expect(both.stderr).toContain('(app/kustomization.yaml:2)')
})
