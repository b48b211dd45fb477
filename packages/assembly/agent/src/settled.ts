import { parseInventoryId, readKustomizationStatus } from '@kedge/flux'

import type { KubeObject } from '@kedge/manifest'

import type { Controller, Standing } from './kinds/controller.ts'

/** An object that was just made, and that the watch may not have told of yet. */
export type ExpectedObject = Pick<Standing, 'kind' | 'namespace' | 'name'>

/**
 * Whether nothing is going on: no turn is due or under way, no object is on its way, and every object of our kinds that
 * another one has brought, or that is expected, is known. Objects that failed, or that wait for one that failed, count as settled.
 */
export function isSettled(
  controllers: readonly Controller[],
  queue: { readonly running: number; readonly waiting: number },
  expected: readonly ExpectedObject[] = [],
): boolean {
  if (queue.running > 0 || queue.waiting > 0) return false
  const known = new Set<string>()
  const awaited = new Set(expected.map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`))
  for (const controller of controllers) {
    for (const object of controller.objects()) {
      const standing = controller.standing(object)
      if (standing.state === 'progressing') return false
      known.add(`${standing.kind}/${standing.namespace}/${standing.name}`)
      for (const name of broughtBy(object)) awaited.add(name)
    }
  }
  const kinds = new Set(controllers.map((controller) => controller.kind))
  return [...awaited].every((name) => known.has(name) || !kinds.has(name.split('/', 1)[0] ?? ''))
}

/** Objects of kinds like ours that an object has brought. */
function broughtBy(object: KubeObject): readonly string[] {
  const entries = readKustomizationStatus(object).inventory?.entries ?? []
  return entries.flatMap((entry) => {
    const key = parseInventoryId(entry.id)
    return key !== undefined && isOurs(key.group) ? [`${key.kind}/${key.namespace}/${key.name}`] : []
  })
}

function isOurs(group: string): boolean {
  return group.endsWith('.fluxcd.io') || group === 'argoproj.io'
}
