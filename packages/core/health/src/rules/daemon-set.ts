import type { KubeObject } from '@kedge/manifest'

import { current, inProgress, type Health } from '../health.ts'
import { fieldAt, numberAt } from '../read.ts'
import { firstShortage } from './shortage.ts'

/** Every node that should run a pod runs one that is updated, available and ready. */
export function daemonSetHealth(object: KubeObject): Health {
  // The controller always writes both once it has seen the object.
  if (object.metadata.generation === undefined) return inProgress('DaemonSet metadata.generation not found')
  if (fieldAt(object, 'status.observedGeneration') === undefined) {
    return inProgress('DaemonSet status.observedGeneration not found')
  }
  const wanted = numberAt(object, 'status.desiredNumberScheduled', -1)
  if (wanted === -1) return inProgress('Missing .status.desiredNumberScheduled')
  const shortage = firstShortage([
    { name: 'Current', have: numberAt(object, 'status.currentNumberScheduled', 0), want: wanted },
    { name: 'Updated', have: numberAt(object, 'status.updatedNumberScheduled', 0), want: wanted },
    { name: 'Available', have: numberAt(object, 'status.numberAvailable', 0), want: wanted },
    { name: 'Ready', have: numberAt(object, 'status.numberReady', 0), want: wanted },
  ])
  return shortage === undefined
    ? current(`All replicas scheduled as expected. Replicas: ${wanted}`)
    : inProgress(shortage)
}
