import { defaultConfig } from '../data/field-specs.ts'
import { buildFailure } from '../build-failure.ts'
import { isSelected, sameGvk, type Gvk } from '../model/identity.ts'
import { compareText } from '../nodes/node-access.ts'

/** A field that a transformer treats: a path of a kind; empty parts of the kind fit anything. */
export interface FieldSpec {
  readonly group?: string
  readonly version?: string
  readonly kind?: string
  readonly path: string
  readonly create?: boolean
}

/** The fields that hold names of objects of one kind. */
export interface NameReference {
  readonly group?: string
  readonly version?: string
  readonly kind?: string
  readonly fieldSpecs: readonly FieldSpec[]
}

/** Which fields each transformer treats. */
export interface TransformerConfig {
  readonly namePrefix?: readonly FieldSpec[]
  readonly nameSuffix?: readonly FieldSpec[]
  readonly namespace?: readonly FieldSpec[]
  readonly commonLabels?: readonly FieldSpec[]
  readonly labels?: readonly FieldSpec[]
  readonly templateLabels?: readonly FieldSpec[]
  readonly commonAnnotations?: readonly FieldSpec[]
  readonly nameReference?: readonly NameReference[]
  readonly varReference?: readonly FieldSpec[]
  readonly images?: readonly FieldSpec[]
  readonly replicas?: readonly FieldSpec[]
}

type FieldSpecName = Exclude<keyof TransformerConfig, 'nameReference'>

const fieldSpecNames: readonly FieldSpecName[] = [
  'namePrefix',
  'nameSuffix',
  'namespace',
  'commonLabels',
  'labels',
  'templateLabels',
  'commonAnnotations',
  'varReference',
  'images',
  'replicas',
]

export { defaultConfig }

/** Joins two configurations; the same field must not be both created and not created. */
export function mergeConfigs(a: TransformerConfig, b: TransformerConfig): TransformerConfig {
  // Into nothing as well: of specs of one path, a general one after a particular one is dropped on the way.
  if (b === emptyConfig) return a
  const known = merged.get(a)?.get(b)
  if (known !== undefined) return known
  const result = sortConfig(joinConfigs(a, b))
  const byFirst = merged.get(a) ?? new WeakMap<TransformerConfig, TransformerConfig>()
  merged.set(a, byFirst.set(b, result))
  return result
}

/** Pure results, kept because every base of a build asks for the same ones. */
const merged = new WeakMap<TransformerConfig, WeakMap<TransformerConfig, TransformerConfig>>()

export const emptyConfig: TransformerConfig = {}

function joinConfigs(a: TransformerConfig, b: TransformerConfig): TransformerConfig {
  const result: { -readonly [K in keyof TransformerConfig]: TransformerConfig[K] } = {}
  for (const name of fieldSpecNames) {
    const specs = mergeSpecs(a[name] ?? [], b[name] ?? [])
    if (specs.length > 0) result[name] = specs
  }
  const references = (b.nameReference ?? []).reduce(mergeReference, a.nameReference ?? [])
  if (references.length > 0) result.nameReference = references
  return result
}

/** Adds field specs to others, leaving out those that are there already. */
export function mergeSpecs(specs: readonly FieldSpec[], added: readonly FieldSpec[]): readonly FieldSpec[] {
  const result = [...specs]
  for (const spec of added) {
    const same = result.find((other) => other.path === spec.path && isSelected(fullGvk(other), spec))
    if (same === undefined) result.push(spec)
    else if ((same.create ?? false) !== (spec.create ?? false)) {
      throw buildFailure('kustomize-invalid', `conflicting fieldspecs for path '${spec.path}'`, {
        fix: 'give the field the same `create` everywhere',
      })
    }
  }
  return result
}

function fullGvk(spec: Partial<Gvk>): Gvk {
  return { group: spec.group ?? '', version: spec.version ?? '', kind: spec.kind ?? '' }
}

function mergeReference(references: readonly NameReference[], added: NameReference): readonly NameReference[] {
  let found = false
  const result = references.map((reference) => {
    if (!sameGvk(fullGvk(reference), fullGvk(added))) return reference
    found = true
    return { ...reference, fieldSpecs: mergeSpecs(reference.fieldSpecs, added.fieldSpecs) }
  })
  return found ? result : [...result, added]
}

const orderFirst = [
  'Namespace',
  'ResourceQuota',
  'StorageClass',
  'CustomResourceDefinition',
  'ServiceAccount',
  'PodSecurityPolicy',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Service',
  'LimitRange',
  'PriorityClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
] as const
const orderLast = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const

/** The order of kinds that kustomize prints by default. */
export const legacyOrder: { readonly first: readonly string[]; readonly last: readonly string[] } = {
  first: orderFirst,
  last: orderLast,
}

/** Where a kind stands between the first (negative), the last (positive) and all others (0). */
export function kindRanks(order: {
  readonly first: readonly string[]
  readonly last: readonly string[]
}): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>()
  order.first.forEach((kind, index) => ranks.set(kind, index - order.first.length))
  order.last.forEach((kind, index) => ranks.set(kind, index + 1))
  return ranks
}

const ranks = kindRanks(legacyOrder)

/** `group_version_Kind`, missing parts as kustomize sorts them. */
export function gvkSortText(gvk: Partial<Gvk>): string {
  return `${gvk.group || '~G'}_${gvk.version || '~V'}_${gvk.kind || '~K'}`
}

function compareGvk(a: Partial<Gvk>, b: Partial<Gvk>): number {
  const difference = (ranks.get(a.kind ?? '') ?? 0) - (ranks.get(b.kind ?? '') ?? 0)
  return difference !== 0 ? difference : compareText(gvkSortText(a), gvkSortText(b))
}

/** The configuration in the order in which its fields are treated. */
export function sortConfig(config: TransformerConfig): TransformerConfig {
  const result: { -readonly [K in keyof TransformerConfig]: TransformerConfig[K] } = {}
  for (const name of fieldSpecNames) {
    const specs = config[name]
    if (specs !== undefined) result[name] = specs.toSorted(compareGvk)
  }
  if (config.nameReference !== undefined) result.nameReference = config.nameReference.toSorted(compareGvk)
  return result
}
