import { compileCel, type CelProgram } from '@kedge/cel'
import { gvkOf, parseApiVersion, type KubeObject } from '@kedge/manifest'

import { current, failed, inProgress, type Health, type HealthExpressions } from './health.ts'
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
  if (holds(rule.inProgress, object)) return inProgress(`in progress by the expression ${rule.inProgress ?? ''}`)
  if (holds(rule.failed, object)) return failed(`failed by the expression ${rule.failed ?? ''}`)
  if (holds(rule.current, object)) return current(`current by the expression ${rule.current}`)
  return inProgress(`not current by the expression ${rule.current}`)
}

/** A rule for the very kind goes before one for its group. */
function ruleFor(object: KubeObject, all: readonly HealthExpressions[]): HealthExpressions | undefined {
  const { group, kind } = gvkOf(object)
  const ofGroup = all.filter((one) => parseApiVersion(one.apiVersion).group === group)
  return ofGroup.find((one) => one.kind === kind) ?? ofGroup.find((one) => one.kind === undefined)
}

/** An expression that cannot be evaluated, because the field it asks for is not there yet, does not hold. */
function holds(expression: string | undefined, object: KubeObject): boolean {
  if (expression === undefined || expression === '') return false
  const program = programFor(expression, object)
  const result = program?.evaluate(object)
  return result?.ok === true && result.value === true
}

/** Fields that an expression may name although the object at hand does not have them yet. */
const commonFields: readonly string[] = ['apiVersion', 'data', 'kind', 'metadata', 'spec', 'status']

/** Compiled expressions are few and used at every look; the bound only guards against a flood of different ones. */
const maxPrograms = 1000
const programs = new Map<string, CelProgram | undefined>()

function programFor(expression: string, object: KubeObject): CelProgram | undefined {
  const variables = [...new Set([...commonFields, ...Object.keys(object)])].toSorted()
  const key = JSON.stringify([expression, variables])
  if (!programs.has(key)) {
    if (programs.size >= maxPrograms) programs.clear()
    const compiled = compileCel(expression, { variables })
    programs.set(key, compiled.ok ? compiled.value : undefined)
  }
  return programs.get(key)
}
