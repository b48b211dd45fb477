import type { LocalApi, LocalApiCall } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'
import { treeFromFiles, type FileTree } from '@kedge/tree'

import { create, home, runScenario, type AgentResult, type Scenario } from './agent-run.ts'
import { checkTruth, checkWrite, endState, read, type Scene } from './invariants.ts'
import { phasesOf, type Phase } from './scenario.ts'
import type { Strike } from './world.ts'

const world = 'shop'
const names: readonly string[] = ['install', 'update', 'prune']
const path = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${home}/kustomizations`

/** Brings a Kustomization through the phases with the real agent, restarting it whenever it dies. */
export function runAgent(strike: Strike): Promise<AgentResult> {
  return runScenario((admin, violations) => new KustomizationLife(admin, violations), strike)
}

class KustomizationLife implements Scenario<Phase> {
  readonly phases: readonly Phase[] = phasesOf(world).filter((one) => names.includes(one.name))
  readonly #admin: LocalApi
  readonly #violations: string[]

  constructor(admin: LocalApi, violations: string[]) {
    this.#admin = admin
    this.#violations = violations
  }

  commitOf({ revision }: Phase): string {
    return revision.replace(/^.*:/, '')
  }

  treeOf(phase: Phase): FileTree {
    return treeOf(phase)
  }

  prepare(): Promise<void> {
    return Promise.resolve()
  }

  async order(): Promise<void> {
    await create(this.#admin, path, {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'shop', namespace: home },
      spec: { interval: '1h', prune: true, path: './', sourceRef: { kind: 'GitRepository', name: 'repo' } },
    })
  }

  begin(): Promise<'content'> {
    return Promise.resolve('content')
  }

  async isOver(phase: Phase): Promise<boolean> {
    const object = await this.#kustomization()
    const status = object?.['status'] as
      | { lastAppliedRevision?: string; conditions?: { type: string; status: string }[] }
      | undefined
    const wanted = this.commitOf(phase).padEnd(40, '0')
    const isApplied = status?.lastAppliedRevision?.endsWith(wanted) === true
    return isApplied && status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true
  }

  check(call: LocalApiCall, phase: Phase): Promise<void> {
    return checkWrite(call, this.#sceneOf(phase))
  }

  async endState(phase: Phase): Promise<readonly string[]> {
    await checkTruth(this.#sceneOf(phase))
    return endState(this.#sceneOf(phase))
  }

  async describe(): Promise<string> {
    return JSON.stringify((await this.#kustomization())?.['status'])
  }

  #sceneOf(phase: Phase): Scene {
    return {
      api: this.#admin,
      world,
      phase,
      violations: this.#violations,
      mark: {
        selector: 'kustomize.toolkit.fluxcd.io/name=shop',
        confirms: (live) => live.metadata.labels?.['kustomize.toolkit.fluxcd.io/name'] === 'shop',
      },
      inventory: async () => {
        const status = (await this.#kustomization())?.['status'] as
          | { inventory?: { entries: { id: string }[] } }
          | undefined
        return (status?.inventory?.entries ?? []).map(({ id }) => keyOfId(id))
      },
      isBookkeeping: (called) =>
        called.includes('.fluxcd.io') || called.includes('argoproj.io') || called.endsWith('/events'),
    }
  }

  #kustomization(): Promise<KubeObject | undefined> {
    return read(this.#admin, `${path}/shop`)
  }
}

const trees = new Map<string, FileTree>()

function treeOf(phase: Phase): FileTree {
  const known = trees.get(phase.name)
  if (known !== undefined) return known
  const files = phase.objects.map(
    (object) => [`${object.kind}-${object.metadata.name ?? ''}.yaml`, JSON.stringify(object)] as const,
  )
  const tree = treeFromFiles(new Map(files))
  trees.set(phase.name, tree)
  return tree
}

/** `<namespace>_<name>_<group>_<Kind>` as `Kind/name`. */
function keyOfId(id: string): string {
  const parts = id.split('_')
  return `${parts.at(-1) ?? ''}/${parts.slice(1, -2).join('_')}`
}
