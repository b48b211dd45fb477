import {
  FunctionError,
  GoFunction,
  isMap,
  quoteGo,
  typeName,
  typedWithMethods,
  untyped,
  type GoMap,
  type GoValue,
  type MapMethods,
} from '@kedge/gotemplate'
import { printYaml } from '@kedge/yaml'
import { toPlain } from '../functions/plain-value.ts'

/** A map of Helm's named type `common.Values`, with its methods: `.Values.AsMap`, `.Values.Table "a.b"`. */
export function valuesMap<T extends GoMap>(map: T): T {
  return typedWithMethods(map, 'common.Values', methods)
}

const methods: MapMethods = {
  AsMap: (map) => new GoFunction({ params: [] }, () => untyped(map)),
  PathValue: (map) => new GoFunction({ params: ['string'] }, (path) => pathValue(map, path as string)),
  Table: (map) =>
    new GoFunction({ params: ['string'] }, (path) => valuesMap(tableAt(map, (path as string).split('.')))),
  YAML: (map) => new GoFunction({ params: [] }, () => printYaml(toPlain(map))),
}

function tableAt(map: GoMap, path: readonly string[]): GoMap {
  let table = map
  for (const key of path) {
    const next = Object.hasOwn(table, key) ? table[key] : undefined
    if (!isMap(next)) throw new FunctionError(`${quoteGo(key)} is not a table`)
    table = next
  }
  return table
}

function pathValue(map: GoMap, path: string): GoValue {
  if (path === '') throw new FunctionError('YAML path cannot be empty')
  const keys = path.split('.')
  const key = keys.at(-1) ?? ''
  const found = keys.length === 1 ? map[key] : entryBehind(map, keys.slice(0, -1), key)
  const isTable = found !== undefined && isMap(found) && typeName(found) === 'map[string]interface {}'
  if (found === undefined || isTable) throw new FunctionError(`${quoteGo(key)} is not a value`)
  return found
}

function entryBehind(map: GoMap, path: readonly string[], key: string): GoValue {
  try {
    return tableAt(map, path)[key]
  } catch (error) {
    if (error instanceof FunctionError) return undefined
    throw error
  }
}
