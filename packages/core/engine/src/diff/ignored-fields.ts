import { parseElement, type FieldSet } from '@kedge/fields'
import type { KubeObject } from '@kedge/manifest'

import { isRecord, sameJson } from '../canonical.ts'
import { ownedFields } from '../projection.ts'

/**
 * The object with each ignored field as it is live. A field that another owner applies is left out instead, so that
 * applying does not make us its second owner. Pointers (RFC 6901) that lead nowhere in the object change nothing.
 */
export function withIgnoredFields(
  object: KubeObject,
  live: KubeObject,
  options: { readonly pointers: readonly string[]; readonly fieldManager: string },
): KubeObject {
  const others = (live.metadata.managedFields ?? [])
    .filter((entry) => entry.operation === 'Apply' && entry.manager !== options.fieldManager)
    .map((entry) => ownedFields(live, entry.manager))
  let next: unknown = object
  for (const pointer of options.pointers) next = adopt({ desired: next, live, owners: others }, parsePointer(pointer))
  return next as KubeObject
}

function parsePointer(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

interface Place {
  readonly desired: unknown
  readonly live: unknown
  /** The parts of other appliers' field sets at this place. */
  readonly owners: readonly FieldSet[]
}

/** The desired value of a place with what the steps lead to taken from the live one. */
function adopt(place: Place, steps: readonly string[]): unknown {
  const [step, ...rest] = steps
  if (step === undefined) return place.desired
  if (Array.isArray(place.desired)) return adoptItem(place, place.desired, { index: Number(step), rest })
  if (!isRecord(place.desired) || !Object.hasOwn(place.desired, step)) return place.desired
  const live = isRecord(place.live) ? place.live[step] : undefined
  const owners = place.owners.flatMap((set) => set.children.get(`f:${step}`) ?? [])
  const { [step]: desired, ...others } = place.desired
  if (rest.length > 0) return { ...place.desired, [step]: adopt({ desired, live, owners }, rest) }
  if (owners.length > 0 || live === undefined) return others
  return { ...place.desired, [step]: live }
}

function adoptItem(
  place: Place,
  items: readonly unknown[],
  at: { readonly index: number; readonly rest: readonly string[] },
): unknown {
  const desired = items[at.index]
  if (desired === undefined || at.rest.length === 0) return items
  const liveItems: readonly unknown[] = Array.isArray(place.live) ? place.live : []
  const named = isRecord(desired) && desired['name'] !== undefined
  const live = named
    ? liveItems.find((item) => isRecord(item) && isRecord(desired) && item['name'] === desired['name'])
    : liveItems[at.index]
  const owners = place.owners.flatMap((set) =>
    [...set.children].flatMap(([step, below]) => (fits(step, live) ? [below] : [])),
  )
  const next = adopt({ desired, live, owners }, at.rest)
  return items.map((item, index) => (index === at.index ? next : item))
}

function fits(element: string, item: unknown): boolean {
  const step = parseElement(element)
  if (step?.kind !== 'key' || !isRecord(item)) return false
  return Object.entries(step.keys).every(([name, value]) => sameJson(item[name], value))
}
