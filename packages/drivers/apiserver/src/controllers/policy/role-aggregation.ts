import { aggregatedRules, isAggregated } from '../../access/aggregation.ts'
import { sameValue } from '../../kinds/draft.ts'
import type { ControllerContext } from '../runtime/context.ts'
import { isDeleting, labelsOf, nameOf } from '../runtime/kube-object.ts'
import { TYPES } from '../runtime/resources.ts'

/** Keeps the rules of aggregated ClusterRoles, such as admin, edit and view, in step with the roles they gather. */
export function startRoleAggregation(context: ControllerContext): void {
  const roles = context.cluster.cache(TYPES.clusterRoles)
  const queue = context.queue('role-aggregation', async (name) => {
    const role = roles.get(name)
    if (role === undefined || isDeleting(role) || !isAggregated(role)) return
    const rules = aggregatedRules(role, roles.all())
    if (!sameValue(role['rules'] ?? [], rules)) await context.cluster.update(TYPES.clusterRoles, { ...role, rules })
  })
  roles.onChange((next, old) => {
    const isSame =
      next !== undefined &&
      old !== undefined &&
      sameValue(next['rules'], old['rules']) &&
      sameValue(labelsOf(next), labelsOf(old))
    if (isSame && sameValue(next['aggregationRule'], old['aggregationRule'])) return
    const concerns = [next, old].some(
      (role) => role !== undefined && (isAggregated(role) || Object.keys(labelsOf(role)).length > 0),
    )
    if (!concerns) return
    for (const role of roles.all()) if (isAggregated(role)) queue.add(nameOf(role))
  })
}
