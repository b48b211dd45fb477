/** An order in which everything comes after what it depends on. */
export interface DependencyOrder {
  readonly order: readonly string[]
  /** Keys that depend on themselves, each ring once; they are in the order too, at its end. */
  readonly cycles: readonly (readonly string[])[]
}

/**
 * Orders keys so that dependencies come first and otherwise as given. Dependencies outside the keys are ignored.
 * Linear in keys and dependencies; deep chains are no problem.
 */
export function dependencyOrder(
  keys: readonly string[],
  dependenciesOf: (key: string) => readonly string[],
): DependencyOrder {
  const known = new Set(keys)
  const open = new Map([...known].map((key) => [key, new Set(dependenciesOf(key).filter((one) => known.has(one)))]))
  const dependents = new Map<string, string[]>()
  for (const [key, needs] of open) {
    for (const need of needs) addTo(dependents, need, key)
  }
  const order: string[] = []
  let free = [...open].filter(([, needs]) => needs.size === 0).map(([key]) => key)
  while (free.length > 0) {
    order.push(...free)
    free = free.flatMap((key) => {
      open.delete(key)
      return (dependents.get(key) ?? []).filter((dependent) => isLastNeed(open.get(dependent), key))
    })
  }
  return { order: [...order, ...open.keys()], cycles: findCycles(open) }
}

function addTo(lists: Map<string, string[]>, name: string, key: string): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [key])
  else list.push(key)
}

function isLastNeed(needs: Set<string> | undefined, key: string): boolean {
  needs?.delete(key)
  return needs?.size === 0
}

/** What is left when everything without open needs is taken away holds every cycle. */
function findCycles(open: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const cycles: string[][] = []
  const seen = new Set<string>()
  for (const start of open.keys()) {
    const path: string[] = []
    let at: string | undefined = start
    while (at !== undefined && !seen.has(at)) {
      seen.add(at)
      path.push(at)
      at = [...(open.get(at) ?? [])].find((need) => open.has(need))
    }
    const ring = at === undefined ? -1 : path.indexOf(at)
    if (ring >= 0) cycles.push(path.slice(ring))
  }
  return cycles
}
