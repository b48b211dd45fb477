import type { Draft, FieldError } from '../contracts.ts'
import { checkSelector } from './check-metadata.ts'
import { child, children, ensure, fill, numeric, sameValue, strings, text } from './draft.ts'
import { invalid, required, unsupported } from './field-errors.ts'
import { dnsLabel } from './names.ts'
import type { KindRules } from './strategy.ts'

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' } as const

/** v1 Namespace: kept by spec.finalizers until its content is gone. */
export const namespaceRules: KindRules = {
  hasStatus: true,
  clusterScoped: true,
  nameRule: dnsLabel,
  defaults: (draft) => {
    const metadata = ensure(draft, 'metadata')
    const name = text(metadata, 'name')
    const labels = ensure(metadata, 'labels')
    if (name !== '' && labels['kubernetes.io/metadata.name'] !== name) labels['kubernetes.io/metadata.name'] = name
    fill(ensure(draft, 'status'), 'phase', 'Active')
  },
  create: (draft) => {
    const spec = ensure(draft, 'spec')
    const finalizers = strings(spec, 'finalizers')
    if (!finalizers.includes('kubernetes')) spec['finalizers'] = [...finalizers, 'kubernetes']
  },
  update: (draft, old) => {
    // Finalizers come off through the finalize subresource, of a namespace that is going away.
    if (child(draft, 'metadata')?.['deletionTimestamp'] !== undefined) return
    const finalizers = child(old, 'spec')?.['finalizers']
    const spec = ensure(draft, 'spec')
    if (!sameValue(spec['finalizers'], finalizers)) spec['finalizers'] = finalizers
  },
  prepareForDelete: (draft) => {
    draft['status'] = { ...child(draft, 'status'), phase: 'Terminating' }
  },
  heldAfterDelete: (object) => strings(child(object, 'spec'), 'finalizers').length > 0,
  fields: (object) => ({
    name: text(child(object, 'metadata'), 'name'),
    'status.phase': text(child(object, 'status'), 'phase'),
  }),
}

/** v1 Node: starts with the taint that it is not ready. */
export const nodeRules: KindRules = {
  hasStatus: true,
  clusterScoped: true,
  defaults: (draft) => {
    const status = ensure(draft, 'status')
    const capacity = child(status, 'capacity')
    if (capacity !== undefined && child(status, 'allocatable') === undefined) status['allocatable'] = { ...capacity }
  },
  create: (draft) => {
    const spec = ensure(draft, 'spec')
    const taints = children(spec, 'taints')
    if (!taints.some((taint) => taint['key'] === NOT_READY.key)) spec['taints'] = [...taints, { ...NOT_READY }]
  },
  fields: (object) => ({ 'spec.unschedulable': String(child(object, 'spec')?.['unschedulable'] === true) }),
}

/** policy/v1 PodDisruptionBudget. */
export const disruptionBudgetRules: KindRules = {
  hasStatus: true,
  hasGeneration: true,
  check: (object) => {
    const spec = child(object, 'spec')
    const errors = checkSelector(child(spec, 'selector'), 'spec.selector')
    if (spec?.['minAvailable'] !== undefined && spec['maxUnavailable'] !== undefined) {
      errors.push(invalid('spec', shownBudget(spec), 'minAvailable and maxUnavailable cannot be both set'))
    }
    for (const key of ['minAvailable', 'maxUnavailable'] as const) {
      const value = spec?.[key]
      if (typeof value === 'number' && value < 0) {
        errors.push(invalid(`spec.${key}`, value, 'must be greater than or equal to 0'))
      } else if (typeof value === 'string' && /^\d+%$/.test(value) && Number.parseInt(value, 10) > 100) {
        errors.push(invalid(`spec.${key}`, value, 'must not be greater than 100%'))
      }
    }
    return errors
  },
}

/** The real server shows its internal type, whose fields have no JSON names. */
function shownBudget(spec: Readonly<Draft>): Draft {
  return {
    MinAvailable: spec['minAvailable'],
    Selector: spec['selector'] ?? null,
    MaxUnavailable: spec['maxUnavailable'],
    UnhealthyPodEvictionPolicy: spec['unhealthyPodEvictionPolicy'] ?? null,
  }
}

/** scheduling.k8s.io/v1 PriorityClass. */
export const priorityClassRules: KindRules = {
  clusterScoped: true,
  hasGeneration: true,
  defaults: (draft) => {
    fill(draft, 'preemptionPolicy', 'PreemptLowerPriority')
  },
  specChanged: () => false,
  check: (object) => {
    const name = text(child(object, 'metadata'), 'name')
    const value = numeric(object, 'value') ?? 0
    const errors: FieldError[] = []
    if (value > 1_000_000_000 && !name.startsWith('system-')) {
      errors.push({
        reason: 'FieldValueForbidden',
        field: 'value',
        message: 'Forbidden: maximum allowed value of a user defined priority is 1000000000',
      })
    }
    const policy = object['preemptionPolicy']
    const policies = ['PreemptLowerPriority', 'Never']
    if (!policies.includes(String(policy))) errors.push(unsupported('preemptionPolicy', policy, policies))
    return errors
  },
  checkUpdate: (object, old) => {
    const errors: FieldError[] = []
    if (!sameValue(object['value'] ?? 0, old['value'] ?? 0)) {
      errors.push({
        reason: 'FieldValueForbidden',
        field: 'value',
        message: 'Forbidden: may not be changed in an update.',
      })
    }
    if (object['preemptionPolicy'] !== old['preemptionPolicy']) {
      errors.push(invalid('preemptionPolicy', object['preemptionPolicy'], 'field is immutable'))
    }
    return errors
  },
}

/** flowcontrol.apiserver.k8s.io/v1 FlowSchema. */
export const flowSchemaRules: KindRules = {
  clusterScoped: true,
  hasStatus: true,
  hasGeneration: true,
  defaults: (draft) => {
    const spec = ensure(draft, 'spec')
    if (spec['matchingPrecedence'] === undefined) spec['matchingPrecedence'] = 1000
  },
}

/** flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration. */
export const priorityLevelRules: KindRules = {
  clusterScoped: true,
  hasStatus: true,
  hasGeneration: true,
  defaults: (draft) => {
    const spec = ensure(draft, 'spec')
    const exempt = child(spec, 'exempt')
    if (exempt !== undefined) {
      fill(exempt, 'nominalConcurrencyShares', 0)
      fill(exempt, 'lendablePercent', 0)
    }
    const limited = child(spec, 'limited')
    if (limited === undefined) return
    fill(limited, 'nominalConcurrencyShares', 30)
    fill(limited, 'lendablePercent', 0)
    const queuing = child(child(limited, 'limitResponse'), 'queuing')
    if (queuing === undefined) return
    fill(queuing, 'handSize', 8)
    fill(queuing, 'queues', 64)
    fill(queuing, 'queueLengthLimit', 50)
  },
}

/** v1 Event, and events.k8s.io/v1 on the same storage. */
export const eventRules: KindRules = {
  check: (object) => {
    const core = object['apiVersion'] === 'v1'
    const subject = child(object, core ? 'involvedObject' : 'regarding')
    const namespace = text(child(object, 'metadata'), 'namespace')
    const about = text(subject, 'namespace')
    const errors: FieldError[] = []
    if (about !== '' && about !== namespace) {
      errors.push(
        invalid(core ? 'involvedObject.namespace' : 'regarding.namespace', about, 'does not match event.namespace'),
      )
    }
    if (!core && text(object, 'reportingController') === '') errors.push(required('reportingController'))
    return errors
  },
  fields: (object) => {
    const subject = child(object, 'involvedObject') ?? child(object, 'regarding')
    return {
      'involvedObject.kind': text(subject, 'kind'),
      'involvedObject.namespace': text(subject, 'namespace'),
      'involvedObject.name': text(subject, 'name'),
      'involvedObject.uid': text(subject, 'uid'),
      'involvedObject.apiVersion': text(subject, 'apiVersion'),
      'involvedObject.resourceVersion': text(subject, 'resourceVersion'),
      'involvedObject.fieldPath': text(subject, 'fieldPath'),
      reason: text(object, 'reason'),
      reportingComponent: text(object, 'reportingComponent') || text(object, 'reportingController'),
      source: text(child(object, 'source') ?? child(object, 'deprecatedSource'), 'component'),
      type: text(object, 'type'),
    }
  },
  convert: convertEvent,
}

const EVENT_FIELDS = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
] as const

function convertEvent(object: Readonly<Draft>, apiVersion: string): Draft {
  if (object['apiVersion'] === apiVersion) return object
  const converted: Draft = { ...object, apiVersion }
  for (const [core, events] of EVENT_FIELDS) {
    const [from, to] = apiVersion === 'v1' ? [events, core] : [core, events]
    if (converted[from] !== undefined) converted[to] = converted[from]
    delete converted[from]
  }
  return converted
}
