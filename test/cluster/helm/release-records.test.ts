/** The real helm installs, upgrades and rolls back on a test cluster; kedge reads and writes the same records. */
import { createHttpTransport, loadCluster } from '@kedge/cluster'
import { decodeRecord, encodeRecord, type StoredRelease } from '@kedge/helm'
import type { KubeObject } from '@kedge/manifest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordHost } from '../../../apps/cli/src/helm/release-store.ts'
import type { TestCluster } from '../target.ts'
import { helmPair, type HelmPair } from './helm-pair.ts'
import { servers } from './servers.ts'

const namespace = `helm-${Date.now().toString(36)}`

const chart = {
  'web/Chart.yaml':
    'apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: "4.5"\nannotations: {b: two, a: "<one>"}\ndescription: A & B\n',
  'web/values.yaml': 'replicas: 1\nimage: {name: nginx, tag: "1.27"}\nempty: {}\nratio: 0.25\nbig: 12345678\n',
  'web/values.schema.json': '{"type":"object"}',
  'web/templates/config.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {image: "{{ .Values.image.name }}:{{ .Values.image.tag }}"}\n',
  'web/templates/hook.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-hook\n  annotations: {helm.sh/hook: "post-install,post-upgrade", helm.sh/hook-weight: "5", helm.sh/hook-delete-policy: before-hook-creation}\n',
  'web/templates/test.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-test\n  annotations: {helm.sh/hook: test}\n',
  'web/templates/NOTES.txt': 'Installed {{ .Release.Name }} <here>.\n\n',
}

describe.each(servers)('helm and kedge on %s', (_server, open) => {
  let cluster: TestCluster
  let pair: HelmPair
  let request: (method: 'GET' | 'POST' | 'PUT', path: string, body?: KubeObject) => Promise<KubeObject>
  let closeTransport: () => Promise<void>

  const mustHelm = async (...words: readonly string[]): Promise<string> => {
    const ran = await pair.helm(...words, '-n', namespace)
    if (ran.code !== 0) throw new Error(`helm ${words.join(' ')}: ${ran.err}`)
    return ran.out
  }

  beforeAll(async () => {
    cluster = await open()
    pair = helmPair(cluster.kubeconfigPath)
    pair.write(chart)
    const transport = createHttpTransport(await loadCluster({ kubeconfigPath: cluster.kubeconfigPath }))
    closeTransport = () => transport.close()
    request = async (method, path, body) => {
      const answer = await transport.request({
        method,
        path,
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body }),
      })
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
      return answer.body as KubeObject
    }
    await mustHelm('install', 'web', 'web', '--create-namespace', '--labels', 'team=blue,tier=front')
    await mustHelm('upgrade', 'web', 'web', '--set', 'image.tag=1.28,list={a,b},on=true,big=98765432109')
    await mustHelm('rollback', 'web', '1')
    await mustHelm('upgrade', 'web', 'web', '--reset-values', '--description', 'für "alle" <x>')
    await mustHelm('install', 'api', 'web', '--labels', 'team=red')
    await pair.helm('test', 'api', '-n', namespace)
    await mustHelm('install', 'old', 'web')
    await mustHelm('uninstall', 'old', '--keep-history')
  }, 120_000)

  afterAll(async () => {
    for (const name of ['web', 'api', 'old', 'ours']) await pair.helm('uninstall', name, '-n', namespace)
    await closeTransport()
    pair.close()
    await cluster.close()
  })

  const lines = [
    'list',
    'ls --uninstalled',
    'list -a -o json',
    'list -o yaml',
    'list -q',
    'list -q -o json',
    'list -q -o yaml',
    'list --superseded',
    'list --deployed --no-headers',
    'list -d -r',
    'list --filter ^w',
    'list --filter nothing',
    'list --filter nothing --no-headers',
    'list -l team=blue',
    'list -l team!=blue,status!=deployed',
    'list -l !team',
    'list -m 1 --offset 1',
    'list --time-format 2006-01-02T15:04',
    'list --filter (',
    'list -o xml',
    'history web',
    'history web -o json',
    'history web -o yaml',
    'history web --max 2',
    'history web --show-rollback-revision',
    'history none',
    'history No_Name',
    'history',
    'get values web',
    'get values web --revision 2',
    'get values web --revision 2 -o json',
    'get values web --revision 2 -o yaml',
    'get values web -o json',
    'get values web --all',
    'get values web --all --revision 2 -o json',
    'get values web -a -o yaml',
    'get manifest web',
    'get hooks web',
    'get notes web',
    'get metadata web',
    'get metadata web -o json',
    'get metadata web -o yaml',
    'get metadata web --revision 1',
    'get metadata web --revision 1 -o json',
    'get all web',
    'get all web --revision 2',
    'get all api',
    'get all web --template {{.Release.Name}}/{{.Release.Chart.Metadata.Version}}:{{.Release.Info.Status}}@{{.Release.Version}}',
    'get all web --template {{range.Release.Hooks}}{{.Name}},{{.Weight}};{{end}}',
    'get all web --revision 99',
    'list -A',
    'list --color always',
    'list --max 0x1',
    'list --kube-as-user somebody --kube-as-group system:masters',
    'list --kube-insecure-skip-tls-verify -q',
    'get notes none',
    'get all web --template {{.Release.Labels.owner}}{{.Release.Info.FirstDeployed}}|{{.Release.Info.Deleted.IsZero}}',
    'get all web --template {{.Release.Info.LastDeployed.Unix}}{{.Release.Chart.Name}}{{len(.Release.Chart.Templates)}}',
    'get all web --template {{range.Release.Hooks}}{{.DeletePolicies}}{{.LastRun.Phase}}{{end}}',
    'get all web --template {{.Release.Chart.Metadata.Nope}}',
    'template web web --dry-run=server',
    'template api web --dry-run=server --is-upgrade',
    'template other web --dry-run=server -s templates/config.yaml',
  ]

  test.each(lines)('kedge helm %s prints what helm prints', async (line) => {
    const words = [...line.split(' '), '-n', namespace]
    const [theirs, ours] = await Promise.all([pair.helm(...words), pair.kedge(...words)])
    expect(ours).toEqual(theirs)
  })

  test('a record that kedge reads and writes back is the one that helm wrote', async () => {
    const path = `/api/v1/namespaces/${namespace}/secrets/sh.helm.release.v1.web.v4`
    const before = await request('GET', path)
    const release = decodeRecord(before, recordHost)
    const time = { kind: 'modifiedAt', seconds: Number(before.metadata.labels!['modifiedAt']) } as const
    const written = encodeRecord(release, time, recordHost)
    expect(written.metadata.labels).toEqual(before.metadata.labels)
    expect(contentOf(written)).toBe(contentOf(before))
  })

  test('helm lists, reads, upgrades and rolls back a release that kedge wrote', async () => {
    const source = decodeRecord(
      await request('GET', `/api/v1/namespaces/${namespace}/secrets/sh.helm.release.v1.api.v1`),
      recordHost,
    )
    const ours: StoredRelease = {
      ...source,
      name: 'ours',
      labels: { made: 'here' },
      manifest: source.manifest.replaceAll('name: api', 'name: ours'),
      hooks: [],
      config: { image: { tag: '9' } },
      info: { ...source.info, description: 'written by kedge' },
    }
    const list = `/api/v1/namespaces/${namespace}/secrets`
    await request('POST', list, encodeRecord(ours, { kind: 'createdAt', seconds: 1_767_322_800 }, recordHost))
    expect(await mustHelm('list', '-q', '-l', 'made=here')).toBe('ours\n')
    expect(await mustHelm('get', 'values', 'ours')).toBe('USER-SUPPLIED VALUES:\nimage:\n  tag: "9"\n')
    await mustHelm('upgrade', 'ours', 'web', '--take-ownership', '--reuse-values')
    expect(await mustHelm('get', 'values', 'ours')).toContain('tag: "9"')
    await mustHelm('rollback', 'ours', '1')
    const history = JSON.parse(await mustHelm('history', 'ours', '-o', 'json')) as readonly {
      readonly status: string
    }[]
    expect(history.map(({ status }) => status)).toEqual(['superseded', 'superseded', 'deployed'])
  })
})

/** What a record unpacks to. */
function contentOf(secret: KubeObject): string {
  const { release } = secret['data'] as { readonly release: string }
  const packed = recordHost.decodeBase64(Buffer.from(release, 'base64').toString())
  return Buffer.from(recordHost.gunzip(packed, 1e8)).toString()
}
