import type { KubeObject } from '@kedge/manifest'

import { current, failed, inProgress, type Health } from '../health.ts'
import { conditionOf, numberAt, textAt } from '../read.ts'

/** Complete, or suspended. A job that runs is in progress: what comes after it needs its result. */
export function jobHealth(object: KubeObject): Health {
  const completions = numberAt(object, 'spec.completions', numberAt(object, 'spec.parallelism', 1))
  const succeeded = numberAt(object, 'status.succeeded', 0)
  const failures = numberAt(object, 'status.failed', 0)
  if (isTrue(object, 'Complete')) return current(`Job Completed. succeeded: ${succeeded}/${completions}`)
  if (isTrue(object, 'Failed')) return failed(`Job Failed. failed: ${failures}/${completions}`)
  if (isTrue(object, 'Suspended')) return current('Job is suspended')
  if (textAt(object, 'status.startTime', '') === '') return inProgress('Job not started')
  const active = numberAt(object, 'status.active', 0)
  return inProgress(`Job in progress. success:${succeeded}, active: ${active}, failed: ${failures}`)
}

function isTrue(object: KubeObject, type: string): boolean {
  return conditionOf(object, type)?.status === 'True'
}
