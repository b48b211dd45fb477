import { parseApiVersion, type KubeObject, type ManagedFieldsEntry } from '@kedge/manifest'
import type { LocalApi, LocalApiCall } from '@kedge/cluster'

import { ownerLabel, type Phase } from './scenario.ts'

/** What the checks may look at: the server itself, past all faults. */
export interface Scene {
  readonly api: LocalApi
  readonly world: string
  readonly phase: Phase
  readonly violations: string[]
  /** How the objects of the world are told from all others. */
  readonly mark: { readonly selector: string; confirms(live: KubeObject): boolean }
  /** `Kind/name` of the objects that the stored inventory names. */
  inventory(): Promise<readonly string[]>
  /** Paths of the engine's own bookkeeping. */
  isBookkeeping(path: string): boolean
}

/** The mark of a delivery that the sweep makes itself. */
export function labelMark(world: string): Scene['mark'] {
  return { selector: `${ownerLabel}=${world}`, confirms: (live) => live.metadata.labels?.[ownerLabel] === world }
}

/** `ConfigMap/name` of the objects that the stored record names. */
export async function storedInventory(api: LocalApi, world: string): Promise<readonly string[]> {
  const record = await read(api, recordPath(world))
  const data = record?.['data'] as { inventory?: string } | undefined
  const entries = JSON.parse(data?.inventory ?? '[]') as readonly { kind: string; name: string }[]
  return entries.map((entry) => `${entry.kind}/${entry.name}`)
}

export function recordPath(world: string): string {
  return `/api/v1/namespaces/kedge-record/configmaps/${world}`
}

export async function read(api: LocalApi, path: string): Promise<KubeObject | undefined> {
  const answer = await api.request({ method: 'GET', path })
  return answer.status === 200 ? (answer.body as KubeObject) : undefined
}

/** Checks a write before it is carried out. Everything that would break an invariant is written down. */
export async function checkWrite(call: LocalApiCall, scene: Scene): Promise<void> {
  const path = call.path.split('?')[0] ?? ''
  if (call.method === 'GET' || scene.isBookkeeping(path)) return
  if (call.method === 'DELETE') return checkDelete(path, call, scene)
  if (call.method === 'PATCH' && !call.path.includes('dryRun')) await checkApply(path, call.body as KubeObject, scene)
}

async function checkDelete(path: string, call: LocalApiCall, scene: Scene): Promise<void> {
  const { violations, phase } = scene
  const live = await read(scene.api, path)
  // Deleting what is gone harms nobody.
  if (live === undefined) return
  const key = `${live.kind}/${live.metadata.name ?? ''}`
  const say = (text: string): number => violations.push(`${phase.name}: ${text}: ${key}`)
  const body = call.body as { preconditions?: { uid?: string } } | undefined
  if (body?.preconditions?.uid === undefined) say('[I1] deleted without a UID')
  if (!scene.mark.confirms(live)) say('[I1] deleted without our mark')
  if (!(await scene.inventory()).includes(key)) say('[I1] deleted but not in the stored inventory')
  if (phase.objects.some((one) => `${one.kind}/${one.metadata.name ?? ''}` === key))
    say('[I1] [I3] deleted though desired')
  if (phase.objects.length === 0 && !phase.dismantles) say('[I2] deleted because of an empty result')
  if (live.kind === 'Namespace') say('[I3] deleted a namespace')
  if (live.kind === 'CustomResourceDefinition' && (await instances(scene)).length > 0)
    say('[I10] definition deleted before its objects')
}

async function checkApply(path: string, object: KubeObject, scene: Scene): Promise<void> {
  const { violations, phase } = scene
  const key = `${object.kind}/${object.metadata.name ?? ''}`
  const wanted = phase.objects.find((one) => `${one.kind}/${one.metadata.name ?? ''}` === key)
  if (wanted === undefined) violations.push(`${phase.name}: [I5] applied what this revision does not have: ${key}`)
  else if (!holds(object, wanted)) violations.push(`${phase.name}: [I5] applied another revision's form: ${key}`)
  if (!(await scene.inventory()).includes(key))
    violations.push(`${phase.name}: [I4] written before it was recorded: ${key}`)
  const { namespace } = object.metadata
  if (namespace !== undefined && (await read(scene.api, `/api/v1/namespaces/${namespace}`)) === undefined) {
    violations.push(`${phase.name}: [I10] applied before its namespace: ${key}`)
  }
  const { group } = parseApiVersion(object.apiVersion)
  const definition = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`
  if (object.kind === 'Widget' && (await read(scene.api, definition)) === undefined) {
    violations.push(`${phase.name}: [I10] applied before its definition: ${path}`)
  }
}

async function instances(scene: Scene): Promise<readonly unknown[]> {
  const answer = await scene.api.request({ method: 'GET', path: `/apis/${scene.world}.example.com/v1/widgets` })
  return answer.status === 200 ? (answer.body as { items: readonly unknown[] }).items : []
}

const listPaths: readonly string[] = [
  '/api/v1/namespaces',
  '/api/v1/configmaps',
  '/api/v1/secrets',
  '/api/v1/services',
  '/api/v1/serviceaccounts',
  '/apis/apps/v1/deployments',
  '/apis/rbac.authorization.k8s.io/v1/roles',
  '/apis/rbac.authorization.k8s.io/v1/rolebindings',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
]

/** Every object of the world that carries the mark, without what differs from run to run. */
export async function endState(scene: Scene): Promise<readonly string[]> {
  const paths = [...listPaths, `/apis/${scene.world}.example.com/v1/widgets`]
  const found: string[] = []
  for (const path of paths) {
    const answer = await scene.api.request({
      method: 'GET',
      path: `${path}?labelSelector=${encodeURIComponent(scene.mark.selector)}`,
    })
    if (answer.status !== 200) continue
    const list = answer.body as {
      readonly kind: string
      readonly apiVersion: string
      readonly items: readonly KubeObject[]
    }
    const { apiVersion } = list
    // Items of a list do not name their kind.
    const kind = list.kind.replace(/List$/, '')
    for (const item of list.items) found.push(comparable({ ...item, apiVersion, kind }, scene.world))
  }
  return found.toSorted()
}

function comparable(object: KubeObject, world: string): string {
  const {
    uid: _uid,
    resourceVersion: _version,
    creationTimestamp: _created,
    generation: _generation,
    managedFields,
    ...metadata
  } = object.metadata
  const fields = (managedFields ?? []).map(({ time: _time, ...entry }: ManagedFieldsEntry) => entry)
  const { status: _status, ...rest } = object
  const spec = rest['spec'] as Record<string, unknown> | undefined
  // Allocated by the server.
  const { clusterIP: _ip, clusterIPs: _ips, ...kept } = spec ?? {}
  const body = {
    ...rest,
    ...(spec === undefined ? {} : { spec: kept }),
    metadata: { ...metadata, managedFields: fields },
  }
  return JSON.stringify(body).replaceAll(world, 'WORLD')
}

/** [I12] Whether the server holds every desired object of the phase, in the desired form, with our mark. */
export async function checkTruth(scene: Scene): Promise<void> {
  const state = await endState(scene)
  const live = state.map((text) => JSON.parse(text) as KubeObject)
  for (const wanted of scene.phase.objects) {
    const name = wanted.metadata.name?.replaceAll(scene.world, 'WORLD')
    const found = live.find((one) => one.kind === wanted.kind && one.metadata.name === name)
    const plain = JSON.parse(JSON.stringify(wanted).replaceAll(scene.world, 'WORLD')) as KubeObject
    if (found === undefined || !holds(found, plain)) {
      scene.violations.push(
        `${scene.phase.name}: [I12] reported ready, but the server does not have ${wanted.kind}/${wanted.metadata.name ?? ''}`,
      )
    }
  }
}

/** Whether a value has everything that another one has. */
function holds(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(value) && wanted.every((item, index) => holds((value as readonly unknown[])[index], item))
  }
  if (typeof wanted !== 'object' || wanted === null) return sameScalar(value, wanted)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(wanted).every(
    ([name, field]) => name === 'stringData' || holds((value as Record<string, unknown>)[name], field),
  )
}

/** The server writes this quantity in its shortest form. */
function sameScalar(value: unknown, wanted: unknown): boolean {
  return value === wanted || (wanted === '1000m' && value === '1')
}
