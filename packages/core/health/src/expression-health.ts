import { gvkOf, parseApiVersion, type KubeObject } from '@kedge/manifest'

import { inProgress, type Health, type HealthExpressions } from './health.ts'
import { fieldAt } from './read.ts'

/** Health by the user's own expressions; undefined when none is for the object's kind. */
export function expressionHealth(object: KubeObject, all: readonly HealthExpressions[]): Health | undefined {
  const rule = ruleFor(object, all)
  if (rule === undefined) return undefined
  const observed = fieldAt(object, 'status.observedGeneration')
  const { generation } = object.metadata
  if (typeof observed === 'number' && generation !== undefined && observed !== generation) {
    return inProgress(`${object.kind} generation is ${generation}, but latest observed generation is ${observed}`)
  }
  return undefined
}

/** A rule for the very kind goes before one for its group. */
function ruleFor(object: KubeObject, all: readonly HealthExpressions[]): HealthExpressions | undefined {
  const { group, kind } = gvkOf(object)
  const ofGroup = all.filter((one) => parseApiVersion(one.apiVersion).group === group)
  return ofGroup.find((one) => one.kind === kind) ?? ofGroup.find((one) => one.kind === undefined)
}
