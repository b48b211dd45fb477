import type { Draft, FieldError, ResourceKind, Strategy, SubresourceKind, TypeSystem } from '../contracts.ts'
import { FailureError } from '@kedge/base'
import { draftsOf, isDraft, metadataOf, ownMetadata, partOf, textOf, textsOf, timestamp } from '../http/draft.ts'
import { customStrategy } from '../kinds/index.ts'
import { evaluatePath, parsePath } from '../table/json-path.ts'
import type { ResourceRegistry } from './registry.ts'

/** Where the definitions are stored. A definition's key is the name of the shelf of its objects. */
export const definitionShelf = 'customresourcedefinitions.apiextensions.k8s.io'

/** Holds a definition until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const partVerbs = ['get', 'patch', 'update']

/** Serves the kinds of a definition from now on, in place of what an earlier state of it served. */
export function serveDefinition(
  known: { readonly registry: ResourceRegistry; readonly types: TypeSystem },
  definition: Readonly<Draft>,
): void {
  const spec = partOf(definition, 'spec')
  known.registry.remove(textOf(spec, 'group'), textOf(partOf(spec, 'names'), 'plural'))
  if (!isEstablished(definition)) return
  known.types.define(definition)
  for (const kind of kindsOf(definition)) known.registry.add(kind)
}

/** Serves the kinds of a definition no longer. */
export function forgetDefinition(
  known: { readonly registry: ResourceRegistry; readonly types: TypeSystem },
  definition: Readonly<Draft>,
): void {
  const spec = partOf(definition, 'spec')
  const names = partOf(spec, 'names')
  known.registry.remove(textOf(spec, 'group'), textOf(names, 'plural'))
  known.types.forget(textOf(spec, 'group'), textOf(names, 'kind'))
}

function isEstablished(definition: Readonly<Draft>): boolean {
  const conditions = draftsOf(partOf(definition, 'status'), 'conditions')
  return conditions.some((condition) => condition['type'] === 'Established' && condition['status'] === 'True')
}

/** The served kinds of a definition, the most preferred version first. */
function kindsOf(definition: Readonly<Draft>): readonly ResourceKind[] {
  const spec = partOf(definition, 'spec')
  const versions = draftsOf(spec, 'versions')
  const stored = versions.find((version) => version['storage'] === true)
  return versions
    .filter((version) => version['served'] === true)
    .toSorted((a, b) => compareVersions(textOf(a, 'name'), textOf(b, 'name')))
    .map((version) => kindOf(definition, version, textOf(stored ?? version, 'name')))
}

function kindOf(definition: Readonly<Draft>, version: Readonly<Draft>, storedVersion: string): ResourceKind {
  const spec = partOf(definition, 'spec')
  const names = partOf(spec, 'names')
  const group = textOf(spec, 'group')
  const kind = textOf(names, 'kind')
  const resource = textOf(names, 'plural')
  const namespaced = spec['scope'] === 'Namespaced'
  const own = { group, version: textOf(version, 'name'), kind }
  const generation = metadataOf(definition)['generation']
  return {
    ...own,
    listKind: textOf(names, 'listKind') || `${kind}List`,
    resource,
    singular: textOf(names, 'singular') || kind.toLowerCase(),
    namespaced,
    shortNames: textsOf(names, 'shortNames'),
    categories: textsOf(names, 'categories'),
    verbs,
    storage: { group, resource, version: storedVersion },
    subresources: subresourcesOf(own, partOf(version, 'subresources')),
    strategy: strategyOf(version, namespaced),
    custom: true,
    schemaGeneration: typeof generation === 'number' ? generation : 1,
    columns: draftsOf(version, 'additionalPrinterColumns'),
  }
}

function subresourcesOf(
  own: { readonly group: string; readonly version: string; readonly kind: string },
  declared: Readonly<Draft>,
): Readonly<Record<string, SubresourceKind>> {
  const scale = declared['scale']
  return {
    ...(isDraft(declared['status']) ? { status: { ...own, verbs: partVerbs } } : {}),
    ...(isDraft(scale)
      ? {
          scale: {
            group: 'autoscaling',
            version: 'v1',
            kind: 'Scale',
            verbs: partVerbs,
            scale: {
              replicas: textOf(scale, 'specReplicasPath'),
              statusReplicas: textOf(scale, 'statusReplicasPath'),
              selector: textOf(scale, 'labelSelectorPath'),
            },
          },
        }
      : {}),
  }
}

function strategyOf(version: Readonly<Draft>, namespaced: boolean): Strategy {
  const hasStatus = isDraft(partOf(version, 'subresources')['status'])
  const strategy = customStrategy({ namespaced, hasStatus })
  const fields = draftsOf(version, 'selectableFields').map((field) => textOf(field, 'jsonPath'))
  if (fields.length === 0) return strategy
  const readers = fields.map((path) => [path.replace(/^\./, ''), parsePath(path)] as const)
  return {
    ...strategy,
    selectableFields: (object) =>
      Object.fromEntries(readers.map(([name, path]) => [name, scalarText(evaluatePath(path, object)[0])])),
  }
}

function scalarText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** What is wrong with a definition's schemas. */
export function definitionErrors(types: TypeSystem, definition: Readonly<Draft>): readonly FieldError[] {
  try {
    return types.checkDefinition?.(definition) ?? []
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    return [{ reason: 'FieldValueInvalid', field: 'spec.versions', message: error.failure.message }]
  }
}

/**
 * Accepts or refuses the names of a definition at once, as the real server does within seconds, and holds it for the
 * cleanup of its objects.
 */
export function settleDefinition(registry: ResourceRegistry, definition: Draft, nowMs: number): void {
  const metadata = ownMetadata(definition)
  if (metadata['deletionTimestamp'] === undefined) {
    const others = textsOf(metadata, 'finalizers').filter((finalizer) => finalizer !== cleanupFinalizer)
    metadata['finalizers'] = [...others, cleanupFinalizer]
  }
  const clash = nameClash(registry, definition)
  const status = partOf(definition, 'status')
  const accepted = clash === undefined
  const wasEstablished = isEstablished(definition)
  const wanted = [
    accepted
      ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
      : { type: 'NamesAccepted', status: 'False', ...clash },
    accepted || wasEstablished
      ? {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        }
      : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
  ]
  const before = draftsOf(status, 'conditions')
  const kept = before.filter((condition) => !wanted.some((each) => each.type === condition['type']))
  const conditions = wanted.map((condition) => stamped(condition, before, timestamp(nowMs)))
  const names = partOf(partOf(definition, 'spec'), 'names')
  const { storedVersions, ...rest } = status
  definition['status'] = {
    ...rest,
    conditions: [...conditions, ...kept],
    acceptedNames: accepted ? { ...names } : (status['acceptedNames'] ?? { plural: '', kind: '' }),
    ...(storedVersions === undefined ? {} : { storedVersions }),
  }
}

function stamped(condition: Readonly<Draft>, before: readonly Draft[], now: string): Draft {
  const old = before.find((each) => each['type'] === condition['type'])
  const since = old !== undefined && old['status'] === condition['status'] ? old['lastTransitionTime'] : now
  return {
    type: condition['type'],
    status: condition['status'],
    lastTransitionTime: since,
    reason: condition['reason'],
    message: condition['message'],
  }
}

/** A name that another resource of the group has already; of several the last, as the real server tells it. */
function nameClash(
  registry: ResourceRegistry,
  definition: Readonly<Draft>,
): { readonly reason: string; readonly message: string } | undefined {
  const spec = partOf(definition, 'spec')
  const names = partOf(spec, 'names')
  const group = textOf(spec, 'group')
  const others = registry.all().filter((kind) => kind.group === group && kind.resource !== textOf(names, 'plural'))
  const taken = new Set(others.flatMap((kind) => [kind.resource, kind.singular, ...kind.shortNames]))
  const kinds = new Set(others.flatMap((kind) => [kind.kind, kind.listKind]))
  const wanted = [
    ['PluralConflict', textOf(names, 'plural'), taken],
    ['SingularConflict', textOf(names, 'singular'), taken],
    ...textsOf(names, 'shortNames').map((name) => ['ShortNamesConflict', name, taken] as const),
    ['KindConflict', textOf(names, 'kind'), kinds],
    ['ListKindConflict', textOf(names, 'listKind'), kinds],
  ] as const
  const [reason, name] = wanted.findLast(([, each, known]) => known.has(each)) ?? []
  return reason === undefined ? undefined : { reason, message: `${JSON.stringify(name)} is already in use` }
}

/** Versions as Kubernetes prefers them: v2, v1, v1beta2, v1beta1, v1alpha1, then others by name. */
export function compareVersions(a: string, b: string): number {
  const left = rankOf(a)
  const right = rankOf(b)
  if (left === undefined || right === undefined) {
    if (left === undefined && right === undefined) return a < b ? -1 : 1
    return left === undefined ? 1 : -1
  }
  return right.stability - left.stability || right.major - left.major || right.minor - left.minor
}

function rankOf(
  version: string,
): { readonly stability: number; readonly major: number; readonly minor: number } | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (match === null) return undefined
  const stability = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0
  return { stability, major: Number(match[1]), minor: Number(match[3] ?? 0) }
}
