import { jsonEquals } from './json-kind.ts'
import { englishCount, type Problem } from './problem.ts'
import type { Report, SchemaMap, Seen } from './check-value.ts'

/** A list under its schema. */
export interface ListCheck {
  readonly list: readonly unknown[]
  readonly schema: SchemaMap
  readonly isNew: boolean
  readonly seen: Seen
  readonly report: Report
  readonly add: (problem: Problem | undefined) => void
  readonly item: (schema: unknown, index: number) => Problem | undefined
}

/** The keywords on lists. */
export function checkList(check: ListCheck): void {
  const { list, schema, report } = check
  const { minItems, maxItems, uniqueItems } = schema
  if (typeof minItems === 'number' && list.length < minItems)
    report(`minItems: got ${englishCount(list.length)}, want ${englishCount(minItems)}`)
  if (typeof maxItems === 'number' && list.length > maxItems)
    report(`maxItems: got ${englishCount(list.length)}, want ${englishCount(maxItems)}`)
  const pair = uniqueItems === true ? equalPair(list) : undefined
  if (pair !== undefined) report(`items at ${pair[0]} and ${pair[1]} are equal`)
  checkItems(check)
  if (schema['contains'] !== undefined) checkContains(check, schema['contains'])
}

function equalPair(list: readonly unknown[]): readonly [number, number] | undefined {
  for (let second = 1; second < list.length; second += 1) {
    for (let first = 0; first < second; first += 1) if (jsonEquals(list[first], list[second])) return [first, second]
  }
  return undefined
}

/** Leading items have schemas of their own, all others share one; both are called differently before 2020. */
function checkItems({ list, schema, isNew, seen, report, add, item }: ListCheck): void {
  const { items, prefixItems, additionalItems } = schema
  const leading = isNew ? prefixItems : items
  const leadingSchemas: readonly unknown[] = Array.isArray(leading) ? leading : []
  const others = isNew ? items : Array.isArray(items) ? additionalItems : items
  for (const [index] of list.entries()) {
    const own = leadingSchemas[index]
    const chosen = index < leadingSchemas.length ? own : others
    if (chosen === undefined) continue
    if (chosen === false && others === additionalItems && !isNew) {
      report(`last ${list.length - index} additionalItem(s) not allowed`)
      return
    }
    seen.items.add(index)
    add(item(chosen, index))
  }
}

function checkContains({ list, schema, isNew, seen, report, item }: ListCheck, contains: unknown): void {
  const problems: Problem[] = []
  const matched: number[] = []
  for (const [index] of list.entries()) {
    const problem = item(contains, index)
    if (problem === undefined) matched.push(index)
    else problems.push(problem)
  }
  if (isNew) for (const index of matched) seen.items.add(index)
  const { minContains, maxContains } = schema
  const where = `matched ${matched.length} items at ${matched.join(' ')}`
  if (typeof minContains === 'number') {
    if (matched.length < minContains)
      report(
        `min ${minContains} items required to match contains schema, but ${matched.length === 0 ? 'none matched' : where}`,
        problems,
      )
  } else if (matched.length === 0) report('no items match contains schema', problems)
  if (typeof maxContains === 'number' && matched.length > maxContains)
    report(`max ${maxContains} items required to match contains schema, but ${where}`)
}
