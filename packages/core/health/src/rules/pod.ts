import type { KubeObject } from '@kedge/manifest'

import { current, failed, inProgress, type Health } from '../health.ts'
import { conditionOf, itemsAt, textAt } from '../read.ts'

/** Ready, or completed successfully. */
export function podHealth(object: KubeObject): Health {
  const phase = textAt(object, 'status.phase', '')
  switch (phase) {
    case 'Succeeded':
      return current('Pod has completed successfully')
    case 'Failed':
      return failed('Pod has completed, but not successfully')
    case 'Running':
      return runningHealth(object)
    case 'Pending':
      return inProgress(pendingMessage(object))
    case '':
      return inProgress('Pod phase not available')
    default:
      return inProgress(`Pod phase is ${phase}`)
  }
}

function runningHealth(object: KubeObject): Health {
  if (conditionOf(object, 'Ready')?.status === 'True') return current('Pod is Ready')
  const looping = itemsAt(object, 'status.containerStatuses')
    .filter((one) => textAt(one, 'state.waiting.reason', '') === 'CrashLoopBackOff')
    .map((one) => textAt(one, 'name', ''))
  if (looping.length > 0) return failed(`Containers in CrashLoop state: ${looping.join(',')}`)
  return inProgress('Pod is running but is not Ready')
}

function pendingMessage(object: KubeObject): string {
  const scheduled = conditionOf(object, 'PodScheduled')
  const isStuck = scheduled?.status === 'False' && scheduled.reason === 'Unschedulable'
  return isStuck ? 'Pod has not been scheduled' : 'Pod is in the Pending phase'
}
