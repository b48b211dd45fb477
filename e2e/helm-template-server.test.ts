/** A chart rendered against a cluster: what it serves, what it holds, and whether an install could go on. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createHttpTransport, loadCluster } from '@kedge/cluster'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { helmCommand } from '../apps/cli/src/verbs/helm.ts'
import { testCluster, type TestCluster } from '../test/cluster/target.ts'

const namespace = `render-${Date.now().toString(36)}`
const folder = mkdtempSync(path.join(tmpdir(), 'kedge-render-'))
let cluster: TestCluster

beforeAll(async () => {
  cluster = await testCluster()
  const transport = createHttpTransport(await loadCluster({ kubeconfigPath: cluster.kubeconfigPath }))
  const create = (where: string, body: unknown) =>
    transport.request({ method: 'POST', path: where, headers: { 'content-type': 'application/json' }, body })
  await create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  await create(`/api/v1/namespaces/${namespace}/configmaps`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'there' },
    data: { a: 'one', next: 'there' },
  })
  await transport.close()
})

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await cluster.close()
})

async function render(template: string, ...flags: readonly string[]) {
  mkdirSync(path.join(folder, 'templates'), { recursive: true })
  writeFileSync(path.join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: web\nversion: 1.0.0\n')
  writeFileSync(path.join(folder, 'templates', 't.yaml'), template)
  const ran = { out: '', err: '' }
  const words = ['template', 'rel', folder, '-n', namespace, '--kubeconfig', cluster.kubeconfigPath, ...flags]
  const code = await helmCommand(words, {
    stdout: (text) => void (ran.out += text),
    stderr: (text) => void (ran.err += text),
    cwd: folder,
    env: { HOME: folder },
    isTerminal: false,
    columns: 100,
  })
  return { code, ...ran }
}

const head = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n`

test('lookups see the cluster, also those that depend on one another', async () => {
  const server = await render(
    `{{ $first := lookup "v1" "ConfigMap" .Release.Namespace "there" }}
{{- $second := lookup "v1" "ConfigMap" .Release.Namespace (dig "data" "next" "" $first) }}
${head('new')}  a: {{ dig "data" "a" "-" $second }}
  none: {{ lookup "v1" "ConfigMap" .Release.Namespace "nope" | len | quote }}
  apps: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" | quote }}
`,
    '--dry-run=server',
  )
  expect(server).toMatchObject({ code: 0, err: '' })
  expect(server.out).toContain('  a: one\n  none: "0"\n  apps: "true"\n')
})

test('without a server lookups find nothing', async () => {
  const { out } = await render(
    `${head('new')}  n: {{ lookup "v1" "ConfigMap" .Release.Namespace "there" | len | quote }}\n`,
  )
  expect(out).toContain('n: "0"')
})

test('objects of others and kinds that are not served end it, as they would end an install', async () => {
  const taken = await render(`${head('there')}  a: b\n`, '--dry-run=server')
  expect(taken.code).toBe(1)
  expect(taken.err).toContain(
    `unable to continue with install: ConfigMap "there" in namespace "${namespace}" exists and cannot be imported into the current release: invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"`,
  )
  const unknown = await render('apiVersion: nope.io/v1\nkind: Nope\nmetadata:\n  name: x\n', '--validate')
  expect(unknown.err).toContain('no matches for kind "Nope" in version "nope.io/v1"\nensure CRDs are installed first')
})
