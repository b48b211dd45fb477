/** Records that kedge wrote are listed and read by its own commands; no helm is needed for this. */
import { createHttpTransport, loadCluster } from '@kedge/cluster'
import { encodeRecord, type ReleaseStatus, type StoredRelease } from '@kedge/helm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordHost } from '../apps/cli/src/helm/release-store.ts'
import { helmCommand } from '../apps/cli/src/verbs/helm.ts'
import { testCluster, type TestCluster } from '../test/cluster/target.ts'

const namespace = `records-${Date.now().toString(36)}`
let cluster: TestCluster

const release = (version: number, status: ReleaseStatus): StoredRelease => ({
  name: 'web',
  namespace,
  version,
  info: {
    firstDeployed: '2026-01-02T03:04:05Z',
    lastDeployed: `2026-01-02T03:04:0${version}.5Z`,
    deleted: '',
    description: version === 1 ? 'Install complete' : 'Upgrade complete',
    status,
    rollbackRevision: 0,
    notes: '',
  },
  chart: {
    metadata: { apiVersion: 'v2', name: 'web', version: `1.0.${version}`, appVersion: '9' },
    lock: undefined,
    templates: [],
    values: { a: 1, b: { c: 2 } },
    schema: '',
    schemaModTime: '',
    files: [],
    modTime: '',
  },
  config: { b: { d: true } },
  manifest: '---\na: 1\n',
  hooks: [],
  applyMethod: 'ssa',
  labels: { team: 'blue' },
})

beforeAll(async () => {
  cluster = await testCluster()
  const transport = createHttpTransport(await loadCluster({ kubeconfigPath: cluster.kubeconfigPath }))
  const post = async (path: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await transport.request({ method: 'POST', path, headers, body })
    if (answer.status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(answer.body)}`)
  }
  await post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  const records = [release(1, 'superseded'), release(2, 'deployed')]
  for (const one of records)
    await post(
      `/api/v1/namespaces/${namespace}/secrets`,
      encodeRecord(one, { kind: 'createdAt', seconds: 1 }, recordHost),
    )
  await transport.close()
})

afterAll(() => cluster.close())

const run = async (line: string) => {
  const said = { out: '', err: '' }
  const code = await helmCommand([...line.split(' '), '-n', namespace, '--kubeconfig', cluster.kubeconfigPath], {
    stdout: (text) => void (said.out += text),
    stderr: (text) => void (said.err += text),
    cwd: process.cwd(),
    env: {},
    isTerminal: false,
    columns: 80,
  })
  return { code, ...said }
}

test.each([
  ['list -q', 'web\n'],
  [
    'list --no-headers -l team=blue --time-format 15:04:05',
    () => `web\t${namespace}\t2\t03:04:02\tdeployed\tweb-1.0.2\t9\n`,
  ],
  ['list -q -l team=red', ''],
  ['list -q --superseded', 'web\n'],
  [
    'history web -o json',
    '[{"revision":1,"updated":"2026-01-02T03:04:01.5Z","status":"superseded","chart":"web-1.0.1","app_version":"9","description":"Install complete"},{"revision":2,"updated":"2026-01-02T03:04:02.5Z","status":"deployed","chart":"web-1.0.2","app_version":"9","description":"Upgrade complete"}]\n',
  ],
  ['get values web', 'USER-SUPPLIED VALUES:\nb:\n  d: true\n'],
  ['get values web --all -o json', '{"a":1,"b":{"c":2,"d":true}}\n'],
  ['get manifest web --revision 1', '---\na: 1\n\n'],
  ['get notes web', ''],
])('kedge helm %s', async (line, wanted) => {
  expect(await run(line)).toEqual({ code: 0, out: typeof wanted === 'string' ? wanted : wanted(), err: '' })
})

test.each([
  ['history none', 'Error: release: not found\n'],
  ['get all web --revision 3', 'Error: release: not found\n'],
  ['get all NO', 'Error: releaseContent: Release name is invalid: NO\n'],
])('kedge helm %s fails', async (line, err) => {
  expect(await run(line)).toEqual({ code: 1, out: '', err })
})
