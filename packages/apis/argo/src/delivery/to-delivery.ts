import { type Origin } from '@kedge/base'
import { type Delivery, type Desired, type FieldOwnerPattern, type InventoryEntry, type OwnerMark } from '@kedge/engine'
import { keyOf, type KubeObject } from '@kedge/manifest'

import { type ApplicationSpec, type SyncOptions } from '../spec/application.ts'
import { resourceOptions } from './resource-options.ts'
import { syncRank, syncWaves } from './sync-waves.ts'
import { applicationMark, instanceName } from './tracking.ts'

/** The manager of the fields that applications apply, as Argo CD names it. */
export const fieldManager = 'argocd-controller'

const takeOver: readonly FieldOwnerPattern[] = [
  { name: 'kubectl-client-side-apply', exact: true },
  { name: fieldManager, exact: true, operation: 'Update' },
]

/** One object as it was rendered. */
export interface RenderedObject {
  readonly object: KubeObject
  readonly origin: Origin
}

export interface DeliveryInput {
  readonly application: KubeObject
  readonly spec: ApplicationSpec
  /** The commit. */
  readonly revision: string
  readonly rendered: readonly RenderedObject[]
  readonly inventory: readonly InventoryEntry[]
  readonly options: SyncOptions
  readonly prune: boolean
  readonly force: boolean
  /** Whether a person asked for this very sync: their word on pruning is final. */
  readonly isExplicit: boolean
}

/** The name of an application's delivery among all of a process. */
export function deliveryId(application: { readonly namespace: string; readonly name: string }): string {
  return `Application/${application.namespace}/${application.name}`
}

/** What the engine is to do for an application. Hooks are left out: this version does not run them. */
export function toDelivery(input: DeliveryInput): Delivery {
  const { spec, options } = input
  const { namespace } = spec.destination
  const objects = lastOfEach(input.rendered.filter(({ object }) => !resourceOptions(object).isHook))
  const desired = [...destinationNamespace(objects, input), ...objects.map(toDesired)]
  return {
    ...common(input),
    // Without pruning nothing may be deleted, and nothing may be forgotten: the next sync could prune it.
    desired: input.prune
      ? { kind: 'complete', objects: desired }
      : { kind: 'partial', objects: desired, reason: 'pruning was not asked for' },
    defaultNamespace: namespace,
    prune: options.prune,
    guards: {
      allowEmpty: input.isExplicit || (spec.automated?.allowEmpty ?? false),
      limit: input.isExplicit ? 'off' : 'default',
    },
  }
}

/** The delivery that removes everything an application brought. */
export function toRemoval(
  input: Pick<DeliveryInput, 'application' | 'spec' | 'inventory' | 'options'> & { readonly foreground: boolean },
): Delivery {
  const rest = { revision: '', rendered: [], prune: true, force: false, isExplicit: true }
  return {
    ...common({ ...input, ...rest }),
    desired: { kind: 'complete', objects: [] },
    prune: true,
    guards: { allowEmpty: true, limit: 'off' },
    propagation: input.foreground ? 'foreground' : 'background',
  }
}

function common(input: DeliveryInput): Omit<Delivery, 'desired' | 'guards' | 'prune'> {
  const { namespace = '', name = '' } = input.application.metadata
  const destination = input.spec.destination.namespace
  return {
    id: deliveryId({ namespace, name }),
    mark: markOf(instanceName({ namespace, name }), destination, input.options),
    fieldManager,
    takeOver,
    revision: input.revision,
    waves: syncWaves,
    rank: syncRank,
    inventory: input.inventory,
    force: input.force || input.options.replaceForce,
    sharing: 'take',
    protect: [
      {
        group: 'apiextensions.k8s.io',
        kind: 'CustomResourceDefinition',
        namespace: '',
        name: 'applications.argoproj.io',
      },
      { group: 'argoproj.io', kind: 'Application', namespace, name },
    ],
    keeps: (live) => (resourceOptions(live).neverPruned ? 'Prune=false' : undefined),
    healthExpressions: [],
    failFast: true,
    propagation: input.options.propagation,
  }
}

/** Definitions and the namespace that a sync makes for itself carry no mark, and so are never pruned (SPEC.md TRK5). */
function markOf(instance: string, namespace: string, options: SyncOptions): OwnerMark {
  const mark = applicationMark(instance, namespace)
  function isUnmarked(object: KubeObject): boolean {
    if (object.kind === 'CustomResourceDefinition') return true
    return options.createNamespace && object.kind === 'Namespace' && object.metadata.name === namespace
  }
  return { ...mark, stamp: (object) => (isUnmarked(object) ? object : mark.stamp(object)) }
}

function destinationNamespace(objects: readonly RenderedObject[], input: DeliveryInput): readonly Desired[] {
  const { namespace } = input.spec.destination
  const isThere = objects.some(({ object }) => object.kind === 'Namespace' && object.metadata.name === namespace)
  if (!input.options.createNamespace || namespace === '' || isThere) return []
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
  return [{ object, origin: { file: 'spec.syncPolicy.syncOptions' }, mode: 'create-only' }]
}

/** Of objects with one identity the last one counts, as in Argo CD. */
function lastOfEach(rendered: readonly RenderedObject[]): readonly RenderedObject[] {
  return [...new Map(rendered.map((one) => [JSON.stringify(keyOf(one.object)), one])).values()]
}

function toDesired(rendered: RenderedObject): Desired {
  return { object: rendered.object, origin: rendered.origin, replace: resourceOptions(rendered.object).force }
}
