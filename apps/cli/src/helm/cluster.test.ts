import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ClusterConfig } from '@kedge/cluster'
import { expect, onTestFinished, test } from 'vitest'
import { main } from '../main.ts'
import { overridden } from './cluster.ts'
import { globalFlags } from './global-flags.ts'
import { parseFlags } from './parse-flags.ts'

const config: ClusterConfig = {
  name: 'c',
  server: 'https://one:6443',
  namespace: 'default',
  tls: { ca: 'CA', insecure: false },
  credentials: () => Promise.resolve({ authorization: 'Basic x', certificate: { cert: 'C', key: 'K' } }),
}

function changed(...args: readonly string[]): ClusterConfig {
  return overridden(config, parseFlags(args, globalFlags), '/')
}

test('without flags a cluster is that of the kubeconfig', async () => {
  const { name, server, namespace, tls } = changed()
  expect({ name, server, namespace, tls }).toEqual({
    name: 'c',
    server: 'https://one:6443',
    namespace: 'default',
    tls: config.tls,
  })
  expect(await changed().credentials()).toEqual(await config.credentials())
})

const changes: readonly (readonly [args: readonly string[], wanted: Partial<ClusterConfig>])[] = [
  [['--kube-apiserver', 'two:6443'], { server: 'https://two:6443' }],
  [['--kube-apiserver', 'http://two'], { server: 'http://two' }],
  [['--kube-tls-server-name', 'inner'], { tls: { ca: 'CA', serverName: 'inner', insecure: false } }],
  [['--kube-insecure-skip-tls-verify'], { tls: { insecure: true } }],
  [['--kube-as-user', 'u', '--kube-as-group', 'g'], { impersonate: { user: 'u', groups: ['g'] } }],
]

test.each(changes)('%j', (args, wanted) => {
  const { server, tls, impersonate } = changed(...args)
  expect({ server, tls, impersonate }).toEqual({ server: config.server, tls: config.tls, ...wanted })
})

test('a token is sent in place of a password, and beside a certificate', async () => {
  expect(await changed('--kube-token', 't').credentials()).toEqual({
    authorization: 'Bearer t',
    certificate: { cert: 'C', key: 'K' },
  })
})

test.each([
  [['--kube-as-group', 'g'], '--kube-as-group needs --kube-as-user'],
  [['--kube-ca-file', 'none'], 'unable to load root certificates: open none: no such file or directory'],
  [['--kube-ca-file', 'x', '--kube-insecure-skip-tls-verify'], 'with the insecure flag is not allowed'],
  [['--kube-apiserver', 'a b'], '--kube-apiserver a b is no address'],
])('%j fails: %s', (args, problem) => {
  expect(() => changed(...args)).toThrow(problem)
})

test('who acts as somebody else asks the server as that one, and a kubeconfig can say so too', async () => {
  const asked: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    asked.push(request.headers)
    response.setHeader('content-type', 'application/json')
    response.end('{"kind":"SecretList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-cluster-'))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const cluster = { name: 'c', cluster: { server: 'http://127.0.0.1:1' } }
  const user = { name: 'u', user: { token: 'own', as: 'bob' } }
  const context = { name: 'x', context: { cluster: 'c', user: 'u' } }
  writeFileSync(
    path.join(folder, 'kubeconfig'),
    JSON.stringify({ 'current-context': 'x', clusters: [cluster], users: [user], contexts: [context] }),
  )
  const env = { KUBECONFIG: 'kubeconfig', HOME: folder, HELM_KUBEAPISERVER: url }
  const list = async (...args: readonly string[]): Promise<string> => {
    let text = ''
    const add = (more: string) => void (text += more)
    const io = { stdout: add, stderr: add, cwd: folder, env, isTerminal: false, columns: 80 }
    await main(['helm', 'list', '-q', ...args], io)
    return text
  }
  expect(await list()).toBe('')
  expect(await list('--kube-as-user', 'eve', '--kube-as-group', 'g', '--kube-token', 'given')).toBe('')
  expect(
    asked.map((headers) => [headers['impersonate-user'], headers['impersonate-group'], headers.authorization]),
  ).toEqual([
    ['bob', undefined, 'Bearer own'],
    ['eve', 'g', 'Bearer given'],
  ])
  expect(await list('--kube-apiserver', 'http://127.0.0.1:1')).toMatch(/^Error: kubernetes cluster unreachable: /)
  expect(await list('--kube-context', 'none')).toContain('use --kube-context with one of: x')
})
