import { fail, ok, type Failure, type Origin, type Result } from '@kedge/base'
import {
  kindRank,
  wavesByKind,
  type Delivery,
  type Desired,
  type FieldOwnerPattern,
  type InventoryEntry,
  type ObjectRef,
} from '@kedge/engine'
import { describeKey, keyOf, parseApiVersion, type KubeObject } from '@kedge/manifest'

import { isRecord } from '../spec/field-reader.ts'
import { type KustomizationSpec } from '../spec/kustomization.ts'
import { readGuards } from './guards.ts'
import { keepsLive, objectPolicy, optsOut } from './object-policy.ts'
import { kustomizationMark, withAnnotations, withLabels } from './owner-mark.ts'
import { selects } from './selector.ts'

/** The manager of the fields that Kustomizations apply, as Flux names it. */
export const fieldManager = 'kustomize-controller'
/** The engine's own objects, which no Kustomization may delete. */
const protectedNames = ['kustomizations.kustomize.toolkit.fluxcd.io', 'gitrepositories.source.toolkit.fluxcd.io']
/** Managers whose fields are taken over, so that what kubectl set and Git does not say goes away (SPEC.md A2). */
const takeOver: readonly FieldOwnerPattern[] = [
  { name: 'kubectl', exact: false },
  { name: 'before-first-apply', exact: true, operation: 'Update' },
  { name: fieldManager, exact: true, operation: 'Update' },
]

/** One object as it was rendered. */
export interface RenderedObject {
  readonly object: KubeObject
  readonly origin: Origin
}

export interface DeliveryInput {
  readonly owner: KubeObject
  readonly spec: KustomizationSpec
  readonly revision: string
  readonly rendered: readonly RenderedObject[]
  readonly inventory: readonly InventoryEntry[]
  /** A one-off request to replace what is immutable. */
  readonly forceOnce: boolean
}

/** What the engine is to do for a Kustomization; a failure when a rendered object may not be applied at all. */
export function toDelivery(input: DeliveryInput): Result<Delivery> {
  const encrypted = input.rendered.find(({ object }) => isEncrypted(object))
  if (encrypted !== undefined) return fail(stillEncrypted(encrypted, input.spec))
  const objects = input.rendered.map((rendered) => toDesired(rendered, input.spec))
  return ok({
    ...baseDelivery(input),
    desired: { kind: 'complete', objects },
    prune: input.spec.prune,
    guards: readGuards(input.owner),
    ...healthCheckOf(input.owner, input.spec),
  })
}

/** The delivery that removes everything a Kustomization brought, for when it is deleted itself. */
export function toRemoval(input: Omit<DeliveryInput, 'rendered' | 'forceOnce'>): Delivery {
  // It cannot wait for its own end.
  const inventory = input.inventory.filter((entry) => !isSelf(entry, input.owner))
  return {
    ...baseDelivery({ ...input, inventory, forceOnce: false }),
    desired: { kind: 'complete', objects: [] },
    prune: true,
    // Whoever deletes the Kustomization has said what is to happen.
    guards: { allowEmpty: true, limit: 'off' },
  }
}

type Common = Omit<Delivery, 'desired' | 'prune' | 'guards' | 'healthCheck'>

function baseDelivery(input: Omit<DeliveryInput, 'rendered'>): Common {
  const { name = '', namespace = '' } = input.owner.metadata
  return {
    id: deliveryId({ namespace, name }),
    mark: kustomizationMark({ namespace, name }),
    fieldManager,
    takeOver,
    revision: input.revision,
    waves: wavesByKind,
    rank: kindRank,
    inventory: input.inventory,
    force: input.spec.force || input.forceOnce,
    sharing: 'refuse',
    protect: [
      ...protectedNames.map((crd) => crdRef(crd)),
      { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', namespace, name },
      { group: '', kind: 'Namespace', namespace: '', name: namespace },
    ],
    keeps: keepsLive,
    leaves: optsOut,
    healthExpressions: input.spec.healthCheckExprs.map((rule) => ({
      apiVersion: rule.apiVersion,
      current: rule.current,
      ...(rule.kind === undefined ? {} : { kind: rule.kind }),
      ...(rule.inProgress === undefined ? {} : { inProgress: rule.inProgress }),
      ...(rule.failed === undefined ? {} : { failed: rule.failed }),
    })),
    failFast: true,
  }
}

function crdRef(name: string): Delivery['protect'][number] {
  return { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', namespace: '', name }
}

/** The name of a Kustomization's delivery among all of a process. */
export function deliveryId(owner: { readonly namespace: string; readonly name: string }): string {
  return `Kustomization/${owner.namespace}/${owner.name}`
}

function healthCheckOf(owner: KubeObject, spec: KustomizationSpec): Pick<Delivery, 'healthCheck'> {
  if (spec.wait) return { healthCheck: { objects: 'applied', timeoutMs: spec.timeoutMs } }
  const objects = spec.healthChecks.map(toRef).filter((ref) => !isSelf(ref, owner))
  return objects.length === 0 ? {} : { healthCheck: { objects, timeoutMs: spec.timeoutMs } }
}

function toRef(check: KustomizationSpec['healthChecks'][number]): ObjectRef {
  const { group, version } = parseApiVersion(check.apiVersion)
  return { group, version, kind: check.kind, namespace: check.namespace, name: check.name }
}

/** A Kustomization that waits for itself would wait for ever. */
function isSelf(ref: ObjectRef, owner: KubeObject): boolean {
  return ref.kind === owner.kind && ref.name === owner.metadata.name && ref.namespace === owner.metadata.namespace
}

function toDesired(rendered: RenderedObject, spec: KustomizationSpec): Desired {
  const policy = objectPolicy(rendered.object)
  const { labels, annotations } = spec.commonMetadata
  const object = withAnnotations(withLabels(rendered.object, labels), annotations)
  const ignore = spec.ignore.filter((rule) => selects(rule.target, object)).flatMap((rule) => rule.paths)
  return {
    object,
    origin: rendered.origin,
    mode: policy.mode,
    replace: policy.replace,
    ...(ignore.length === 0 ? {} : { ignore }),
  }
}

function isEncrypted(object: KubeObject): boolean {
  const optedOut = object.metadata.annotations?.['kustomize.toolkit.fluxcd.io/decrypt']?.toLowerCase() === 'disabled'
  return !optedOut && object.kind === 'Secret' && isRecord(object['sops'])
}

function stillEncrypted(rendered: RenderedObject, spec: KustomizationSpec): Failure {
  const name = describeKey(keyOf(rendered.object))
  return {
    code: 'StillEncrypted',
    message: spec.decrypts
      ? `${name} is SOPS encrypted, and this version of Kedge does not decrypt`
      : `${name} is SOPS encrypted, configuring decryption is required for this secret to be reconciled`,
    origin: rendered.origin,
  }
}
