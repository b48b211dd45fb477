import type { Draft, FieldError } from '../contracts.ts'
import { child, children, ensure, fill, sameValue, stringMap, strings, text } from './draft.ts'
import { forbidden, immutable, invalid, required, unsupported } from './field-errors.ts'
import { dnsLabel } from './names.ts'
import { defaultDiskVolume } from './pod-defaults.ts'
import { quantityNanos } from './quantity.ts'
import { finalizersOf } from './pods.ts'
import type { KindRules } from './strategy.ts'
import { defaultClaim } from './workload-defaults.ts'
import { oneOf } from './check-container.ts'

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'] as const
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class'
const PV_SETTINGS = new Set([
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
])

/** v1 PersistentVolumeClaim, with the default class and the finalizer that admission adds. */
export const claimRules: KindRules = {
  hasStatus: true,
  defaults: defaultClaim,
  create: (draft, context) => {
    addFinalizer(draft, 'kubernetes.io/pvc-protection')
    const spec = ensure(draft, 'spec')
    if (spec['storageClassName'] !== undefined) return
    for (const candidate of context.list('storage.k8s.io', 'storageclasses', '')) {
      const metadata = child(candidate, 'metadata')
      if (stringMap(metadata, 'annotations')[DEFAULT_CLASS] === 'true')
        spec['storageClassName'] = text(metadata, 'name')
    }
  },
  check: (object) => checkClaimSpec(child(object, 'spec')),
  checkUpdate: checkClaimUpdate,
}

/** v1 PersistentVolume. */
export const volumeRules: KindRules = {
  hasStatus: true,
  clusterScoped: true,
  defaults: (draft) => {
    const spec = ensure(draft, 'spec')
    fill(ensure(draft, 'status'), 'phase', 'Pending')
    fill(spec, 'persistentVolumeReclaimPolicy', 'Retain')
    fill(spec, 'volumeMode', 'Filesystem')
    const hostPath = child(spec, 'hostPath')
    if (hostPath !== undefined) hostPath['type'] ??= ''
    defaultDiskVolume(spec)
  },
  create: (draft, context) => {
    addFinalizer(draft, 'kubernetes.io/pv-protection')
    ensure(draft, 'status')['lastPhaseTransitionTime'] = new Date(context.nowMs).toISOString().replace(/\.\d+Z$/, 'Z')
  },
  check: (object) => {
    const spec = child(object, 'spec')
    const errors = checkAccessModes(spec, '')
    const capacity = child(spec, 'capacity')
    if (Object.keys(capacity ?? {}).length === 0) errors.push(required('spec.capacity'))
    if (capacity?.['storage'] === undefined)
      errors.push(unsupported('spec.capacity', capacity ?? undefined, ['storage']))
    const hostPath = text(child(spec, 'hostPath'), 'path')
    if (hostPath.split('/').includes('..'))
      errors.push(invalid('spec.hostPath.path', hostPath, "must not contain '..'"))
    if (volumeSource(spec).length === 0) errors.push(required('spec', 'must specify a volume type'))
    return errors
  },
  checkUpdate: (object, old) => {
    const source = volumeSource(child(object, 'spec'))
    const before = volumeSource(child(old, 'spec'))
    return sameValue(source, before)
      ? []
      : [forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')]
  },
  fields: (object) => ({ name: text(child(object, 'metadata'), 'name') }),
}

/** storage.k8s.io/v1 StorageClass. */
export const storageClassRules: KindRules = {
  clusterScoped: true,
  defaults: (draft) => {
    fill(draft, 'reclaimPolicy', 'Delete')
    fill(draft, 'volumeBindingMode', 'Immediate')
  },
  check: (object) => [
    ...(text(object, 'provisioner') === '' ? [required('provisioner')] : []),
    ...oneOf(object, 'reclaimPolicy', { field: '', allowed: ['Delete', 'Retain'] }).map(withoutDot),
    ...oneOf(object, 'volumeBindingMode', { field: '', allowed: ['Immediate', 'WaitForFirstConsumer'] }).map(
      withoutDot,
    ),
  ],
  checkUpdate: (object, old) =>
    ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'].flatMap((key) =>
      sameValue(object[key], old[key]) ? [] : [immutable(key, undefined)],
    ),
}

/** storage.k8s.io/v1 CSIDriver. */
export const csiDriverRules: KindRules = {
  clusterScoped: true,
  defaults: (draft) => {
    const spec = ensure(draft, 'spec')
    fill(spec, 'attachRequired', true)
    for (const key of [
      'podInfoOnMount',
      'storageCapacity',
      'requiresRepublish',
      'seLinuxMount',
      'preventPodSchedulingIfMissing',
    ])
      fill(spec, key, false)
    fill(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType')
    if (strings(spec, 'volumeLifecycleModes').length === 0) spec['volumeLifecycleModes'] = ['Persistent']
  },
  checkUpdate: (object, old) => {
    const attached = child(object, 'spec')?.['attachRequired']
    return attached === child(old, 'spec')?.['attachRequired'] ? [] : [immutable('spec.attachedRequired', attached)]
  },
}

/** node.k8s.io/v1 RuntimeClass. */
export const runtimeClassRules: KindRules = {
  clusterScoped: true,
  check: (object) => {
    const handler = text(object, 'handler')
    if (handler === '') return [required('handler')]
    return dnsLabel(handler).map((fault) => invalid('handler', handler, fault))
  },
  checkUpdate: (object, old) => (object['handler'] === old['handler'] ? [] : [immutable('handler', undefined)]),
}

/** Adds a finalizer that is not there yet. */
export function addFinalizer(draft: Draft, finalizer: string): void {
  const held = finalizersOf(draft)
  if (!held.includes(finalizer)) ensure(draft, 'metadata')['finalizers'] = [...held, finalizer]
}

function withoutDot(error: FieldError): FieldError {
  return { ...error, field: error.field.replace(/^\./, '') }
}

function volumeSource(spec: Readonly<Draft> | undefined): readonly (readonly [string, unknown])[] {
  return Object.entries(spec ?? {}).filter(([key, value]) => !PV_SETTINGS.has(key) && value !== undefined)
}

function checkAccessModes(spec: Readonly<Draft> | undefined, detail: string): FieldError[] {
  const modes = strings(spec, 'accessModes')
  if (modes.length === 0) return [required('spec.accessModes', detail)]
  return modes.flatMap((mode) =>
    (ACCESS_MODES as readonly string[]).includes(mode) ? [] : [unsupported('spec.accessModes', mode, ACCESS_MODES)],
  )
}

function checkClaimSpec(spec: Readonly<Draft> | undefined): FieldError[] {
  const errors = checkAccessModes(spec, spec === undefined ? '' : 'at least 1 access mode is required')
  const request = child(child(spec, 'resources'), 'requests')?.['storage']
  if (request === undefined) errors.push(required('spec.resources[storage]'))
  else if ((quantityNanos(request) ?? 0n) <= 0n) {
    errors.push({
      reason: 'FieldValueInvalid',
      field: 'spec.resources[storage]',
      message: `Invalid value: ${JSON.stringify(request)}: must be greater than zero`,
    })
  }
  return errors
}

function checkClaimUpdate(object: Readonly<Draft>, old: Readonly<Draft>): FieldError[] {
  const bound = text(child(old, 'status'), 'phase') === 'Bound'
  const spec = comparable(object, bound)
  const before = comparable(old, bound)
  if (text(child(old, 'spec'), 'volumeName') === '') {
    delete spec['volumeName']
    delete before['volumeName']
  }
  if (before['storageClassName'] === undefined) delete spec['storageClassName']
  const errors = sameValue(spec, before)
    ? []
    : [
        forbidden(
          'spec',
          'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
        ),
      ]
  const size = quantityNanos(storageRequest(object)) ?? 0n
  const sizeBefore = quantityNanos(storageRequest(old)) ?? 0n
  const capacity = quantityNanos(child(child(old, 'status'), 'capacity')?.['storage']) ?? 0n
  if (size < sizeBefore && size <= capacity) {
    errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  }
  return errors
}

function comparable(claim: Readonly<Draft>, bound: boolean): Draft {
  const spec = { ...child(claim, 'spec') }
  if (bound) {
    const resources = { ...child(spec, 'resources') }
    resources['requests'] = { ...child(resources, 'requests'), storage: '0' }
    spec['resources'] = resources
    delete spec['volumeAttributesClassName']
  }
  return spec
}

function storageRequest(claim: Readonly<Draft>): unknown {
  return child(child(child(claim, 'spec'), 'resources'), 'requests')?.['storage']
}

/** The claims that a pod mounts. */
export function claimNames(podSpec: Readonly<Draft> | undefined): readonly string[] {
  return children(podSpec, 'volumes')
    .map((volume) => text(child(volume, 'persistentVolumeClaim'), 'claimName'))
    .filter((name) => name !== '')
}
