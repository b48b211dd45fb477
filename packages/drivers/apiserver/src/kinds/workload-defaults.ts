import type { Draft } from '../contracts.ts'
import { child, children, ensure, fill, stringMap } from './draft.ts'
import { defaultPodTemplate } from './pod-defaults.ts'

/** apps/v1 Deployment. */
export function defaultDeployment(object: Draft): void {
  const spec = ensure(object, 'spec')
  fill(spec, 'replicas', 1)
  const strategy = ensure(spec, 'strategy')
  fill(strategy, 'type', 'RollingUpdate')
  if (strategy['type'] === 'RollingUpdate') {
    const rolling = ensure(strategy, 'rollingUpdate')
    fill(rolling, 'maxUnavailable', '25%')
    fill(rolling, 'maxSurge', '25%')
  }
  fill(spec, 'revisionHistoryLimit', 10)
  fill(spec, 'progressDeadlineSeconds', 600)
  defaultPodTemplate(child(spec, 'template'))
}

/** apps/v1 ReplicaSet. */
export function defaultReplicaSet(object: Draft): void {
  const spec = ensure(object, 'spec')
  fill(spec, 'replicas', 1)
  defaultPodTemplate(child(spec, 'template'))
}

/** v1 ReplicationController: selector and labels come from the template. */
export function defaultReplicationController(object: Draft): void {
  const spec = ensure(object, 'spec')
  fill(spec, 'replicas', 1)
  const template = child(spec, 'template')
  const labels = stringMap(child(template, 'metadata'), 'labels')
  if (Object.keys(labels).length > 0) {
    if (Object.keys(stringMap(spec, 'selector')).length === 0) spec['selector'] = { ...labels }
    const metadata = ensure(object, 'metadata')
    if (Object.keys(stringMap(metadata, 'labels')).length === 0) metadata['labels'] = { ...labels }
  }
  defaultPodTemplate(template)
}

/** apps/v1 StatefulSet; claim templates appear as whole claims. */
export function defaultStatefulSet(object: Draft): void {
  const spec = ensure(object, 'spec')
  fill(spec, 'podManagementPolicy', 'OrderedReady')
  const update = ensure(spec, 'updateStrategy')
  if ((update['type'] ?? '') === '') {
    update['type'] = 'RollingUpdate'
    ensure(update, 'rollingUpdate')
  }
  const rolling = child(update, 'rollingUpdate')
  if (update['type'] === 'RollingUpdate' && rolling !== undefined) {
    fill(rolling, 'partition', 0)
    fill(rolling, 'maxUnavailable', 1)
  }
  const retention = ensure(spec, 'persistentVolumeClaimRetentionPolicy')
  fill(retention, 'whenDeleted', 'Retain')
  fill(retention, 'whenScaled', 'Retain')
  fill(spec, 'replicas', 1)
  fill(spec, 'revisionHistoryLimit', 10)
  for (const claim of children(spec, 'volumeClaimTemplates')) {
    fill(claim, 'kind', 'PersistentVolumeClaim')
    fill(claim, 'apiVersion', 'v1')
    defaultClaim(claim)
  }
  defaultPodTemplate(child(spec, 'template'))
}

/** v1 PersistentVolumeClaim, alone or as a claim template. */
export function defaultClaim(object: Draft): void {
  fill(ensure(object, 'spec'), 'volumeMode', 'Filesystem')
  fill(ensure(object, 'status'), 'phase', 'Pending')
}

/** apps/v1 DaemonSet. */
export function defaultDaemonSet(object: Draft): void {
  const spec = ensure(object, 'spec')
  const update = ensure(spec, 'updateStrategy')
  fill(update, 'type', 'RollingUpdate')
  if (update['type'] === 'RollingUpdate') {
    const rolling = ensure(update, 'rollingUpdate')
    fill(rolling, 'maxUnavailable', 1)
    fill(rolling, 'maxSurge', 0)
  }
  fill(spec, 'revisionHistoryLimit', 10)
  defaultPodTemplate(child(spec, 'template'))
}

/** batch/v1 Job. */
export function defaultJob(object: Draft): void {
  const spec = ensure(object, 'spec')
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) spec['completions'] = 1
  defaultJobSpec(spec)
  const labels = stringMap(child(child(spec, 'template'), 'metadata'), 'labels')
  const metadata = ensure(object, 'metadata')
  if (Object.keys(labels).length > 0 && Object.keys(stringMap(metadata, 'labels')).length === 0) {
    metadata['labels'] = { ...labels }
  }
}

function defaultJobSpec(spec: Draft): void {
  fill(spec, 'parallelism', 1)
  fill(spec, 'backoffLimit', spec['backoffLimitPerIndex'] === undefined ? 6 : 2_147_483_647)
  fill(spec, 'completionMode', 'NonIndexed')
  fill(spec, 'suspend', false)
  fill(spec, 'podReplacementPolicy', spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed')
  fill(spec, 'manualSelector', false)
  for (const rule of children(child(spec, 'podFailurePolicy'), 'rules')) {
    for (const condition of children(rule, 'onPodConditions')) fill(condition, 'status', 'True')
  }
  defaultPodTemplate(child(spec, 'template'))
}

/** batch/v1 CronJob; the job template gets only the pod template's defaults. */
export function defaultCronJob(object: Draft): void {
  const spec = ensure(object, 'spec')
  fill(spec, 'concurrencyPolicy', 'Allow')
  fill(spec, 'suspend', false)
  fill(spec, 'successfulJobsHistoryLimit', 3)
  fill(spec, 'failedJobsHistoryLimit', 1)
  defaultPodTemplate(child(child(child(spec, 'jobTemplate'), 'spec'), 'template'))
}

/** v1 PodTemplate. */
export function defaultPodTemplateObject(object: Draft): void {
  defaultPodTemplate(child(object, 'template'))
}
