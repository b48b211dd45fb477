import type { Draft } from '../contracts.ts'
import { child, children, sameValue, stringMap, text } from '../kinds/draft.ts'
import { matchesSelector } from '../kinds/selectors.ts'

/** Whether a ClusterRole gathers its rules from others. */
export function isAggregated(role: Readonly<Draft>): boolean {
  return children(child(role, 'aggregationRule'), 'clusterRoleSelectors').length > 0
}

/**
 * The rules an aggregated ClusterRole must have: those of all that its selectors match, by name, each rule once.
 * Roles that are aggregated themselves count with the rules they have now.
 */
export function aggregatedRules(role: Readonly<Draft>, all: Iterable<Readonly<Draft>>): readonly Draft[] {
  const selectors = children(child(role, 'aggregationRule'), 'clusterRoleSelectors')
  const own = nameOf(role)
  const sources = [...all]
    .filter(
      (other) => nameOf(other) !== own && selectors.some((selector) => matchesSelector(selector, labelsOf(other))),
    )
    .toSorted((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1))
  const rules: Draft[] = []
  for (const rule of sources.flatMap((source) => children(source, 'rules'))) {
    if (!rules.some((present) => sameValue(present, rule))) rules.push(rule)
  }
  return rules
}

function labelsOf(role: Readonly<Draft>): Readonly<Record<string, string>> {
  return stringMap(child(role, 'metadata'), 'labels')
}

function nameOf(role: Readonly<Draft>): string {
  return text(child(role, 'metadata'), 'name')
}
