import { FunctionError } from '../exec/function-error.ts'
import {
  isMap,
  isNilContainer,
  sortedKeys,
  typeName,
  untyped,
  type GoFunction,
  type GoMap,
  type GoValue,
} from '../value/go-value.ts'
import { toText } from './convert.ts'
import { isEmpty } from './defaults.ts'
import { deepCopy } from './deep-equal.ts'
import { fixed, mutableMap, newMap, rest, strings, text } from './signature.ts'

/** sprig's functions on maps. `keys` and `values`, whose order Go leaves open, are sorted here. */
export const dictFunctions: Readonly<Record<string, GoFunction>> = {
  dict: rest(['any'], (...args) => dict(args)),
  get: fixed(['map', 'string'], (map, key) => entry(map, text(key))),
  set: fixed(['map', 'string', 'any'], (map, key, value) => {
    if (map === null || map === undefined) throw new FunctionError('assignment to entry in nil map')
    mutableMap(map)[text(key)] = value
    return untyped(map)
  }),
  unset: fixed(['map', 'string'], (map, key) => {
    delete mutableMap(map)[text(key)]
    return untyped(map)
  }),
  hasKey: fixed(['map', 'string'], (map, key) => Object.hasOwn(mutableMap(map), text(key))),
  pluck: rest(['string', 'map'], (key, ...maps) =>
    maps.flatMap((map) => (Object.hasOwn(mutableMap(map), text(key)) ? [mutableMap(map)[text(key)]] : [])),
  ),
  keys: rest(['map'], (...maps) => strings(maps.flatMap((map) => sortedKeys(mutableMap(map))))),
  values: fixed(['map'], (map) => sortedKeys(mutableMap(map)).map((key) => mutableMap(map)[key])),
  pick: rest(['map', 'string'], (map, ...keys) =>
    newMap(
      keys.flatMap((key) =>
        Object.hasOwn(mutableMap(map), text(key)) ? [[text(key), mutableMap(map)[text(key)]] as const] : [],
      ),
    ),
  ),
  omit: rest(['map', 'string'], (map, ...keys) =>
    newMap(Object.entries(mutableMap(map)).filter(([key]) => !keys.includes(key))),
  ),
  merge: rest(['map', 'map'], (target, ...sources) => mergeAll(target, sources, false)),
  mustMerge: rest(['map', 'map'], (target, ...sources) => mergeAll(target, sources, false)),
  mergeOverwrite: rest(['map', 'map'], (target, ...sources) => mergeAll(target, sources, true)),
  mustMergeOverwrite: rest(['map', 'map'], (target, ...sources) => mergeAll(target, sources, true)),
  deepCopy: fixed(['any'], copyOf),
  mustDeepCopy: fixed(['any'], copyOf),
  dig: rest(['any'], (...path) => dig(path)),
}

function copyOf(value: GoValue): GoValue {
  if (value === null || value === undefined)
    throw new FunctionError('reflect: call of reflect.Value.Type on zero Value')
  return deepCopy(value)
}

/** An entry that is nil stays nil; one that is missing is an empty text. */
function entry(map: GoValue, key: string): GoValue {
  return Object.hasOwn(mutableMap(map), key) ? (mutableMap(map)[key] ?? null) : ''
}

/** Keys and values in turn; a key without a value gets an empty text. */
function dict(args: readonly GoValue[]): GoValue {
  const map = newMap()
  for (let at = 0; at < args.length; at += 2) map[toText(args[at])] = at + 1 < args.length ? args[at + 1] : ''
  return map
}

function mergeAll(target: GoValue, sources: readonly GoValue[], overwrite: boolean): GoValue {
  const isNil = (value: GoValue): boolean => !isMap(value) || isNilContainer(value)
  // A map that is not there is made for the first that is.
  const made = isNil(target) && sources.some((source) => !isNil(source)) ? newMap() : target
  for (const source of sources) mergeInto(mutableMap(made), source, overwrite)
  return untyped(made)
}

/**
 * mergo: maps of any type merge; without overwriting only empty values are filled, and nil fills nothing; with it every
 * value wins. What is taken over is shared with the source, not copied.
 */
function mergeInto(target: Record<string, GoValue>, source: GoValue, overwrite: boolean): void {
  if (!isMap(source)) return
  for (const key of Object.keys(source)) {
    const value = source[key]
    const present = Object.hasOwn(target, key) ? target[key] : undefined
    if (value === null || value === undefined) {
      if (overwrite) put(target, source, key)
    } else if (isMap(value) && isMap(present)) mergeInto(present, value, overwrite)
    else if (overwrite || isEmpty(present)) put(target, source, key)
  }
}

/** A map of texts takes nothing from a map of anything, not even a text. */
function put(target: Record<string, GoValue>, source: GoMap, key: string): void {
  if (typeName(target) === 'map[string]string' && typeName(source) !== 'map[string]string')
    throw new FunctionError('reflect.Value.SetMapIndex: value of type interface {} is not assignable to type string')
  target[key] = source[key] ?? null
}

function isPlain(map: GoMap): boolean {
  return typeName(map) === 'map[string]interface {}'
}

/** The value behind a path of keys, or the default: `dig "a" "b" default map`. A named map type is none, as in sprig. */
function dig(args: readonly GoValue[]): GoValue {
  if (args.length < 3) throw new FunctionError('dig needs at least three arguments')
  const map = plainMap(args.at(-1))
  const fallback = args.at(-2)
  const keys = args.slice(0, -2)
  for (const key of keys)
    if (typeof key !== 'string')
      throw new FunctionError(`interface conversion: interface {} is ${shownType(key)}, not string`)
  let at: GoValue = map
  for (const key of keys as readonly string[]) {
    const step = plainMap(at)
    if (!Object.hasOwn(step, key)) return fallback
    at = step[key] ?? null
  }
  return at
}

function plainMap(value: GoValue): GoMap {
  if (isMap(value) && isPlain(value)) return value
  throw new FunctionError(`interface conversion: interface {} is ${shownType(value)}, not map[string]interface {}`)
}

function shownType(value: GoValue): string {
  return value === null || value === undefined ? 'nil' : typeName(value)
}
