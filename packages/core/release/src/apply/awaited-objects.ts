import type { ObjectRef } from '@kedge/engine'

import type { Work } from '../model/work.ts'
import type { SettledObject } from './settle-objects.ts'

/** What has to get healthy: all objects but paused Deployments, which never would; nothing without waiting. */
export function awaitedObjects(work: Work, objects: readonly SettledObject[]): readonly ObjectRef[] {
  const { wait, waitFor } = work.options
  if (!wait) return []
  const awaited = objects.filter((one) => !isPaused(one)).map(({ ref }) => ref)
  return waitFor === 'all' ? awaited : awaited.filter((ref) => isWorkload(work, ref))
}

function isPaused({ object }: SettledObject): boolean {
  const { paused } = (object['spec'] ?? {}) as { readonly paused?: unknown }
  return object.kind === 'Deployment' && paused === true
}

/** Kinds that Helm 3 knew how to wait for (facts from `pkg/kube/ready.go`); Jobs only on request. */
const workloads: ReadonlySet<string> = new Set([
  '/Pod',
  '/PersistentVolumeClaim',
  '/Service',
  '/ReplicationController',
  'apps/Deployment',
  'apps/DaemonSet',
  'apps/StatefulSet',
  'apps/ReplicaSet',
  'apiextensions.k8s.io/CustomResourceDefinition',
])

function isWorkload(work: Work, { group, kind }: ObjectRef): boolean {
  return workloads.has(`${group}/${kind}`) || (work.options.waitForJobs && `${group}/${kind}` === 'batch/Job')
}
