import type { Draft } from '../../contracts.ts'
import { child, strings, text } from '../../kinds/draft.ts'
import { quantityNanos } from '../../kinds/quantity.ts'
import { matchesSelector } from '../../kinds/selectors.ts'
import { claimNames } from '../../kinds/storage.ts'
import { faultOf } from '../kubelet/faults.ts'
import { writeStatus, type ControllerContext } from '../runtime/context.ts'
import {
  annotationsOf,
  finalizersOf,
  isDeleting,
  keyOf,
  labelsOf,
  metaOf,
  nameOf,
  namespaceOf,
  specOf,
  statusOf,
  timestamp,
  uidOf,
  type KubeObject,
} from '../runtime/kube-object.ts'
import { isFinished, podCache } from '../runtime/pods.ts'
import { TYPES } from '../runtime/resources.ts'
import { draw } from '../timing.ts'

const COMPONENT = 'persistentvolume-controller'
const BY_CLAIM = 'claim'
const BY_CLAIM_REF = 'claim-ref'
const SELECTED_NODE = 'volume.kubernetes.io/selected-node'
const PROVISIONER = 'volume.kubernetes.io/storage-provisioner'
const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed'
const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller'
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by'
const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection'
const VOLUME_PROTECTION = 'kubernetes.io/pv-protection'

/**
 * Binds claims to volumes, provisions what a storage class offers, and lets go of what is no longer used.
 * An annotation `kedge.dev/fault: pending` keeps a claim unbound.
 */
export function startVolumeBinder(context: ControllerContext): void {
  const claims = context.cluster.cache(TYPES.claims)
  const volumes = context.cluster.cache(TYPES.volumes)
  volumes.addIndex(BY_CLAIM_REF, (volume) => [claimRefKey(volume)])
  const classes = context.cluster.cache(TYPES.storageClasses)
  const pods = podCache(context)
  pods.addIndex(BY_CLAIM, (pod) => claimNames(specOf(pod)).map((name) => `${namespaceOf(pod)}/${name}`))
  const due = new Map<string, number>()
  const queue = context.queue('volume-binder', async (key) => {
    const claim = claims.get(key)
    if (claim === undefined) return
    if (isDeleting(claim)) {
      await releaseClaim(context, claim, pods.find(BY_CLAIM, key))
      return
    }
    const waitMs = await bindClaim(context, claim, due)
    if (waitMs !== undefined) queue.addAfter(key, waitMs)
  })
  const volumeQueue = context.queue('volume', async (name) => {
    const volume = volumes.get(name)
    if (volume !== undefined) await settleVolume(context, volume)
  })
  claims.onChange((next, old) => {
    if (next !== undefined) queue.add(keyOf(next))
    else if (old !== undefined)
      for (const volume of volumes.find(BY_CLAIM_REF, keyOf(old))) volumeQueue.add(nameOf(volume))
  })
  volumes.onChange((next) => {
    if (next === undefined) return
    volumeQueue.add(nameOf(next))
    if (text(statusOf(next), 'phase') === 'Available') addPending()
  })
  classes.onChange(() => {
    addPending()
  })
  pods.onChange((next, old) => {
    for (const pod of [next, old]) {
      for (const name of pod === undefined ? [] : claimNames(specOf(pod)))
        queue.add(`${namespaceOf(pod ?? {})}/${name}`)
    }
  })

  function addPending(): void {
    for (const claim of claims.all()) if (text(statusOf(claim), 'phase') === 'Pending') queue.add(keyOf(claim))
  }
}

async function bindClaim(
  context: ControllerContext,
  claim: KubeObject,
  due: Map<string, number>,
): Promise<number | undefined> {
  if (text(statusOf(claim), 'phase') === 'Bound' || faultOf(claim) === 'pending') return undefined
  const volume = findVolume(context, claim)
  if (volume !== undefined) {
    await bind(context, claim, volume)
    return undefined
  }
  if (text(specOf(claim), 'volumeName') !== '') return undefined
  const className = text(specOf(claim), 'storageClassName')
  const storageClass = className === '' ? undefined : context.cluster.cache(TYPES.storageClasses).get(className)
  if (className === '') {
    tell(context, claim, {
      reason: 'FailedBinding',
      message: 'no persistent volumes available for this claim and no storage class is set',
    })
    return undefined
  }
  if (storageClass === undefined) {
    const message = `storageclass.storage.k8s.io "${className}" not found`
    tell(context, claim, { kind: 'Warning', reason: 'ProvisioningFailed', message })
    return undefined
  }
  if (
    storageClass['volumeBindingMode'] === 'WaitForFirstConsumer' &&
    annotationsOf(claim)[SELECTED_NODE] === undefined
  ) {
    const message = 'waiting for first consumer to be created before binding'
    tell(context, claim, { reason: 'WaitForFirstConsumer', message })
    return undefined
  }
  if (text(storageClass, 'provisioner') === 'kubernetes.io/no-provisioner') return undefined
  return provision(context, claim, { storageClass, due })
}

async function provision(
  context: ControllerContext,
  claim: KubeObject,
  wish: { readonly storageClass: KubeObject; readonly due: Map<string, number> },
): Promise<number | undefined> {
  const nowMs = context.clock.now()
  const dueMs = wish.due.get(uidOf(claim)) ?? nowMs + draw(context.timing.provision, context.random)
  wish.due.set(uidOf(claim), dueMs)
  if (dueMs > nowMs) return dueMs - nowMs
  wish.due.delete(uidOf(claim))
  const volume = await context.cluster.create(TYPES.volumes, volumeDraft(claim, wish.storageClass))
  tell(context, claim, {
    reason: 'ProvisioningSucceeded',
    message: `Successfully provisioned volume ${nameOf(volume)}`,
  })
  await bind(context, claim, volume)
  return undefined
}

function volumeDraft(claim: KubeObject, storageClass: KubeObject): Draft {
  const spec = specOf(claim)
  return {
    metadata: {
      name: `pvc-${uidOf(claim)}`,
      annotations: { [PROVISIONED_BY]: text(storageClass, 'provisioner') },
    },
    spec: {
      capacity: { storage: child(child(spec, 'resources'), 'requests')?.['storage'] },
      accessModes: spec['accessModes'],
      claimRef: claimReference(claim),
      persistentVolumeReclaimPolicy: storageClass['reclaimPolicy'] ?? 'Delete',
      storageClassName: nameOf(storageClass),
      volumeMode: spec['volumeMode'] ?? 'Filesystem',
      hostPath: { path: `/var/kedge/volumes/${uidOf(claim)}`, type: 'DirectoryOrCreate' },
    },
  }
}

function claimReference(claim: KubeObject): Draft {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    namespace: namespaceOf(claim),
    name: nameOf(claim),
    uid: uidOf(claim),
    resourceVersion: metaOf(claim)['resourceVersion'],
  }
}

/** A volume that is meant for the claim, or the smallest free one that satisfies it. */
function findVolume(context: ControllerContext, claim: KubeObject): KubeObject | undefined {
  const volumes = context.cluster.cache(TYPES.volumes)
  const named = text(specOf(claim), 'volumeName')
  if (named !== '') {
    const volume = volumes.get(named)
    return volume !== undefined && isFreeFor(volume, claim) ? volume : undefined
  }
  const [reserved] = volumes.find(BY_CLAIM_REF, keyOf(claim)).filter((volume) => isFreeFor(volume, claim))
  if (reserved !== undefined) return reserved
  return volumes
    .find(BY_CLAIM_REF, '')
    .filter((volume) => text(statusOf(volume), 'phase') === 'Available' && satisfies(volume, claim))
    .toSorted((left, right) => (sizeOf(left) < sizeOf(right) ? -1 : 1))[0]
}

function isFreeFor(volume: KubeObject, claim: KubeObject): boolean {
  const reference = child(specOf(volume), 'claimRef')
  if (reference === undefined) return true
  const uid = text(reference, 'uid')
  return claimRefKey(volume) === keyOf(claim) && (uid === '' || uid === uidOf(claim))
}

function satisfies(volume: KubeObject, claim: KubeObject): boolean {
  const wanted = specOf(claim)
  const offered = specOf(volume)
  const selector = child(wanted, 'selector')
  const size = quantityNanos(child(child(wanted, 'resources'), 'requests')?.['storage']) ?? 0n
  return (
    text(offered, 'storageClassName') === text(wanted, 'storageClassName') &&
    (offered['volumeMode'] ?? 'Filesystem') === (wanted['volumeMode'] ?? 'Filesystem') &&
    strings(wanted, 'accessModes').every((mode) => strings(offered, 'accessModes').includes(mode)) &&
    sizeOf(volume) >= size &&
    (selector === undefined || matchesSelector(selector, labelsOf(volume)))
  )
}

function sizeOf(volume: KubeObject): bigint {
  return quantityNanos(child(specOf(volume), 'capacity')?.['storage']) ?? 0n
}

async function bind(context: ControllerContext, claim: KubeObject, found: KubeObject): Promise<void> {
  let volume = found
  if (text(child(specOf(volume), 'claimRef'), 'uid') !== uidOf(claim)) {
    volume = await context.cluster.update(TYPES.volumes, {
      ...volume,
      metadata: { ...metaOf(volume), annotations: { ...annotationsOf(volume), [BOUND_BY_CONTROLLER]: 'yes' } },
      spec: { ...specOf(volume), claimRef: claimReference(claim) },
    })
  }
  await setVolumePhase(context, volume, 'Bound')
  const provisioner = annotationsOf(volume)[PROVISIONED_BY]
  const written = await context.cluster.update(TYPES.claims, {
    ...claim,
    metadata: {
      ...metaOf(claim),
      annotations: {
        ...annotationsOf(claim),
        [BIND_COMPLETED]: 'yes',
        ...(text(specOf(claim), 'volumeName') === '' ? { [BOUND_BY_CONTROLLER]: 'yes' } : {}),
        ...(provisioner === undefined ? {} : { [PROVISIONER]: provisioner }),
      },
    },
    spec: { ...specOf(claim), volumeName: nameOf(volume) },
  })
  const status = {
    phase: 'Bound',
    accessModes: specOf(volume)['accessModes'],
    capacity: child(specOf(volume), 'capacity'),
  }
  await writeStatus(context, TYPES.claims, { object: written, status })
}

/** A claim that is being deleted goes when no pod uses it any more. */
async function releaseClaim(
  context: ControllerContext,
  claim: KubeObject,
  users: readonly KubeObject[],
): Promise<void> {
  if (!finalizersOf(claim).includes(CLAIM_PROTECTION) || users.some((pod) => !isFinished(pod))) return
  await dropFinalizer(context, claim, CLAIM_PROTECTION)
}

async function settleVolume(context: ControllerContext, volume: KubeObject): Promise<void> {
  const key = claimRefKey(volume)
  const claim = key === '' ? undefined : context.cluster.cache(TYPES.claims).get(key)
  const uid = text(child(specOf(volume), 'claimRef'), 'uid')
  const isBound = claim !== undefined && (uid === '' || uidOf(claim) === uid)
  if (isDeleting(volume)) {
    if (!isBound && finalizersOf(volume).includes(VOLUME_PROTECTION))
      await dropFinalizer(context, volume, VOLUME_PROTECTION)
    return
  }
  if (key === '') {
    await setVolumePhase(context, volume, 'Available')
    return
  }
  if (isBound || uid === '') {
    if (uid === '') await setVolumePhase(context, volume, 'Available')
    return
  }
  await setVolumePhase(context, volume, 'Released')
  if (specOf(volume)['persistentVolumeReclaimPolicy'] === 'Delete') await context.cluster.remove(TYPES.volumes, volume)
}

async function setVolumePhase(context: ControllerContext, volume: KubeObject, phase: string): Promise<void> {
  if (text(statusOf(volume), 'phase') === phase) return
  const current = context.cluster.cache(TYPES.volumes).get(nameOf(volume)) ?? volume
  const status = { ...statusOf(current), phase, lastPhaseTransitionTime: timestamp(context.clock.now()) }
  await writeStatus(context, TYPES.volumes, { object: current, status })
}

async function dropFinalizer(context: ControllerContext, object: KubeObject, finalizer: string): Promise<void> {
  const left = finalizersOf(object).filter((each) => each !== finalizer)
  const type = object['kind'] === 'PersistentVolume' ? TYPES.volumes : TYPES.claims
  await context.cluster.mergePatch(type, object, { metadata: { finalizers: left.length === 0 ? null : left } })
}

function claimRefKey(volume: KubeObject): string {
  const reference = child(specOf(volume), 'claimRef')
  return reference === undefined ? '' : `${text(reference, 'namespace')}/${text(reference, 'name')}`
}

function tell(
  context: ControllerContext,
  claim: KubeObject,
  happening: { readonly kind?: 'Warning'; readonly reason: string; readonly message: string },
): void {
  context.recorder.record(COMPONENT, { type: TYPES.claims, object: claim, ...happening })
}
