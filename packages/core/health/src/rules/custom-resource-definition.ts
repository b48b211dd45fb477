import type { KubeObject } from '@kedge/manifest'

import { current, failed, inProgress, type Health } from '../health.ts'
import { conditionOf } from '../read.ts'

/** Its names are accepted and it is served. */
export function definitionHealth(object: KubeObject): Health {
  const names = conditionOf(object, 'NamesAccepted')
  if (names?.status === 'False') return failed(names.message)
  const established = conditionOf(object, 'Established')
  if (established?.status === 'False' && established.reason !== 'Installing') return failed(established.message)
  return established?.status === 'True' ? current('CRD is established') : inProgress('Install in progress')
}
