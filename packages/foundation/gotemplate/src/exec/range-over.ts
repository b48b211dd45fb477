import { printIndirect, printPlain } from '../format/print.ts'
import type { PipeNode } from '../parse/nodes.ts'
import { GoInt, goObject, isGoObject, isList, isMap, sortedKeys, type GoValue } from '../value/go-value.ts'
import { lastNode, type Place } from './scope.ts'

interface Loop {
  /** One round; false ends the loop. */
  readonly round: (key: GoValue, element: GoValue) => boolean
  readonly node: PipeNode
  readonly place: Place
  readonly hasKey: boolean
}

/** Runs a loop over a list, a map (by sorted key) or an integer. False when there was nothing to run over. */
export function rangeOver(value: GoValue, loop: Loop): boolean {
  if (value === undefined || value === null) return false
  if (isList(value)) return overList(value, loop)
  if (value instanceof GoInt) return overInt(value, loop, value)
  if (isGoObject(value)) {
    const { underlying } = value[goObject]
    if (underlying instanceof GoInt) return overInt(underlying, loop, value)
    if (underlying !== undefined) return rangeOver(underlying, loop)
  } else if (isMap(value)) return overMap(value, loop)
  throw loop.place.scope.fail(lastNode(loop.node), {
    place: loop.place,
    message: `range can't iterate over ${printIndirect(value)}`,
  })
}

function overList(list: readonly GoValue[], { round }: Loop): boolean {
  for (let at = 0; at < list.length; at += 1) if (!round(new GoInt(BigInt(at), 'int'), list[at])) return true
  return list.length > 0
}

function overMap(map: Readonly<Record<string, GoValue>>, { round }: Loop): boolean {
  const keys = sortedKeys(map)
  for (const key of keys) if (!round(key, map[key])) return true
  return keys.length > 0
}

function overInt(count: GoInt, loop: Loop, shown: GoValue): boolean {
  if (loop.hasKey)
    throw loop.place.scope.fail(lastNode(loop.node), {
      place: loop.place,
      message: `can't use ${printPlain(shown)} to iterate over more than one variable`,
    })
  for (let at = 0n; at < count.value; at += 1n) if (!loop.round(undefined, new GoInt(at, count.type))) return true
  return count.value > 0n
}
