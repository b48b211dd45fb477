import type { KubeObject } from '@kedge/manifest'

import { current, inProgress, type Health } from '../health.ts'
import { textAt } from '../read.ts'

/** Kinds that nobody works on after they are stored. */
export function alwaysReady(): Health {
  return current('Resource is always ready')
}

/** A load balancer has its cluster address; every other type is ready when it is stored. */
export function serviceHealth(object: KubeObject): Health {
  const isWaiting =
    textAt(object, 'spec.type', 'ClusterIP') === 'LoadBalancer' && textAt(object, 'spec.clusterIP', '') === ''
  return isWaiting ? inProgress('ClusterIP not set. Service type: LoadBalancer') : current('Service is ready')
}

/** Bound to a volume. */
export function claimHealth(object: KubeObject): Health {
  const phase = textAt(object, 'status.phase', 'unknown')
  return phase === 'Bound' ? current('PVC is Bound') : inProgress(`PVC is not Bound. phase: ${phase}`)
}

/** The controller has seen it, which the generation says already. */
export function disruptionBudgetHealth(): Health {
  return current('AllowedDisruptions has been computed.')
}
