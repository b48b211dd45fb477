import { compileRegex } from '@kedge/cel'
import { gvkOf, type KubeObject } from '@kedge/manifest'

import { type Selector } from '../spec/kustomization.ts'

/**
 * Whether an object is selected: names and kinds are regular expressions that must match whole, selectors are
 * label selectors. A malformed expression selects nothing.
 */
export function selects(selector: Selector | undefined, object: KubeObject): boolean {
  if (selector === undefined) return true
  const gvk = gvkOf(object)
  const fields: readonly (readonly [string | undefined, string])[] = [
    [selector.group, gvk.group],
    [selector.version, gvk.version],
    [selector.kind, gvk.kind],
    [selector.name, object.metadata.name ?? ''],
    [selector.namespace, object.metadata.namespace ?? ''],
  ]
  return (
    fields.every(([pattern, value]) => pattern === undefined || matchesWhole(pattern, value)) &&
    matchesSelector(selector.labelSelector, object.metadata.labels ?? {}) &&
    matchesSelector(selector.annotationSelector, object.metadata.annotations ?? {})
  )
}

/** In RE2's syntax and in linear time: the expressions are a tenant's. */
function matchesWhole(pattern: string, value: string): boolean {
  if (!/[\\^$.*+?()[\]{}|]/.test(pattern)) return pattern === value
  const regex = compileRegex(`^(?:${pattern})$`)
  return typeof regex !== 'string' && regex.test(value)
}

/** Whether labels satisfy a label selector in its text form, such as `a=b,c in (d,e),!f`. */
export function matchesSelector(selector: string | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (selector === undefined || selector.trim() === '') return true
  return splitRequirements(selector).every((requirement) => satisfies(requirement.trim(), labels))
}

function splitRequirements(selector: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let current = ''
  for (const char of selector) {
    if (char === '(') depth += 1
    if (char === ')') depth -= 1
    if (char === ',' && depth === 0) {
      parts.push(current)
      current = ''
    } else current += char
  }
  return [...parts, current]
}

function satisfies(requirement: string, labels: Readonly<Record<string, string>>): boolean {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(requirement)
  if (set !== null) {
    const value = labels[set[1] ?? '']
    const listed = (set[3] ?? '').split(',').map((item) => item.trim())
    const within = value !== undefined && listed.includes(value)
    return set[2] === 'in' ? within : !within
  }
  const equality = /^([^\s!=]+)\s*(==|=|!=)\s*(\S*)$/.exec(requirement)
  if (equality !== null) {
    const equal = labels[equality[1] ?? ''] === equality[3]
    return equality[2] === '!=' ? !equal : equal
  }
  if (requirement.startsWith('!')) return !Object.hasOwn(labels, requirement.slice(1).trim())
  return Object.hasOwn(labels, requirement)
}
