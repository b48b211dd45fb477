import type { KubeObject } from '@kedge/manifest'

import { current, inProgress, type Health } from '../health.ts'
import { numberAt, textAt } from '../read.ts'
import { firstShortage } from './shortage.ts'

/** All replicas are ready and of the update revision, or of it down to the partition. */
export function statefulSetHealth(object: KubeObject): Health {
  if (textAt(object, 'spec.updateStrategy.type', '') === 'OnDelete') {
    return current('StatefulSet is using the ondelete update strategy')
  }
  const wanted = numberAt(object, 'spec.replicas', 1)
  const replicas = numberAt(object, 'status.replicas', 0)
  const shortage = firstShortage([
    { name: 'Replicas', have: replicas, want: wanted },
    { name: 'Ready', have: numberAt(object, 'status.readyReplicas', 0), want: wanted },
    { name: 'Pending termination', surplus: replicas - wanted },
  ])
  if (shortage !== undefined) return inProgress(shortage)
  return revisionHealth(object, wanted)
}

function revisionHealth(object: KubeObject, wanted: number): Health {
  const updated = numberAt(object, 'status.updatedReplicas', 0)
  const partition = numberAt(object, 'spec.updateStrategy.rollingUpdate.partition', -1)
  if (partition !== -1) {
    if (updated < wanted - partition) return inProgress(`updated: ${updated}/${wanted - partition}`)
    return current(`Partition rollout complete. updated: ${updated}`)
  }
  const now = numberAt(object, 'status.currentReplicas', 0)
  if (wanted > now) return inProgress(`current: ${now}/${wanted}`)
  if (textAt(object, 'status.currentRevision', '') !== textAt(object, 'status.updateRevision', '')) {
    return inProgress('Waiting for updated revision to match current')
  }
  return current(`All replicas scheduled as expected. Replicas: ${numberAt(object, 'status.replicas', 0)}`)
}
