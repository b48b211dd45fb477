import { assessHealth, type Health, type HealthExpressions } from '@kedge/health'
import { gvkOf, type KubeObject } from '@kedge/manifest'

/**
 * Whether a hook has done what it is for: Jobs complete, Pods end, kinds of the user's expressions are as these say,
 * and all others are done when they exist.
 */
export function hookHealth(live: KubeObject | undefined, expressions: readonly HealthExpressions[]): Health {
  if (live === undefined) return { status: 'NotFound', message: 'Resource not found' }
  const { group, kind } = gvkOf(live)
  const isExpressed = expressions.some(
    (one) => one.apiVersion.replace(/\/?[^/]+$/, '') === group && (one.kind === undefined || one.kind === kind),
  )
  if (isExpressed || (group === 'batch' && kind === 'Job')) return assessHealth(live, { expressions })
  if (group === '' && kind === 'Pod') return podHealth(live)
  return { status: 'Current', message: 'Resource is current' }
}

/** A Pod that runs a hook is done when it has ended, not when it is ready. */
function podHealth(live: KubeObject): Health {
  const { phase = 'Unknown' } = (live['status'] ?? {}) as { readonly phase?: string }
  if (phase === 'Succeeded') return { status: 'Current', message: 'Pod has completed successfully' }
  if (phase === 'Failed') return { status: 'Failed', message: 'Pod has completed, but not successfully' }
  return { status: 'InProgress', message: `Pod phase is ${phase}` }
}
