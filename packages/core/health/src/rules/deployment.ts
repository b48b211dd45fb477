import type { KubeObject } from '@kedge/manifest'

import { current, failed, inProgress, type Health } from '../health.ts'
import { conditionOf, numberAt } from '../read.ts'
import { firstShortage } from './shortage.ts'

/** The controller's way to say that there is no deadline; then it writes no Progressing condition. */
const noDeadline = 2_147_483_647

/** Rolled out: all replicas are updated, available and ready, and nothing is left of the version before. */
export function deploymentHealth(object: KubeObject): Health {
  const progress = conditionOf(object, 'Progressing')
  if (progress?.reason === 'ProgressDeadlineExceeded') return failed('Progress deadline exceeded')
  const wanted = numberAt(object, 'spec.replicas', 1)
  const replicas = numberAt(object, 'status.replicas', 0)
  const updated = numberAt(object, 'status.updatedReplicas', 0)
  const shortage = firstShortage([
    { name: 'Replicas', have: replicas, want: wanted },
    { name: 'Updated', have: updated, want: wanted },
    { name: 'Pending termination', surplus: replicas - wanted },
    { name: 'Available', have: numberAt(object, 'status.availableReplicas', 0), want: updated },
    { name: 'Ready', have: numberAt(object, 'status.readyReplicas', 0), want: wanted },
  ])
  if (shortage !== undefined) return inProgress(shortage)
  const hasDeadline = numberAt(object, 'spec.progressDeadlineSeconds', noDeadline) !== noDeadline
  const isDone = progress?.status === 'True' && progress.reason === 'NewReplicaSetAvailable'
  if (hasDeadline && !isDone) return inProgress('ReplicaSet not Available')
  if (conditionOf(object, 'Available')?.status !== 'True') return inProgress('Deployment not Available')
  return current(`Deployment is available. Replicas: ${replicas}`)
}
