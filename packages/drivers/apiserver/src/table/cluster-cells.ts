import type { Draft } from '../contracts.ts'
import { draftsOf, isDraft, metadataOf, partOf, textOf, textsOf } from '../http/draft.ts'
import { describeAge } from './age.ts'
import { conditionOf, none, numberOf, orNone, scalarOf, specOf, statusOf, type Cells } from './cells.ts'

const accessModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

function modesOf(object: Readonly<Draft>): string {
  return textsOf(object, 'accessModes')
    .map((mode) => accessModes[mode] ?? mode)
    .join(',')
}

const claimCells: Cells = (claim) => {
  const spec = specOf(claim)
  const status = statusOf(claim)
  const isBound = textOf(spec, 'volumeName') !== ''
  const phase = textOf(status, 'phase')
  return {
    Status: metadataOf(claim)['deletionTimestamp'] === undefined ? phase : 'Terminating',
    Volume: textOf(spec, 'volumeName'),
    Capacity: isBound ? scalarOf(partOf(status, 'capacity'), 'storage') : '',
    'Access Modes': isBound ? modesOf(status) : '',
    StorageClass: textOf(spec, 'storageClassName'),
    VolumeAttributesClass: textOf(spec, 'volumeAttributesClassName') || '<unset>',
    VolumeMode: textOf(spec, 'volumeMode') || '<unset>',
  }
}

const volumeCells: Cells = (volume) => {
  const spec = specOf(volume)
  const claim = partOf(spec, 'claimRef')
  const status = statusOf(volume)
  return {
    Capacity: scalarOf(partOf(spec, 'capacity'), 'storage'),
    'Access Modes': modesOf(spec),
    'Reclaim Policy': textOf(spec, 'persistentVolumeReclaimPolicy'),
    Status: metadataOf(volume)['deletionTimestamp'] === undefined ? textOf(status, 'phase') : 'Terminating',
    Claim: textOf(claim, 'name') === '' ? '' : `${textOf(claim, 'namespace')}/${textOf(claim, 'name')}`,
    StorageClass: textOf(spec, 'storageClassName'),
    VolumeAttributesClass: textOf(spec, 'volumeAttributesClassName') || '<unset>',
    Reason: textOf(status, 'reason'),
    VolumeMode: textOf(spec, 'volumeMode') || '<unset>',
  }
}

const eventCells: Cells = (event, nowMs) => {
  const about = isDraft(event['involvedObject']) ? event['involvedObject'] : partOf(event, 'regarding')
  const { first, last } = eventTimes(event)
  const counts = [partOf(event, 'series')['count'], event['count'], event['deprecatedCount'], 1]
  return {
    'Last Seen': describeAge(last, nowMs),
    Type: textOf(event, 'type'),
    Reason: textOf(event, 'reason'),
    Object: `${textOf(about, 'kind').toLowerCase()}/${textOf(about, 'name')}`,
    Subobject: textOf(about, 'fieldPath'),
    Source: eventSource(event),
    Message: (textOf(event, 'message') || textOf(event, 'note')).trim(),
    'First Seen': describeAge(first, nowMs),
    Count: String(counts.find((count) => typeof count === 'number' && count > 0)),
  }
}

function eventTimes(event: Readonly<Draft>): { readonly first: string; readonly last: string } {
  const firstOf = (...fields: readonly string[]): string =>
    fields.map((field) => scalarOf(event, field)).find((time) => time !== '') ?? ''
  const first = firstOf('firstTimestamp', 'deprecatedFirstTimestamp', 'eventTime')
  const series = scalarOf(partOf(event, 'series'), 'lastObservedTime')
  const last = series === '' ? firstOf('lastTimestamp', 'deprecatedLastTimestamp') : series
  return { first, last: last === '' ? first : last }
}

function eventSource(event: Readonly<Draft>): string {
  const source = isDraft(event['source']) ? event['source'] : partOf(event, 'deprecatedSource')
  const names = [textOf(source, 'component'), textOf(event, 'reportingComponent'), textOf(event, 'reportingController')]
  const host = textOf(source, 'host') || textOf(event, 'reportingInstance')
  const name = names.find((each) => each !== '') ?? ''
  return host === '' ? name : `${name}, ${host}`
}

const bindingCells: Cells = (binding) => {
  const role = partOf(binding, 'roleRef')
  const subjects = draftsOf(binding, 'subjects')
  const named = (kind: string): readonly Draft[] => subjects.filter((subject) => subject['kind'] === kind)
  return {
    Role: `${textOf(role, 'kind')}/${textOf(role, 'name')}`,
    Users: named('User')
      .map((subject) => textOf(subject, 'name'))
      .join(', '),
    Groups: named('Group')
      .map((subject) => textOf(subject, 'name'))
      .join(', '),
    ServiceAccounts: named('ServiceAccount')
      .map((subject) => `${textOf(subject, 'namespace')}/${textOf(subject, 'name')}`)
      .join(', '),
  }
}

const policyBindingCells: Cells = (binding) => {
  const param = partOf(specOf(binding), 'paramRef')
  const name = textOf(param, 'name')
  const place = textOf(param, 'namespace')
  return {
    PolicyName: textOf(specOf(binding), 'policyName'),
    ParamRef: name === '' ? '<unset>' : place === '' ? name : `${place}/${name}`,
  }
}

function paramKindOf(policy: Readonly<Draft>): string {
  const kind = partOf(specOf(policy), 'paramKind')
  return textOf(kind, 'kind') === '' ? '<unset>' : `${textOf(kind, 'apiVersion')}/${textOf(kind, 'kind')}`
}

function countOf(object: Readonly<Draft>, field: string): number {
  return Object.keys(partOf(object, field)).length
}

function quantitiesOf(quota: Readonly<Draft>, wanted: (name: string) => boolean): string {
  const hard = partOf(statusOf(quota), 'hard')
  const used = partOf(statusOf(quota), 'used')
  return Object.keys(hard)
    .toSorted()
    .filter(wanted)
    .map((name) => `${name}: ${scalarOf(used, name) || '0'}/${scalarOf(hard, name)}`)
    .join(', ')
}

/** Cells of configuration, storage, access and what belongs to the cluster itself. */
export const clusterCells: Readonly<Record<string, Cells>> = {
  configmaps: (object) => ({ Data: countOf(object, 'data') + countOf(object, 'binaryData') }),
  secrets: (object) => ({ Type: textOf(object, 'type'), Data: countOf(object, 'data') }),
  namespaces: (object) => ({ Status: textOf(statusOf(object), 'phase') }),
  resourcequotas: (object) => ({
    Request: quantitiesOf(object, (name) => !name.startsWith('limits.')),
    Limit: quantitiesOf(object, (name) => name.startsWith('limits.')),
  }),
  persistentvolumeclaims: claimCells,
  persistentvolumes: volumeCells,
  events: eventCells,
  'storageclasses.storage.k8s.io': (object) => ({
    Provisioner: textOf(object, 'provisioner'),
    ReclaimPolicy: textOf(object, 'reclaimPolicy') || 'Delete',
    VolumeBindingMode: textOf(object, 'volumeBindingMode') || '<unset>',
    AllowVolumeExpansion: object['allowVolumeExpansion'] === true,
  }),
  'volumeattributesclasses.storage.k8s.io': (object) => ({ DriverName: textOf(object, 'driverName') }),
  'clusterrolebindings.rbac.authorization.k8s.io': bindingCells,
  'rolebindings.rbac.authorization.k8s.io': bindingCells,
  'apiservices.apiregistration.k8s.io': (object) => {
    const service = partOf(specOf(object), 'service')
    const available = conditionOf(object, 'Available')
    const place = `${textOf(service, 'namespace')}/${textOf(service, 'name')}`
    const why = available === undefined || available['status'] === 'True' ? '' : ` (${textOf(available, 'reason')})`
    return {
      Service: textOf(service, 'name') === '' ? 'Local' : place,
      Available: available === undefined ? 'Unknown' : `${textOf(available, 'status')}${why}`,
    }
  },
  'customresourcedefinitions.apiextensions.k8s.io': (object) => {
    const spec = specOf(object)
    const names = partOf(spec, 'names')
    return {
      Scope: textOf(spec, 'scope'),
      Versions: draftsOf(spec, 'versions')
        .map((version) => textOf(version, 'name'))
        .join(','),
      Group: textOf(spec, 'group'),
      Kind: textOf(names, 'kind'),
      ShortNames: textsOf(names, 'shortNames').join(','),
      Established: conditionOf(object, 'Established')?.['status'] === 'True',
    }
  },
  'priorityclasses.scheduling.k8s.io': (object) => ({
    Value: numberOf(object, 'value'),
    'Global-Default': object['globalDefault'] === true,
    PreemptionPolicy: textOf(object, 'preemptionPolicy'),
  }),
  'leases.coordination.k8s.io': (object) => ({ Holder: textOf(specOf(object), 'holderIdentity') }),
  'runtimeclasses.node.k8s.io': (object) => ({ Handler: textOf(object, 'handler') }),
  'validatingwebhookconfigurations.admissionregistration.k8s.io': (object) => ({
    Webhooks: draftsOf(object, 'webhooks').length,
  }),
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': (object) => ({
    Webhooks: draftsOf(object, 'webhooks').length,
  }),
  'validatingadmissionpolicies.admissionregistration.k8s.io': (object) => ({
    Validations: draftsOf(specOf(object), 'validations').length,
    ParamKind: paramKindOf(object),
  }),
  'mutatingadmissionpolicies.admissionregistration.k8s.io': (object) => ({
    Mutations: draftsOf(specOf(object), 'mutations').length,
    ParamKind: paramKindOf(object),
  }),
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': policyBindingCells,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': policyBindingCells,
  'certificatesigningrequests.certificates.k8s.io': (object) => {
    const seconds = scalarOf(specOf(object), 'expirationSeconds')
    const types = draftsOf(statusOf(object), 'conditions').map((condition) => textOf(condition, 'type'))
    const issued = textOf(statusOf(object), 'certificate') === '' ? [] : ['Issued']
    return {
      SignerName: orNone(textOf(specOf(object), 'signerName')),
      Requestor: textOf(specOf(object), 'username'),
      RequestedDuration: seconds === '' ? none : `${seconds}s`,
      Condition: [...types, ...issued].join(',') || 'Pending',
    }
  },
  'volumeattachments.storage.k8s.io': (object) => ({
    Attacher: textOf(specOf(object), 'attacher'),
    PV: textOf(partOf(specOf(object), 'source'), 'persistentVolumeName'),
    Node: textOf(specOf(object), 'nodeName'),
    Attached: statusOf(object)['attached'] === true,
  }),
  'csinodes.storage.k8s.io': (object) => ({ Drivers: draftsOf(specOf(object), 'drivers').length }),
}
