import type { FieldError } from '../contracts.ts'
import { duplicateValue, invalidValue, requiredValue } from './field-error.ts'
import { isList, isObject, jsonEquals, texts, type JsonObject } from './json.ts'

/** Items that occur twice in sets and lists of type map. */
export function checkListTypes(schema: JsonObject, value: unknown, path: string): readonly FieldError[] {
  if (isList(value)) return checkList(schema, value, path)
  if (!isObject(value)) return []
  return members(schema, value).flatMap(({ name, below, isEntry }) =>
    checkListTypes(below, value[name], isEntry ? `${path}[${name}]` : joinPath(path, name)),
  )
}

/** Embedded objects must say what they are. */
export function checkEmbedded(schema: JsonObject, value: unknown, path: string): readonly FieldError[] {
  if (isList(value)) {
    const items = schema['items']
    if (!isObject(items)) return []
    return value.flatMap((item, at) => checkEmbedded(items, item, `${path}[${at}]`))
  }
  if (!isObject(value)) return []
  const own = schema['x-kubernetes-embedded-resource'] === true ? typeMetaErrors(value, path) : []
  const below = members(schema, value).flatMap(({ name, below: next, isEntry }) =>
    checkEmbedded(next, value[name], isEntry ? `${path}[${name}]` : joinPath(path, name)),
  )
  return [...own, ...below]
}

function typeMetaErrors(value: JsonObject, path: string): readonly FieldError[] {
  return ['apiVersion', 'kind'].flatMap((name) => {
    const field = joinPath(path, name)
    const found = value[name]
    if (found === undefined) return [requiredValue(field)]
    if (typeof found !== 'string') return [invalidValue(field, found, 'must be a string')]
    return found === '' ? [invalidValue(field, found, 'must not be empty')] : []
  })
}

function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

interface Member {
  readonly name: string
  readonly below: JsonObject
  readonly isEntry: boolean
}

function members(schema: JsonObject, value: JsonObject): readonly Member[] {
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  const additional = schema['additionalProperties']
  return Object.keys(value).flatMap((name): readonly Member[] => {
    const declared = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (isObject(declared)) return [{ name, below: declared, isEntry: false }]
    return isObject(additional) ? [{ name, below: additional, isEntry: true }] : []
  })
}

function checkList(schema: JsonObject, items: readonly unknown[], path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') {
    for (const at of repeated(items)) errors.push(duplicateValue(`${path}[${at}]`, items[at]))
  }
  if (type === 'map') errors.push(...checkKeys(schema, items, path))
  const below = schema['items']
  if (isObject(below))
    for (const [at, item] of items.entries()) errors.push(...checkListTypes(below, item, `${path}[${at}]`))
  return errors
}

function checkKeys(schema: JsonObject, items: readonly unknown[], path: string): readonly FieldError[] {
  const odd = items.findIndex((item) => item !== null && !isObject(item))
  if (odd !== -1)
    return [invalidValue(`${path}[${odd}]`, items[odd], 'must be an object for an array of list-type map')]
  const names = texts(schema, 'x-kubernetes-list-map-keys')
  const keys = items.map((item) =>
    Object.fromEntries(
      names.flatMap((name) => (isObject(item) && item[name] !== undefined ? [[name, item[name]]] : [])),
    ),
  )
  return repeated(keys).map((at) => duplicateValue(`${path}[${at}]`, keys[at]))
}

/** Where values occur for the second time. */
function repeated(values: readonly unknown[]): readonly number[] {
  const texts = new Map<string, number>()
  const out: number[] = []
  for (const [at, value] of values.entries()) {
    const text =
      isObject(value) || isList(value) ? compound(value, values.slice(0, at)) : `${typeof value}:${String(value)}`
    const times = (texts.get(text) ?? 0) + 1
    texts.set(text, times)
    if (times === 2) out.push(at)
  }
  return out
}

/** A text that equal compound values share, whatever the order of their members. */
function compound(value: unknown, before: readonly unknown[]): string {
  const first = before.find((other) => jsonEquals(other, value))
  return JSON.stringify(first ?? value)
}
