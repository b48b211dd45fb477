import type { LocalApi, LocalApiCall } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'
import { treeFromFiles, type FileTree } from '@kedge/tree'

import { create, home, runScenario, type AgentResult, type Scenario } from './agent-run.ts'
import type { Strike } from './world.ts'

interface ReleasePhase {
  readonly name: string
  readonly version: string
  readonly files: Readonly<Record<string, string>>
  /** How the HelmRelease stands when the phase is over. */
  readonly ends: 'ready' | 'rolled-back' | 'gone'
}

function configMap(name: string, data: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {value: ${data}}\n`
}

const hook = `apiVersion: v1
kind: ConfigMap
metadata:
  name: prepare
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"}
`

/** An install, an upgrade that adds, changes and drops objects, one that is refused and rolled back, one that mends it, the end. */
const phases: readonly ReleasePhase[] = [
  {
    name: 'install',
    version: '1.0.0',
    files: { a: configMap('a', 'one'), b: configMap('b', 'one'), hook },
    ends: 'ready',
  },
  {
    name: 'upgrade',
    version: '2.0.0',
    files: { a: configMap('a', 'two'), c: configMap('c', 'two'), hook },
    ends: 'ready',
  },
  {
    name: 'fail',
    version: '3.0.0',
    files: { a: configMap('a', 'three'), d: configMap('Not_A_Name', 'x') },
    ends: 'rolled-back',
  },
  { name: 'mend', version: '4.0.0', files: { a: configMap('a', 'four'), e: configMap('e', 'four') }, ends: 'ready' },
  {
    name: 'uninstall',
    version: '4.0.0',
    files: { a: configMap('a', 'four'), e: configMap('e', 'four') },
    ends: 'gone',
  },
]

/** Brings a HelmRelease through its life with the real agent, restarting it whenever it dies. */
export function runRelease(strike: Strike): Promise<AgentResult> {
  return runScenario((admin, violations) => new ReleaseLife(admin, violations), strike)
}

interface SeenRelease {
  readonly observedGeneration?: number
  readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  readonly lastAttemptedRevision?: string
}

const releasePath = `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${home}/helmreleases`

class ReleaseLife implements Scenario<ReleasePhase> {
  readonly phases: readonly ReleasePhase[] = phases
  readonly #admin: LocalApi
  readonly #violations: string[]

  constructor(admin: LocalApi, violations: string[]) {
    this.#admin = admin
    this.#violations = violations
  }

  commitOf({ version }: ReleasePhase): string {
    return version.replaceAll('.', '')
  }

  treeOf({ version, files }: ReleasePhase): FileTree {
    const templates = Object.entries(files).map(([name, text]) => [`chart/templates/${name}.yaml`, text] as const)
    return treeFromFiles(
      new Map([['chart/Chart.yaml', `apiVersion: v2\nname: web\nversion: ${version}\n`], ...templates]),
    )
  }

  async prepare(): Promise<void> {
    const bystander = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'bystander', namespace: home } }
    await create(this.#admin, `/api/v1/namespaces/${home}/configmaps`, bystander)
  }

  async order(): Promise<void> {
    const sourceRef = { kind: 'GitRepository', name: 'repo' }
    await create(this.#admin, releasePath, {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name: 'web', namespace: home },
      spec: {
        interval: '1h',
        chart: { spec: { chart: './chart', sourceRef, interval: '1m' } },
        install: { remediation: { retries: -1 } },
        // The faults of the sweep count as failures where the server refuses.
        upgrade: { remediation: { retries: -1 } },
      },
    })
  }

  async begin({ ends }: ReleasePhase): Promise<'content' | 'object'> {
    if (ends !== 'gone') return 'content'
    await this.#admin.request({ method: 'DELETE', path: `${releasePath}/web` })
    return 'object'
  }

  /** Nothing but the release's own may ever be written to. */
  check({ method, path }: LocalApiCall): Promise<void> {
    if (method !== 'GET' && path.includes('/configmaps/bystander')) this.#violations.push(`${method} ${path}`)
    return Promise.resolve()
  }

  async isOver({ ends, version }: ReleasePhase): Promise<boolean> {
    const answer = await this.#admin.request({ method: 'GET', path: `${releasePath}/web` })
    if (ends === 'gone') return answer.status === 404
    const object = answer.body as KubeObject
    const status: SeenRelease = object['status'] ?? {}
    if (status.lastAttemptedRevision !== version) return false
    const isTrue = (type: string): boolean =>
      status.conditions?.some((one) => one.type === type && one.status === 'True') ?? false
    if (status.observedGeneration !== object.metadata.generation) return false
    return ends === 'ready' ? isTrue('Ready') : isTrue('Remediated')
  }

  /** ConfigMaps with what they hold, records with their status, and what else there is of the release. */
  async endState({ name: phase }: ReleasePhase): Promise<readonly string[]> {
    const configMaps = await this.#list(`/api/v1/namespaces/${home}/configmaps`)
    const records = await this.#list(`/api/v1/namespaces/${home}/secrets`)
    const charts = await this.#list(`/apis/source.toolkit.fluxcd.io/v1/namespaces/${home}/helmcharts`)
    const states = records.map(({ metadata }) => metadata.labels?.['status'] ?? '')
    const deployed = states.filter((one) => one === 'deployed').length
    const isStuck = states.some((one) => one.startsWith('pending') || one === 'uninstalling')
    if (isStuck) this.#violations.push(`${phase}: a record is ${states.join(', ')}`)
    return [
      ...configMaps.map((one) => {
        const { value = '' } = (one['data'] ?? {}) as { readonly value?: string }
        return `ConfigMap/${one.metadata.name ?? ''} ${value}`
      }),
      `deployed: ${String(deployed)}`,
      ...charts.map(({ metadata }) => `HelmChart/${metadata.name ?? ''}`),
    ].toSorted()
  }

  /** How the HelmRelease and its records stand, for a run that does not get on. */
  async describe(): Promise<string> {
    const answer = await this.#admin.request({ method: 'GET', path: `${releasePath}/web` })
    const records = await this.#list(`/api/v1/namespaces/${home}/secrets`)
    const states = records.map(({ metadata }) => `${metadata.name ?? ''} ${metadata.labels?.['status'] ?? ''}`)
    const sources = await this.#list(`/apis/source.toolkit.fluxcd.io/v1/namespaces/${home}/helmcharts`)
    const git = await this.#list(`/apis/source.toolkit.fluxcd.io/v1/namespaces/${home}/gitrepositories`)
    const shown = [...git, ...sources, answer.body as KubeObject].map((one) => conditionsOf(one))
    return [...states, ...shown].join('\n')
  }

  async #list(path: string): Promise<readonly KubeObject[]> {
    const answer = await this.#admin.request({ method: 'GET', path })
    return (answer.body as { readonly items: readonly KubeObject[] }).items
  }
}

function conditionsOf(object: KubeObject): string {
  const { conditions = [], artifact } = (object['status'] ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[]
    readonly artifact?: { readonly revision: string }
  }
  const lines = conditions.map(({ type, status, message }) => `${type}=${status} ${message.slice(0, 200)}`)
  return `${object.kind} ${artifact?.revision ?? ''}: ${lines.join('; ')}`
}
