import type { Draft, FieldError } from '../contracts.ts'
import { checkNonNegative, oneOf } from './check-container.ts'
import { checkSelector } from './check-metadata.ts'
import { checkPodTemplate, checkWorkloadTemplate } from './check-pod-spec.ts'
import { parseCron } from './cron.ts'
import { child, childAt, children, ensure, numeric, sameValue, stringMap, text } from './draft.ts'
import { forbidden, immutable, invalid, required, unsupported } from './field-errors.ts'
import { dnsLabel } from './names.ts'
import { isEmptySelector, matchesSelector } from './selectors.ts'
import { contentChanged, type KindRules } from './strategy.ts'
import {
  defaultCronJob,
  defaultDaemonSet,
  defaultDeployment,
  defaultJob,
  defaultReplicaSet,
  defaultReplicationController,
  defaultStatefulSet,
} from './workload-defaults.ts'

const GENERATION_OF_TEMPLATE = 'deprecated.daemonset.template.generation'

/** apps/v1 Deployment. Annotations count as content here, since they are copied to ReplicaSets. */
export const deploymentRules: KindRules = {
  hasStatus: true,
  hasGeneration: true,
  defaults: defaultDeployment,
  specChanged: (object, old) =>
    contentChanged(object, old) ||
    !sameValue(stringMap(child(object, 'metadata'), 'annotations'), stringMap(child(old, 'metadata'), 'annotations')),
  check: (object) => [...checkDeployment(child(object, 'spec'))],
  checkUpdate: (object, old) => unchanged(object, old, ['selector']),
}

/** apps/v1 ReplicaSet. */
export const replicaSetRules: KindRules = {
  hasStatus: true,
  hasGeneration: true,
  defaults: defaultReplicaSet,
  check: (object) => [
    ...checkNonNegative(child(object, 'spec'), 'replicas', 'spec'),
    ...checkNonNegative(child(object, 'spec'), 'minReadySeconds', 'spec'),
    ...checkWorkloadTemplate(child(object, 'spec'), { kind: 'ReplicaSet', emptyWord: 'deployment' }),
  ],
  checkUpdate: (object, old) => unchanged(object, old, ['selector']),
  fields: (object) => ({ 'status.replicas': String(numeric(child(object, 'status'), 'replicas') ?? 0) }),
}

/** v1 ReplicationController. */
export const replicationControllerRules: KindRules = {
  hasStatus: true,
  hasGeneration: true,
  defaults: defaultReplicationController,
  check: (object) => {
    const spec = child(object, 'spec')
    const errors = checkNonNegative(spec, 'replicas', 'spec')
    const selector = stringMap(spec, 'selector')
    if (Object.keys(selector).length === 0) errors.push(required('spec.selector'))
    const template = child(spec, 'template')
    if (template === undefined) return [...errors, required('spec.template')]
    const labels = stringMap(child(template, 'metadata'), 'labels')
    if (!matchesSelector({ matchLabels: selector }, labels)) {
      errors.push(invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'))
    }
    return [...errors, ...checkPodTemplate(template, 'spec.template')]
  },
  fields: (object) => ({ 'status.replicas': String(numeric(child(object, 'status'), 'replicas') ?? 0) }),
}

/** apps/v1 StatefulSet. */
export const statefulSetRules: KindRules = {
  hasStatus: true,
  hasGeneration: true,
  defaults: defaultStatefulSet,
  check: checkStatefulSet,
  checkUpdate: (object, old) =>
    unchanged(object, old, ['selector', 'volumeClaimTemplates', 'serviceName', 'podManagementPolicy']),
}

/** apps/v1 DaemonSet, with the annotation that counts its templates. */
export const daemonSetRules: KindRules = {
  hasStatus: true,
  hasGeneration: true,
  defaults: (draft) => {
    defaultDaemonSet(draft)
    // The real server keeps this number in a field of its own, which every client of v1 sees and owns as an annotation.
    const annotations = ensure(ensure(draft, 'metadata'), 'annotations')
    annotations[GENERATION_OF_TEMPLATE] ??= '0'
  },
  create: (draft) => {
    setTemplateGeneration(draft, 1)
  },
  update: (draft, old) => {
    const before = Number(stringMap(child(old, 'metadata'), 'annotations')[GENERATION_OF_TEMPLATE] ?? 1)
    const same = sameValue(childAt(draft, 'spec', 'template'), childAt(old, 'spec', 'template'))
    setTemplateGeneration(draft, same ? before : before + 1)
  },
  check: (object) => {
    const spec = child(object, 'spec')
    return [
      ...checkWorkloadTemplate(spec, { kind: 'DaemonSet', emptyWord: 'daemonset' }),
      ...checkNonNegative(spec, 'minReadySeconds', 'spec'),
      ...checkNonNegative(spec, 'revisionHistoryLimit', 'spec'),
      ...checkStrategyType(child(spec, 'updateStrategy'), 'spec.updateStrategy', ['RollingUpdate', 'OnDelete']),
    ]
  },
  checkUpdate: (object, old) => unchanged(object, old, ['selector']),
}

/** batch/v1 Job, with the selector and labels that the server generates. */
export const jobRules: KindRules = {
  hasStatus: true,
  hasGeneration: true,
  defaults: defaultJob,
  create: generateJobSelector,
  check: (object) => checkJob(child(object, 'spec')),
  checkUpdate: checkJobUpdate,
  fields: (object) => ({ 'status.successful': String(numeric(child(object, 'status'), 'succeeded') ?? 0) }),
}

/** batch/v1 CronJob. */
export const cronJobRules: KindRules = {
  hasStatus: true,
  hasGeneration: true,
  defaults: defaultCronJob,
  check: checkCronJob,
}

/** Fields of spec that may never change, in the server's words. */
export function unchanged(object: Readonly<Draft>, old: Readonly<Draft>, keys: readonly string[]): FieldError[] {
  const spec = child(object, 'spec')
  const before = child(old, 'spec')
  return keys.flatMap((key) => (sameValue(spec?.[key], before?.[key]) ? [] : [immutable(`spec.${key}`, spec?.[key])]))
}

/** The real server shows the whole strategy in its internal form, whose fields have no JSON names. */
function checkStrategyType(
  strategy: Readonly<Draft> | undefined,
  field: string,
  allowed: readonly string[],
): FieldError[] {
  const type = text(strategy, 'type')
  if (type === '' || allowed.includes(type)) return []
  const rolling = child(strategy, 'rollingUpdate')
  const shown = { MaxUnavailable: rolling?.['maxUnavailable'] ?? 0, MaxSurge: rolling?.['maxSurge'] ?? 0 }
  return [unsupported(field, { Type: type, RollingUpdate: rolling === undefined ? null : shown }, allowed)]
}

function checkDeployment(spec: Readonly<Draft> | undefined): FieldError[] {
  const errors = checkNonNegative(spec, 'replicas', 'spec')
  errors.push(...checkWorkloadTemplate(spec, { kind: 'ReplicaSet', emptyWord: 'deployment' }))
  const strategy = child(spec, 'strategy')
  errors.push(...checkStrategyType(strategy, 'spec.strategy', ['Recreate', 'RollingUpdate']))
  const rolling = child(strategy, 'rollingUpdate')
  if (rolling !== undefined && strategy?.['type'] === 'Recreate') {
    errors.push(forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'"))
  } else if (rolling !== undefined) {
    errors.push(...checkRollingUpdate(rolling))
  }
  errors.push(
    ...checkNonNegative(spec, 'minReadySeconds', 'spec'),
    ...checkNonNegative(spec, 'revisionHistoryLimit', 'spec'),
  )
  const deadline = numeric(spec, 'progressDeadlineSeconds')
  errors.push(...checkNonNegative(spec, 'progressDeadlineSeconds', 'spec'))
  if (deadline !== undefined && deadline <= (numeric(spec, 'minReadySeconds') ?? 0)) {
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'))
  }
  return errors
}

function checkRollingUpdate(rolling: Readonly<Draft>): FieldError[] {
  const field = 'spec.strategy.rollingUpdate'
  const errors: FieldError[] = []
  for (const key of ['maxUnavailable', 'maxSurge'] as const) {
    const value = rolling[key]
    if (typeof value === 'string' && !/^\d+%$/.test(value)) {
      errors.push(
        invalid(
          `${field}.${key}`,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      )
    }
    if (typeof value === 'number' && value < 0) {
      errors.push(invalid(`${field}.${key}`, value, 'must be greater than or equal to 0'))
    }
  }
  const { maxUnavailable, maxSurge } = rolling
  if (Number.parseInt(String(maxUnavailable), 10) === 0 && Number.parseInt(String(maxSurge), 10) === 0) {
    errors.push(invalid(`${field}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
  }
  if (typeof maxUnavailable === 'string' && Number.parseInt(maxUnavailable, 10) > 100) {
    errors.push(invalid(`${field}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%'))
  }
  return errors
}

function checkStatefulSet(object: Readonly<Draft>): FieldError[] {
  const spec = child(object, 'spec')
  const errors: FieldError[] = []
  const policy = text(spec, 'podManagementPolicy')
  if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    errors.push(invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'"))
  }
  const update = child(spec, 'updateStrategy')
  const type = text(update, 'type')
  if (type !== 'RollingUpdate' && type !== 'OnDelete') {
    errors.push(invalid('spec.updateStrategy', update, "must be 'RollingUpdate' or 'OnDelete'"))
  }
  errors.push(...checkNonNegative(child(update, 'rollingUpdate'), 'partition', 'spec.updateStrategy.rollingUpdate'))
  errors.push(...checkNonNegative(spec, 'replicas', 'spec'), ...checkNonNegative(spec, 'minReadySeconds', 'spec'))
  const serviceName = text(spec, 'serviceName')
  if (serviceName !== '') {
    errors.push(...dnsLabel(serviceName).map((fault) => invalid('spec.serviceName', serviceName, fault)))
  }
  errors.push(...checkWorkloadTemplate(withClaimVolumes(spec), { kind: 'StatefulSet', emptyWord: 'statefulset' }))
  return errors
}

/** Mounts may name claim templates, which become volumes only in the pods. */
function withClaimVolumes(spec: Readonly<Draft> | undefined): Readonly<Draft> | undefined {
  const claims = children(spec, 'volumeClaimTemplates').map((claim) => text(child(claim, 'metadata'), 'name'))
  const podSpec = childAt(spec, 'template', 'spec')
  if (claims.length === 0 || podSpec === undefined) return spec
  const own = children(podSpec, 'volumes').filter((volume) => !claims.includes(text(volume, 'name')))
  const added = claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))
  return { ...spec, template: { ...child(spec, 'template'), spec: { ...podSpec, volumes: [...own, ...added] } } }
}

function setTemplateGeneration(draft: Draft, generation: number): void {
  const metadata = ensure(draft, 'metadata')
  metadata['annotations'] = {
    ...stringMap(metadata, 'annotations'),
    [GENERATION_OF_TEMPLATE]: String(generation),
  }
}

function generateJobSelector(draft: Draft): void {
  const metadata = ensure(draft, 'metadata')
  const spec = ensure(draft, 'spec')
  if (spec['manualSelector'] === true) return
  const uid = text(metadata, 'uid')
  const name = text(metadata, 'name')
  const template = ensure(spec, 'template')
  const templateMetadata = ensure(template, 'metadata')
  const generated = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  }
  const before = stringMap(templateMetadata, 'labels')
  templateMetadata['labels'] = { ...before, ...generated }
  // Labels of a Job without any come from its template, the generated ones included.
  const own = stringMap(metadata, 'labels')
  if (Object.keys(own).length === 0 || sameValue(own, before)) metadata['labels'] = { ...before, ...generated }
  if (child(spec, 'selector') === undefined) {
    spec['selector'] = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } }
  }
}

function checkJob(spec: Readonly<Draft> | undefined): FieldError[] {
  const errors = checkJobSpec(spec, 'spec')
  const selector = child(spec, 'selector')
  if (selector === undefined) return [...errors, required('spec.selector')]
  errors.push(...checkSelector(selector, 'spec.selector'))
  const labels = stringMap(childAt(spec, 'template', 'metadata'), 'labels')
  if (!isEmptySelector(selector) && !matchesSelector(selector, labels)) {
    errors.push(invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'))
  }
  return errors
}

function checkJobSpec(spec: Readonly<Draft> | undefined, field: string): FieldError[] {
  const errors = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
  ].flatMap((key) => checkNonNegative(spec, key, field))
  errors.push(...oneOf(spec, 'completionMode', { field, allowed: ['NonIndexed', 'Indexed'] }))
  if (spec?.['completionMode'] === 'Indexed' && spec['completions'] === undefined) {
    errors.push(required(`${field}.completions`, 'when completion mode is Indexed'))
  }
  errors.push(...checkPodTemplate(child(spec, 'template'), `${field}.template`))
  const policy = text(childAt(spec, 'template', 'spec'), 'restartPolicy')
  const at = `${field}.template.spec.restartPolicy`
  if (policy === 'Always' || policy === '') errors.push(required(at, 'valid values: "OnFailure", "Never"'))
  else if (policy !== 'OnFailure' && policy !== 'Never') errors.push(unsupported(at, policy, ['OnFailure', 'Never']))
  return errors
}

const FIXED_IN_JOBS = ['selector', 'template', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex'] as const

function checkJobUpdate(object: Readonly<Draft>, old: Readonly<Draft>): FieldError[] {
  const spec = child(object, 'spec')
  const before = child(old, 'spec')
  const errors: FieldError[] = []
  if (!sameValue(spec?.['completions'], before?.['completions']) && spec?.['completionMode'] !== 'Indexed') {
    errors.push(immutable('spec.completions', spec?.['completions']))
  }
  // A suspended job that never started may still change its template.
  const mayChange = before?.['suspend'] === true && child(old, 'status')?.['startTime'] === undefined
  if (!mayChange) return [...errors, ...unchanged(object, old, FIXED_IN_JOBS)]
  const others = FIXED_IN_JOBS.filter((key) => key !== 'template')
  const [now, then] = [spec, before].map((each) => withoutScheduling(childAt(each, 'template', 'spec')))
  if (!sameValue(now, then)) errors.push(immutable('spec.template.spec', now))
  return [...errors, ...unchanged(object, old, others)]
}

/** A pod's spec without what a suspended job may still change: where it runs, and with how much. */
function withoutScheduling(spec: Readonly<Draft> | undefined): Draft {
  const {
    nodeSelector: _nodes,
    tolerations: _taints,
    affinity: _affinity,
    schedulingGates: _gates,
    ...rest
  } = spec ?? {}
  const lean = (containers: readonly Draft[]): Draft[] => containers.map(({ resources: _room, ...each }) => each)
  return {
    ...rest,
    containers: lean(children(spec, 'containers')),
    initContainers: lean(children(spec, 'initContainers')),
  }
}

function checkCronJob(object: Readonly<Draft>): FieldError[] {
  const spec = child(object, 'spec')
  const errors: FieldError[] = []
  const name = text(child(object, 'metadata'), 'name')
  if (name.length > 52) errors.push(invalid('metadata.name', name, 'must be no more than 52 characters'))
  const schedule = text(spec, 'schedule')
  if (schedule === '') {
    errors.push(...checkJobSpec(childAt(spec, 'jobTemplate', 'spec'), 'spec.jobTemplate.spec'))
    return [...errors, required('spec.schedule')]
  }
  const zone = text(spec, 'timeZone')
  if (zone !== '' && !isTimeZone(zone)) errors.push(invalid('spec.timeZone', zone, `unknown time zone ${zone}`))
  if (schedule.includes('TZ')) {
    errors.push(invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'))
  } else {
    const parsed = parseCron(schedule)
    if (typeof parsed === 'string') errors.push(invalid('spec.schedule', schedule, parsed))
  }
  errors.push(...checkNonNegative(spec, 'startingDeadlineSeconds', 'spec'))
  errors.push(...oneOf(spec, 'concurrencyPolicy', { field: 'spec', allowed: ['Allow', 'Forbid', 'Replace'] }))
  errors.push(...checkJobSpec(childAt(spec, 'jobTemplate', 'spec'), 'spec.jobTemplate.spec'))
  errors.push(...checkNonNegative(spec, 'successfulJobsHistoryLimit', 'spec'))
  errors.push(...checkNonNegative(spec, 'failedJobsHistoryLimit', 'spec'))
  return errors
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format(0)
    return true
  } catch {
    return false
  }
}
