/** Small lives of releases, led once by the real helm and once by kedge: the same errors, records and objects come of it. */
import type { StoredRelease } from '@kedge/helm'
import type { KubeObject } from '@kedge/manifest'
import {
  defaultActionOptions,
  installRelease,
  readHistory,
  rollbackRelease,
  testRelease,
  uninstallRelease,
  upgradeRelease,
  type ActionEnd,
  type ActionOptions,
} from '@kedge/release'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { releaseRunner, type ReleaseRunner } from '../../../e2e/releases/release-runner.ts'
import type { TestCluster } from '../target.ts'
import { helmPair, type HelmPair } from './helm-pair.ts'
import { servers } from './servers.ts'

/** One action of a life, as both sides carry it out. */
interface Act {
  readonly verb: 'install' | 'upgrade' | 'rollback' | 'uninstall' | 'test'
  readonly values?: Readonly<Record<string, string>>
  readonly to?: number
  /** Flags of helm, and the options that they stand for. */
  readonly flags?: readonly string[]
  readonly options?: Partial<ActionOptions>
}

interface Life {
  readonly templates: Readonly<Record<string, string>>
  readonly acts: readonly Act[]
  /** Objects that are there before. */
  readonly before?: readonly KubeObject[]
}

const noWait = { wait: false }
const waiting = { flags: ['--wait'], options: { wait: true } }
const quietly = { flags: ['--no-hooks'], options: { hooks: false } }
/** Long enough for what does get ready. */
const quickly = { flags: ['--wait', '--timeout', '3s'], options: { wait: true, timeoutMs: 3000 } }

const plain = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\ndata: {v: "{{ .Values.v }}"}\n'
const optional =
  '{{ if eq .Values.v "1" }}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: optional, annotations: {{ .Values.notes | default "{}" }}}\n{{ end }}'
const invalid =
  '{{ if eq .Values.v "2" }}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: invalid, labels: {a: "b c!"}}\n{{ end }}'
const extra = '{{ if eq .Values.v "2" }}apiVersion: v1\nkind: Secret\nmetadata: {name: extra}\n{{ end }}'
const hook = (name: string, events: string, more: string = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, annotations: {helm.sh/hook: "${events}"${more}}}\n`
const badHook = (events: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad, labels: {a: "b c!"}, annotations: {helm.sh/hook: "${events}"}}\n`
const claim =
  'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: claim}\nspec: {storageClassName: none, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n'

const two: readonly Act[] = [{ verb: 'install' }, { verb: 'upgrade', values: { v: '2' } }]
const foreign: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain' }, data: { mine: 'yes' } }

const lives: Readonly<Record<string, Life>> = {
  'an object that an upgrade lacks is deleted': { templates: { plain, optional }, acts: two },
  'an object that is to be kept is kept': {
    templates: { plain, optional },
    acts: [
      { verb: 'install', values: { notes: '{helm.sh/resource-policy: keep}' } },
      { verb: 'upgrade', values: { v: '2' } },
      { verb: 'uninstall', ...waiting },
    ],
  },
  'an uninstall keeps what its manifest says': {
    templates: { plain, optional },
    acts: [
      { verb: 'install', values: { notes: '{helm.sh/resource-policy: keep}' } },
      { verb: 'uninstall', ...waiting },
    ],
  },
  'an object of nobody is not taken': { templates: { plain }, acts: [{ verb: 'install' }], before: [foreign] },
  'an object of nobody is taken when asked for': {
    templates: { plain },
    acts: [{ verb: 'install', flags: ['--take-ownership', '--force-conflicts'], options: { takeOwnership: true } }],
    before: [foreign],
  },
  'an upgrade does not take an object of nobody': {
    templates: { optional: extra },
    acts: two,
    before: [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'extra' } }],
  },
  // Helm's update ends at the first object that cannot be created, so that one comes last here.
  'a failed upgrade leaves what it made': { templates: { extra, plain, zinvalid: invalid }, acts: two },
  'a failed upgrade is cleaned up': {
    templates: { extra, plain, zinvalid: invalid },
    acts: [
      { verb: 'install' },
      { verb: 'upgrade', values: { v: '2' }, flags: ['--cleanup-on-fail'], options: { cleanupOnFail: true } },
    ],
  },
  'a kind that is not served fails the install': {
    templates: { plain, lamp: 'apiVersion: example.com/v1\nkind: Lamp\nmetadata: {name: desk}\n' },
    acts: [{ verb: 'install' }],
  },
  'what never gets ready fails the install': { templates: { claim }, acts: [{ verb: 'install', ...quickly }] },
  'what never gets ready fails the upgrade': {
    templates: { claim: `{{ if eq .Values.v "2" }}${claim}{{ end }}`, plain },
    acts: [{ verb: 'install' }, { verb: 'upgrade', values: { v: '2' }, ...quickly }, { verb: 'rollback', to: 1 }],
  },
  'hooks run at their events and are recorded': {
    templates: {
      plain,
      a: hook('a', 'pre-install,post-upgrade', ', helm.sh/hook-weight: "5"'),
      b: hook('b', 'pre-install', ', helm.sh/hook-delete-policy: hook-succeeded'),
      c: hook('c', 'post-rollback,pre-delete'),
    },
    acts: [...two, { verb: 'rollback', to: 1 }, { verb: 'uninstall', ...waiting }],
  },
  'a bad hook before an install': { templates: { plain, bad: badHook('pre-install') }, acts: [{ verb: 'install' }] },
  'a bad hook after an install': { templates: { plain, bad: badHook('post-install') }, acts: [{ verb: 'install' }] },
  'a bad hook before an upgrade': { templates: { plain, bad: badHook('pre-upgrade') }, acts: two },
  'a bad hook after an upgrade': { templates: { plain, bad: badHook('post-upgrade') }, acts: two },
  'a bad test': { templates: { plain, bad: badHook('test') }, acts: [{ verb: 'install' }, { verb: 'test' }] },
  'a good test': { templates: { plain, good: hook('good', 'test') }, acts: [{ verb: 'install' }, { verb: 'test' }] },
  'nothing to upgrade': { templates: { plain }, acts: [{ verb: 'upgrade' }] },
  'nothing to roll back to': { templates: { plain }, acts: [{ verb: 'install' }, { verb: 'rollback', to: 9 }] },
  'nothing to uninstall': { templates: { plain }, acts: [{ verb: 'uninstall' }] },
  'a name in use': { templates: { plain }, acts: [{ verb: 'install' }, { verb: 'install' }] },
  'an uninstall that keeps the history, twice': {
    templates: { plain },
    acts: [...two, ...twice({ verb: 'uninstall', flags: ['--keep-history'], options: { keepHistory: true } })],
  },
  'an upgrade over a failed install': {
    templates: { plain, zinvalid: invalid },
    acts: [{ verb: 'install', values: { v: '2' } }, { verb: 'upgrade' }],
  },
  'an install over kept history': {
    templates: { plain },
    acts: [
      { verb: 'install' },
      { verb: 'uninstall', flags: ['--keep-history', '--wait'], options: { keepHistory: true, wait: true } },
      { verb: 'install' },
      { verb: 'install', flags: ['--replace'], options: { replace: true } },
      { verb: 'uninstall', ...waiting },
    ],
  },
  'a rollback after a failed upgrade, and to the failed one': {
    templates: { plain, zinvalid: invalid },
    acts: [...two, { verb: 'rollback', to: 1 }, { verb: 'rollback', to: 2 }, { verb: 'rollback', to: 3 }],
  },
  'a rollback to the one before': { templates: { plain, optional }, acts: [...two, { verb: 'rollback' }] },
  'hooks are left out when asked for': {
    templates: { plain, bad: badHook('pre-install,pre-upgrade,post-delete') },
    acts: [
      { verb: 'install', ...quietly },
      { verb: 'upgrade', ...quietly },
      { verb: 'uninstall', ...quietly },
    ],
  },
  'a list is taken apart': {
    templates: {
      list: 'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: one}}\n- {apiVersion: v1, kind: Secret, metadata: {name: two}}\n',
    },
    acts: [{ verb: 'install' }, { verb: 'uninstall', ...waiting }],
  },
  'objects may be cluster-wide': {
    templates: {
      plain,
      role: 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: "{{ .Release.Namespace }}"}\nrules: []\n',
    },
    acts: [...two, { verb: 'uninstall', ...waiting }],
  },
  'a workload and a Job are waited for': {
    templates: {
      web: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.v }}
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: nginx}]}}
`,
      job: `apiVersion: batch/v1
kind: Job
metadata: {name: "job-{{ .Values.v }}"}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}
`,
      notes: '{{/* none */}}',
    },
    acts: two.map((act) => ({
      ...act,
      flags: ['--wait', '--wait-for-jobs'],
      options: { wait: true, waitForJobs: true },
    })),
  },
  'a rollback with its own words': {
    templates: { plain },
    acts: [
      ...two,
      { verb: 'rollback', to: 1 },
      { verb: 'upgrade', flags: ['--description', 'mine'], options: { description: 'mine' } },
    ],
  },
  'few records are kept': {
    templates: { plain },
    acts: [
      { verb: 'install' },
      ...['2', '3', '4'].map((v): Act => ({
        verb: 'upgrade',
        values: { v },
        flags: ['--history-max', '2'],
        options: { maxHistory: 2 },
      })),
    ],
  },
}

function twice(act: Act): readonly Act[] {
  return [act, act]
}

let cluster: TestCluster
let pair: HelmPair
let count = 0

describe.each(servers)('on %s', (_server, open) => {
  beforeAll(async () => {
    cluster = await open()
    pair = helmPair(cluster.kubeconfigPath)
  })

  afterAll(async () => {
    pair.close()
    await cluster.close()
  })

  test.concurrent.each(Object.entries(lives))('%s', async (_name, life) => {
    const theirs = await lead(life, helmSide)
    const ours = await lead(life, kedgeSide)
    expect(ours).toEqual(theirs)
  })
})

/** What a side makes of an act: the empty text, or its error. */
type Side = (
  act: Act,
  at: { readonly runner: ReleaseRunner; readonly files: Readonly<Record<string, string>> },
) => Promise<string>

/** Leads a life in a namespace of its own and tells all that came of it. */
async function lead(life: Life, side: Side): Promise<unknown> {
  count += 1
  const namespace = `lives-${count}-${Date.now().toString(36)}`
  const manager = { fieldManager: 'test' }
  await cluster.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, manager)
  await using runner = releaseRunner(cluster, { name: 'web', namespace, fieldManager: 'helm' })
  for (const object of life.before ?? [])
    await cluster.cluster.apply({ ...object, metadata: { ...object.metadata, namespace } }, manager)
  const files: Record<string, string> = {
    'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
    'web/values.yaml': 'v: "1"\n',
  }
  for (const [name, text] of Object.entries(life.templates)) files[`web/templates/${name}.yaml`] = text
  const errors: string[] = []
  for (const act of life.acts) errors.push(await side(act, { runner, files }))
  const read = await runner.run(readHistory(runner.target))
  if (!read.ok) throw new Error(read.failure.message)
  const objects = await objectsOf(namespace)
  await cluster.cluster.delete({ group: '', kind: 'Namespace', name: namespace })
  const told = JSON.stringify({ errors, records: read.releases.map(storyOf), objects })
  return JSON.parse(told.replaceAll(namespace, 'NAMESPACE'))
}

const kedgeSide: Side = async (act, { runner, files }) => {
  const { verb, values = {}, to = 0 } = act
  const options = { ...defaultActionOptions, ...noWait, ...act.options }
  const { target } = runner
  const read = await runner.run(readHistory(target))
  const revision = (read.ok ? (read.releases.at(-1)?.version ?? 0) : 0) + 1
  const content = await runner.render(files, { values, revision })
  const programs: Readonly<Record<Act['verb'], () => Promise<ActionEnd>>> = {
    install: () => runner.run(installRelease(target, content, options)),
    upgrade: () => runner.run(upgradeRelease(target, content, options)),
    rollback: () => runner.run(rollbackRelease(target, to, options)),
    uninstall: () => runner.run(uninstallRelease(target, options)),
    test: () => runner.run(testRelease(target, { ...options, filters: [] })),
  }
  const end = await programs[verb]()
  return end.ok ? '' : end.failure.message
}

const prefixes: Readonly<Record<Act['verb'], string>> = {
  install: 'INSTALLATION FAILED: ',
  upgrade: 'UPGRADE FAILED: ',
  rollback: '',
  uninstall: '',
  test: '',
}

const helmSide: Side = async (act, { runner, files }) => {
  const { verb, values = {}, to = 0, flags = [] } = act
  const { namespace } = runner.target
  pair.write(Object.fromEntries(Object.entries(files).map(([name, text]) => [`${namespace}/${name}`, text])))
  const chart = verb === 'install' || verb === 'upgrade' ? [`${namespace}/web`] : []
  const given = Object.entries(values).flatMap(([key, value]) => ['--set-json', `${key}=${JSON.stringify(value)}`])
  const more = verb === 'rollback' ? [String(to)] : chart.length > 0 ? ['--reset-values', ...given] : []
  const words = verb === 'install' ? more.filter((word) => word !== '--reset-values') : more
  const ran = await pair.helm(verb, 'web', ...chart, ...words, ...flags, '-n', namespace)
  if (ran.code === 0) return ''
  const error = /^Error: (.*)$/s.exec(
    ran.err
      .split('\n')
      .filter((line) => !line.startsWith('level='))
      .join('\n')
      .trim(),
  )?.[1]
  return (error ?? ran.err).slice((error ?? '').startsWith(prefixes[verb]) ? prefixes[verb].length : 0)
}

/** A record without times, and without what is not stored alike in an archive and a folder. */
function storyOf(release: StoredRelease): unknown {
  const { version, info, manifest, hooks, config, applyMethod, labels } = release
  const { status, description, rollbackRevision, notes, deleted } = info
  const runs = hooks.map(({ name, lastRun, events, weight, deletePolicies }) => [
    name,
    lastRun.phase,
    events,
    weight,
    deletePolicies,
  ])
  return {
    version,
    status,
    description,
    rollbackRevision,
    notes,
    isDeleted: deleted !== '',
    manifest,
    runs,
    config,
    applyMethod,
    labels,
  }
}

async function objectsOf(namespace: string): Promise<unknown> {
  const kinds = ['ConfigMap', 'Secret', 'PersistentVolumeClaim']
  const lists = await Promise.all(
    kinds.map((kind) => cluster.cluster.list({ group: '', version: 'v1', kind }, { namespace })),
  )
  const roles = await cluster.cluster.list({ group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole' })
  return (
    lists
      .flatMap(({ items }) => items)
      .concat(roles.items.filter(({ metadata }) => metadata.name === namespace))
      .filter((one) => one['type'] !== 'helm.sh/release.v1' && one.metadata.name !== 'kube-root-ca.crt')
      // A claim stays for a moment after it was deleted.
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ kind, metadata, data }) => ({
        kind,
        name: metadata.name,
        labels: metadata.labels,
        annotations: metadata.annotations,
        data,
        managers: (metadata.managedFields ?? []).map(({ manager, operation }) => `${manager} ${operation}`).toSorted(),
      }))
  )
}
