import {
  GoComplex,
  GoInt,
  goObject,
  isGoObject,
  isList,
  isMap,
  typeName,
  type GoMap,
  type GoValue,
} from '../value/go-value.ts'

/** reflect.DeepEqual: same types all the way down. */
export function deepEqual(a: GoValue, b: GoValue): boolean {
  if (a === b) return true
  if (typeName(a) !== typeName(b)) return false
  if (typeof a !== 'object' || a === null) return (a ?? null) === (b ?? null)
  return equalObjects(a, b)
}

function equalObjects(a: GoValue, b: GoValue): boolean {
  if (a instanceof GoInt && b instanceof GoInt) return a.value === b.value
  if (a instanceof GoComplex && b instanceof GoComplex) return a.re === b.re && a.im === b.im
  if (isGoObject(a) && isGoObject(b)) return a[goObject].print?.() === b[goObject].print?.()
  if (isList(a) && isList(b)) return a.length === b.length && a.every((item, index) => deepEqual(item, b[index]))
  return isMap(a) && isMap(b) && equalMaps(a, b)
}

function equalMaps(a: GoMap, b: GoMap): boolean {
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key]))
  )
}

/** A copy down to the scalars. */
export function deepCopy(value: GoValue): GoValue {
  if (isList(value)) return copyTag(value, value.map(deepCopy))
  if (!isMap(value)) return value
  const copy = Object.create(null) as Record<string, GoValue>
  for (const key of Object.keys(value)) copy[key] = deepCopy(value[key])
  return copyTag(value, copy)
}

function copyTag<T extends object>(from: object, to: T): T {
  for (const symbol of Object.getOwnPropertySymbols(from)) {
    const property = Object.getOwnPropertyDescriptor(from, symbol)
    if (property !== undefined) Object.defineProperty(to, symbol, property)
  }
  return to
}
