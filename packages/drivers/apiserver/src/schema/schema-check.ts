import { compileRegex } from '@kedge/cel'
import type { FieldError } from '../contracts.ts'
import {
  invalidValue,
  noField,
  requiredValue,
  tooLongValue,
  tooManyValues,
  unsupportedValue,
  wrongType,
} from './field-error.ts'
import { hasFormat, isInRange } from './formats.ts'
import { isList, isObject, jsonEquals, texts, type JsonObject } from './json.ts'

/** The stored value that a new one takes the place of, where there is one. */
export type Old = { readonly value: unknown } | undefined

/** What a check found, and how many rules looked at the value: the alternative with the most is reported. */
interface Outcome {
  readonly errors: readonly FieldError[]
  readonly weight: number
}

/**
 * Checks a value of a custom kind against its OpenAPI schema, in the real server's order and words. Errors of a value
 * that is the same as the stored one are let pass.
 */
export function checkAgainstSchema(
  schema: JsonObject,
  value: unknown,
  at: { readonly path: string; readonly old: Old },
): readonly FieldError[] {
  return checkNode(schema, value, { ...at, isWhole: at.old !== undefined }).errors
}

interface At {
  readonly path: string
  readonly old: Old
  /** The whole object: members that are the stored ones need no look, as their errors are let pass. */
  readonly isWhole?: boolean
}

function checkNode(schema: JsonObject, value: unknown, at: At): Outcome {
  const outcome = checkValue(schema, value, at)
  const isUnchanged = outcome.errors.length > 0 && at.old !== undefined && jsonEquals(at.old.value, value)
  return isUnchanged ? { errors: [], weight: outcome.weight } : outcome
}

function checkValue(schema: JsonObject, value: unknown, at: At): Outcome {
  const errors: FieldError[] = [...typeErrors(schema, value, at.path)]
  if (value === null) return { errors: [...errors, ...enumErrors(schema, value, at.path)], weight: 1 }
  const junctors = checkJunctors(schema, value, { path: at.path, old: at.old })
  errors.push(...junctors.errors)
  let weight = 2 + junctors.weight
  if (typeof value === 'string') errors.push(...stringErrors(schema, value, at.path))
  if (typeof value === 'number') errors.push(...numberErrors(schema, value, at.path))
  if (isList(value)) {
    const items = checkItems(schema, value, at)
    errors.push(...items.errors)
    weight += items.weight
  }
  errors.push(...enumErrors(schema, value, at.path))
  if (isObject(value)) {
    const members = checkMembers(schema, value, at)
    errors.push(...members.errors)
    weight += members.weight
  }
  return { errors, weight }
}

function typesOf(schema: JsonObject): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string']
  const type = schema['type']
  return typeof type === 'string' && type !== '' ? [type] : []
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (isList(value)) return 'array'
  return typeof value === 'number' ? (Number.isInteger(value) ? 'integer' : 'number') : typeof value
}

function typeErrors(schema: JsonObject, value: unknown, path: string): readonly FieldError[] {
  const types = typesOf(schema)
  const type = typeOf(value)
  if (types.length === 0 || types.includes(type)) return []
  if (type === 'null' && schema['nullable'] === true) return []
  if (type === 'integer' && types.includes('number')) return []
  const field = path === '' ? noField : path
  return [wrongType(field, type, `${path} in body must be of type ${types.join(',')}: ${JSON.stringify(type)}`)]
}

function enumErrors(schema: JsonObject, value: unknown, path: string): readonly FieldError[] {
  const allowed = schema['enum']
  if (!isList(allowed) || allowed.some((each) => jsonEquals(each, value))) return []
  const names = allowed.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
  return [unsupportedValue(path, value, names)]
}

function stringErrors(schema: JsonObject, value: string, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const length = Array.from(value).length
  const { maxLength, minLength, pattern, format } = schema
  if (typeof maxLength === 'number' && length > maxLength) errors.push(tooLongValue(path, maxLength))
  if (typeof minLength === 'number' && length < minLength) {
    errors.push(invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`))
  }
  if (typeof pattern === 'string' && pattern !== '') errors.push(...patternErrors(pattern, value, path))
  if (typeof format === 'string' && !hasFormat(value, format)) {
    errors.push(wrongType(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`))
  }
  return errors
}

function patternErrors(pattern: string, value: string, path: string): readonly FieldError[] {
  const regex = compileRegex(pattern)
  if (typeof regex === 'string') {
    return [invalidValue(path, value, `${path} in body should match '${pattern}, but pattern is invalid: ${regex}'`)]
  }
  return regex.test(value) ? [] : [invalidValue(path, value, `${path} in body should match '${pattern}'`)]
}

function numberErrors(schema: JsonObject, value: number, path: string): readonly FieldError[] {
  const { format, type } = schema
  const wrong = [...boundErrors(schema, value)].map((detail) =>
    invalidValue(path, value, `${path} in body should be ${detail}`),
  )
  if (typeof format !== 'string' || isInRange(value, format)) return wrong
  const range = `Checked value must be of type ${String(type)} with format ${format} in ${path}`
  return [invalidValue(path, value, range), ...wrong]
}

function* boundErrors(schema: JsonObject, value: number): Generator<string> {
  const { maximum, minimum, multipleOf } = schema
  if (typeof multipleOf === 'number' && multipleOf > 0 && !isMultiple(value, multipleOf))
    yield `a multiple of ${multipleOf}`
  if (typeof maximum === 'number') {
    const isExclusive = schema['exclusiveMaximum'] === true
    if (isExclusive && value >= maximum) yield `less than ${maximum}`
    if (!isExclusive && value > maximum) yield `less than or equal to ${maximum}`
  }
  if (typeof minimum === 'number') {
    const isExclusive = schema['exclusiveMinimum'] === true
    if (isExclusive && value <= minimum) yield `greater than ${minimum}`
    if (!isExclusive && value < minimum) yield `greater than or equal to ${minimum}`
  }
}

function isMultiple(value: number, of: number): boolean {
  const quotient = value / of
  return Math.abs(quotient - Math.round(quotient)) < 1e-9 * Math.max(1, Math.abs(quotient))
}

function checkItems(schema: JsonObject, items: readonly unknown[], at: At): Outcome {
  const errors: FieldError[] = []
  const { minItems, maxItems, uniqueItems } = schema
  const below = schema['items']
  let weight = 0
  if (isObject(below)) {
    for (const [index, item] of items.entries()) {
      const outcome = checkNode(below, item, { path: `${at.path}[${index}]`, old: oldItem(schema, item, at.old) })
      errors.push(...outcome.errors)
      weight += outcome.weight
    }
  }
  if (typeof minItems === 'number' && items.length < minItems) {
    errors.push(invalidValue(at.path, items.length, `${at.path} in body should have at least ${minItems} items`))
  }
  if (typeof maxItems === 'number' && items.length > maxItems)
    errors.push(tooManyValues(at.path, items.length, maxItems))
  if (
    uniqueItems === true &&
    items.some((item, index) => items.slice(0, index).some((other) => jsonEquals(item, other)))
  ) {
    errors.push(invalidValue(at.path, items, `${at.path} in body shouldn't contain duplicates`))
  }
  return { errors, weight }
}

/** Only items of lists of type map have an identity: the item with the same keys. */
export function oldItem(schema: JsonObject, item: unknown, old: Old): Old {
  if (schema['x-kubernetes-list-type'] !== 'map' || !isList(old?.value) || !isObject(item)) return undefined
  const keys = texts(schema, 'x-kubernetes-list-map-keys')
  const found = old.value.find((other) => isObject(other) && keys.every((key) => jsonEquals(other[key], item[key])))
  return found === undefined ? undefined : { value: found }
}

/** The stored member under a name; members of atomic maps have no identity. */
export function oldMember(schema: JsonObject, name: string, old: Old): Old {
  if (schema['x-kubernetes-map-type'] === 'atomic') return undefined
  return isObject(old?.value) && Object.hasOwn(old.value, name) ? { value: old.value[name] } : undefined
}

function checkMembers(schema: JsonObject, value: JsonObject, at: At): Outcome {
  const errors: FieldError[] = [...countErrors(schema, value, at.path)]
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  const additional = schema['additionalProperties']
  let weight = 0
  const visit = (below: unknown, name: string): void => {
    if (!isObject(below)) return
    const path = at.path === '' ? name : `${at.path}.${name}`
    const old = oldMember(schema, name, at.old)
    if (at.isWhole === true && old?.value === value[name]) return
    const outcome = checkNode(below, value[name], { path, old })
    errors.push(...outcome.errors)
    weight += outcome.weight
  }
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(properties, name)) continue
    if (additional === false) {
      errors.push(invalidValue(at.path, '', `${at.path}.${name} in body is a forbidden property`))
    } else visit(additional, name)
  }
  for (const [name, below] of Object.entries(properties)) if (Object.hasOwn(value, name)) visit(below, name)
  for (const name of texts(schema, 'required')) {
    if (!Object.hasOwn(value, name)) errors.push(requiredValue(at.path === '' ? name : `${at.path}.${name}`))
  }
  return { errors, weight }
}

function countErrors(schema: JsonObject, value: JsonObject, path: string): readonly FieldError[] {
  const { minProperties, maxProperties } = schema
  const count = Object.keys(value).length
  if (typeof minProperties === 'number' && count < minProperties) {
    return [invalidValue(path, count, `${path} in body should have at least ${minProperties} properties`)]
  }
  return typeof maxProperties === 'number' && count > maxProperties ? [tooManyValues(path, count, maxProperties)] : []
}

function schemasOf(value: unknown): readonly JsonObject[] {
  return isList(value) ? value.filter(isObject) : []
}

function checkJunctors(schema: JsonObject, value: unknown, at: At): Outcome {
  const any = checkAnyOf(schemasOf(schema['anyOf']), value, at)
  const one = checkOneOf(schemasOf(schema['oneOf']), value, at)
  const all = checkAllOf(schemasOf(schema['allOf']), value, at)
  const errors = [...any.errors, ...one.errors, ...all.errors]
  const { not } = schema
  if (isObject(not) && checkValue(not, value, at).errors.length === 0) {
    errors.push(composite(`${JSON.stringify(at.path)} must not validate the schema (not)`))
  }
  return { errors, weight: any.weight + one.weight + all.weight }
}

/** Errors of a whole alternative belong to no field. */
function composite(message: string): FieldError {
  return invalidValue(noField, '', message)
}

/** The first of the alternatives that came furthest. */
function furthest(outcomes: readonly Outcome[]): readonly FieldError[] {
  const [first, ...rest] = outcomes
  if (first === undefined) return []
  return rest.reduce((best, outcome) => (outcome.weight > best.weight ? outcome : best), first).errors
}

const nothing: Outcome = { errors: [], weight: 0 }

function checkAnyOf(schemas: readonly JsonObject[], value: unknown, at: At): Outcome {
  if (schemas.length === 0) return nothing
  const failures: Outcome[] = []
  for (const schema of schemas) {
    const outcome = checkValue(schema, value, at)
    if (outcome.errors.length === 0) return outcome
    failures.push(outcome)
  }
  const message = composite(`${JSON.stringify(at.path)} must validate at least one schema (anyOf)`)
  return { errors: [message, ...furthest(failures)], weight: 0 }
}

function checkOneOf(schemas: readonly JsonObject[], value: unknown, at: At): Outcome {
  if (schemas.length === 0) return nothing
  const outcomes = schemas.map((schema) => checkValue(schema, value, at))
  const valid = outcomes.filter(({ errors }) => errors.length === 0)
  const [only] = valid
  if (only !== undefined && valid.length === 1) return only
  const found = valid.length === 0 ? 'Found none valid' : `Found ${valid.length} valid alternatives`
  const message = composite(`${JSON.stringify(at.path)} must validate one and only one schema (oneOf). ${found}`)
  return { errors: [message, ...(valid.length === 0 ? furthest(outcomes) : [])], weight: 0 }
}

function checkAllOf(schemas: readonly JsonObject[], value: unknown, at: At): Outcome {
  if (schemas.length === 0) return nothing
  const outcomes = schemas.map((schema) => checkValue(schema, value, at))
  const errors = outcomes.flatMap((outcome) => outcome.errors)
  const valid = outcomes.filter((outcome) => outcome.errors.length === 0).length
  if (valid < schemas.length) {
    errors.push(
      composite(
        `${JSON.stringify(at.path)} must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`,
      ),
    )
  }
  return { errors, weight: outcomes.reduce((sum, { weight }) => sum + weight, 0) }
}
