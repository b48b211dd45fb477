import type { KubeObject } from '@kedge/manifest'

import { current, inProgress, type Health } from '../health.ts'
import { conditionOf, numberAt } from '../read.ts'
import { firstShortage } from './shortage.ts'

/** All replicas are labelled, available and ready, and there are no more than wanted. */
export function replicaSetHealth(object: KubeObject): Health {
  if (conditionOf(object, 'ReplicaFailure')?.status === 'True') {
    return inProgress('Replica Failure condition. Check Pods')
  }
  const wanted = numberAt(object, 'spec.replicas', 1)
  const replicas = numberAt(object, 'status.replicas', 0)
  const shortage = firstShortage([
    { name: 'Labelled', have: numberAt(object, 'status.fullyLabeledReplicas', 0), want: wanted },
    { name: 'Available', have: numberAt(object, 'status.availableReplicas', 0), want: wanted },
    { name: 'Ready', have: numberAt(object, 'status.readyReplicas', 0), want: wanted },
    { name: 'Pending termination', surplus: replicas - wanted },
  ])
  return shortage === undefined ? current(`ReplicaSet is available. Replicas: ${replicas}`) : inProgress(shortage)
}
