import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createCluster } from '../client/create-cluster.ts'
import { loadCluster } from './load-cluster.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

function kubeconfig(cluster: string, user: string): string {
  return `apiVersion: v1
kind: Config
current-context: one
clusters:
- name: c
  cluster: {server: "https://10.0.0.1:6443"${cluster}}
users:
- name: u
  user: {${user}}
contexts:
- name: one
  context: {cluster: c, user: u, namespace: web}
- name: two
  context: {cluster: c, user: nobody}
`
}

async function failureOf(promise: Promise<unknown>): Promise<{ code: string; text: string }> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const code = (error as { failure?: { code?: string } }).failure?.code ?? 'none'
  return { code, text: `${String(error)} ${JSON.stringify(error)}` }
}

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kedge-kubeconfig-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

test('[R3] a stranger may give a server, its certificate and credentials as data', async () => {
  const text = kubeconfig(
    `, certificate-authority-data: ${base64('CA')}, tls-server-name: api`,
    `token: abc, client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')}`,
  )
  const config = await loadCluster({ kubeconfigText: text })
  expect(config).toMatchObject({
    name: 'one',
    server: 'https://10.0.0.1:6443',
    namespace: 'web',
    tls: { insecure: false, ca: 'CA', serverName: 'api' },
  })
  expect(await config.credentials()).toEqual({ authorization: 'Bearer abc', certificate: { cert: 'CERT', key: 'KEY' } })
})

test.each([
  ['exec', '', 'exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: ["-c", "touch x"]}'],
  ['auth-provider', '', 'auth-provider: {name: gcp, config: {cmd-path: /bin/sh}}'],
  ['tokenFile', '', 'tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token'],
  ['client-certificate', '', 'client-certificate: /etc/passwd'],
  ['client-key', '', 'client-key: /etc/shadow'],
  ['certificate-authority', ', certificate-authority: /etc/passwd', 'token: t'],
  ['insecure-skip-tls-verify', ', insecure-skip-tls-verify: true', 'token: t'],
  ['proxy-url', ', proxy-url: "http://evil:3128"', 'token: t'],
  ['as', '', 'token: t, as: admin'],
  ['as', '', 'token: t, as-groups: ["system:masters"]'],
])('[R3] a stranger may not use %s (CVE-2022-24817)', async (name, cluster, user) => {
  const { code, text } = await failureOf(loadCluster({ kubeconfigText: kubeconfig(cluster, user) }))
  expect(code).toBe('kubeconfig-forbidden')
  expect(text).toContain(name)
})

test.each([
  ['{', 'kubeconfig-invalid'],
  ['', 'kubeconfig-invalid'],
  ['null', 'kubeconfig-invalid'],
  ['[]', 'kubeconfig-invalid'],
  ['clusters: []\ncontexts: []', 'kubeconfig-context'],
  [kubeconfig('', 'token: t').replace('https://10.0.0.1:6443', 'file:///etc/passwd'), 'kubeconfig-invalid'],
  [kubeconfig('', 'token: t').replace('https://', 'https://me:secret@'), 'kubeconfig-invalid'],
  [kubeconfig('', `client-key-data: ${base64('KEY')}`), 'kubeconfig-invalid'],
])('[R3] %j is no kubeconfig', async (text, code) => {
  expect((await failureOf(loadCluster({ kubeconfigText: text }))).code).toBe(code)
})

test('[R3] errors show nothing of the content', async () => {
  const text = 'users:\n- user: {token: s3cr3t-canary\n  x: [\n'
  expect((await failureOf(loadCluster({ kubeconfigText: text }))).text).not.toContain('s3cr3t-canary')
})

test("the user's own kubeconfig may name files, which are relative to it", async () => {
  await writeFile(path.join(folder, 'ca.crt'), 'CA')
  await writeFile(path.join(folder, 'token'), 'from-file\n')
  const file = path.join(folder, 'config')
  await writeFile(
    file,
    kubeconfig(', certificate-authority: ca.crt, proxy-url: "http://proxy:3128"', 'tokenFile: token'),
  )
  const config = await loadCluster({ kubeconfigPath: file })
  expect(config.tls).toEqual({ insecure: false, ca: 'CA' })
  expect(config.proxyUrl).toBe('http://proxy:3128')
  expect(await config.credentials()).toEqual({ authorization: 'Bearer from-file' })
  await writeFile(path.join(folder, 'token'), 'renewed')
  expect(await config.credentials()).toEqual({ authorization: 'Bearer from-file' })
  config.renew?.()
  expect(await config.credentials()).toEqual({ authorization: 'Bearer renewed' })
})

test('an exec plugin of the own kubeconfig is asked, and asked again when its answer was refused', async () => {
  const plugin = path.join(folder, 'plugin.cjs')
  const counter = path.join(folder, 'count')
  await writeFile(counter, '0')
  await writeFile(
    plugin,
    `const fs = require('fs'); const n = Number(fs.readFileSync(${JSON.stringify(counter)})) + 1
fs.writeFileSync(${JSON.stringify(counter)}, String(n))
console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: 'plugin-' + n } }))`,
  )
  const file = path.join(folder, 'config')
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [plugin] }
  await writeFile(file, kubeconfig('', `exec: ${JSON.stringify(exec)}`))
  const config = await loadCluster({ kubeconfigPath: file })
  expect(await config.credentials()).toEqual({ authorization: 'Bearer plugin-1' })
  expect(await config.credentials()).toEqual({ authorization: 'Bearer plugin-1' })
  config.renew?.()
  expect(await config.credentials()).toEqual({ authorization: 'Bearer plugin-2' })
})

test('a missing file, an unknown context and a process outside a cluster say what to do', async () => {
  const file = path.join(folder, 'config')
  expect((await failureOf(loadCluster({ kubeconfigPath: file }))).code).toBe('kubeconfig-missing')
  await writeFile(file, kubeconfig('', 'token: t'))
  const unknown = await failureOf(loadCluster({ kubeconfigPath: file, context: 'three' }))
  expect(unknown.code).toBe('kubeconfig-context')
  expect(unknown.text).toContain('one, two')
  expect((await failureOf(loadCluster({ inCluster: true, environment: {} }))).code).toBe('not-in-cluster')
  expect((await loadCluster({ environment: { KUBECONFIG: file } })).name).toBe('one')
})

test('a context of the own kubeconfig may act as another user', async () => {
  const file = path.join(folder, 'config')
  await writeFile(file, kubeconfig('', 'token: t, as: jane, as-groups: [dev], as-user-extra: {team: [red]}'))
  const config = await loadCluster({ kubeconfigPath: file })
  expect(config.impersonate).toEqual({ user: 'jane', groups: ['dev'], extra: { team: ['red'] } })
  await writeFile(file, kubeconfig('', 'token: t, as-groups: ["system:masters"]'))
  const nobody = await loadCluster({ kubeconfigPath: file })
  // Groups of nobody are no way to become oneself.
  const ports = { clock: { now: () => 0 }, timers: { after: () => () => {} }, random: { next: () => 0 } }
  expect(() => createCluster(nobody, ports)).toThrow(/empty or not printable/)
})

test('of several kubeconfigs the first that has an entry counts, and each names its files from where it is', async () => {
  await mkdir(path.join(folder, 'two'))
  const first = path.join(folder, 'one')
  const second = path.join(folder, 'two', 'config')
  await writeFile(first, 'users:\n- name: u\n  user: {tokenFile: token}\ncontexts: []\n')
  await writeFile(path.join(folder, 'token'), 'of-the-first')
  await writeFile(path.join(folder, 'two', 'ca.crt'), 'CA-of-the-second')
  await writeFile(second, kubeconfig(', certificate-authority: ca.crt', 'token: of-the-second'))
  const KUBECONFIG = [path.join(folder, 'absent'), first, second].join(path.delimiter)
  const config = await loadCluster({ environment: { KUBECONFIG } })
  expect([config.name, config.tls.ca]).toEqual(['one', 'CA-of-the-second'])
  expect(await config.credentials()).toEqual({ authorization: 'Bearer of-the-first' })
})
