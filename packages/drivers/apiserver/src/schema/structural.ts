import { compileRegex } from '@kedge/cel'
import type { FieldError } from '../contracts.ts'
import { forbiddenValue, invalidValue, requiredValue } from './field-error.ts'
import { isList, isObject, jsonEquals, text, type JsonObject } from './json.ts'

/** Where a schema is: at the root, as the items of a list, or as a field. */
type Level = 'root' | 'items' | 'field'

interface At {
  readonly path: string
  readonly level: Level
}

const intOrString = [{ type: 'integer' }, { type: 'string' }]

/** Why a schema is not structural, in the real server's words, sorted. */
export function checkStructural(schema: JsonObject, path: string): readonly FieldError[] {
  const errors = [...checkNode(schema, { path, level: 'root' }), ...checkComplete(schema, path)]
  const line = (error: FieldError): string => `${error.field}: ${error.message}`
  return errors.toSorted((a, b) => (line(a) < line(b) ? -1 : Number(line(a) > line(b))))
}

function propertiesOf(schema: JsonObject): Readonly<Record<string, JsonObject>> {
  const properties = schema['properties']
  if (!isObject(properties)) return {}
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, below]) => (isObject(below) ? [[name, below]] : [])),
  )
}

function schemasOf(value: unknown): readonly JsonObject[] {
  return isList(value) ? value.filter(isObject) : []
}

function checkNode(schema: JsonObject, at: At): readonly FieldError[] {
  const { path, level } = at
  const errors: FieldError[] = [
    ...typeErrors(schema, at),
    ...extensionErrors(schema, path),
    ...metadataErrors(schema, at),
  ]
  const items = schema['items']
  if (schema['type'] === 'array' && items === undefined)
    errors.push(requiredValue(`${path}.items`, 'must be specified'))
  if (isObject(items)) errors.push(...checkNode(items, { path: `${path}.items`, level: 'items' }))
  for (const [name, below] of Object.entries(propertiesOf(schema))) {
    errors.push(...checkNode(below, { path: `${path}.properties[${name}]`, level: 'field' }))
  }
  const additional = schema['additionalProperties']
  if (additional !== undefined) {
    const field = `${path}.additionalProperties`
    if (level === 'root') errors.push(forbiddenValue(field, 'must not be used at the root'))
    if (schema['x-kubernetes-embedded-resource'] === true) {
      errors.push(forbiddenValue(field, 'must not be used if x-kubernetes-embedded-resource is set'))
    }
    if (isObject(additional)) errors.push(...checkNode(additional, { path: field, level: 'field' }))
  }
  return [...errors, ...junctorErrors(schema, path, skipOf(schema))]
}

function typeErrors(schema: JsonObject, { path, level }: At): readonly FieldError[] {
  const type = text(schema, 'type') ?? ''
  const field = `${path}.type`
  if (schema['x-kubernetes-embedded-resource'] === true && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true'
    return [type === '' ? requiredValue(field, detail) : invalidValue(field, type, detail)]
  }
  if (level === 'root' && type !== '' && type !== 'object')
    return [invalidValue(field, type, 'must be object at the root')]
  const isOpen =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  if (type !== '' || isOpen) return []
  const places = {
    root: 'must not be empty at the root',
    items: 'must not be empty for specified array items',
    field: 'must not be empty for specified object fields',
  } as const
  return [requiredValue(field, places[level])]
}

function extensionErrors(schema: JsonObject, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true
  if (schema['x-kubernetes-int-or-string'] === true) {
    for (const [name, isSet] of [
      ['x-kubernetes-preserve-unknown-fields', preserves],
      ['x-kubernetes-embedded-resource', isEmbedded],
    ] as const) {
      if (isSet)
        errors.push(invalidValue(`${path}.${name}`, true, 'must be false if x-kubernetes-int-or-string is true'))
    }
  }
  if (isEmbedded && !preserves && Object.keys(propertiesOf(schema)).length === 0) {
    errors.push(
      requiredValue(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    )
  }
  return errors
}

function metadataErrors(schema: JsonObject, { path, level }: At): readonly FieldError[] {
  const isObjectRoot = level === 'root' || schema['x-kubernetes-embedded-resource'] === true
  if (!isObjectRoot) return []
  const errors: FieldError[] = []
  const properties = propertiesOf(schema)
  for (const name of ['kind', 'apiVersion']) {
    const declared = properties[name]
    if (declared !== undefined && declared['type'] !== 'string') {
      errors.push(invalidValue(`${path}.properties[${name}].type`, text(declared, 'type') ?? '', 'must be string'))
    }
  }
  const metadata = properties['metadata']
  if (metadata === undefined) return errors
  const field = `${path}.properties[metadata]`
  if (metadata['type'] !== 'object')
    errors.push(invalidValue(`${field}.type`, text(metadata, 'type') ?? '', 'must be object'))
  if (level === 'root' && !onlyNames(metadata)) {
    errors.push(
      forbiddenValue(
        field,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    )
  }
  return errors
}

function onlyNames(metadata: JsonObject): boolean {
  const harmless = new Set(['type', 'description', 'title', 'properties', 'default'])
  const names = Object.keys(propertiesOf(metadata))
  return (
    Object.keys(metadata).every((name) => harmless.has(name)) &&
    names.every((name) => name === 'name' || name === 'generateName')
  )
}

/** Which alternatives may state types: those that spell out int-or-string. */
interface Skip {
  readonly anyOf: boolean
  readonly firstAllOf: boolean
}

function skipOf(schema: JsonObject): Skip {
  const [first] = schemasOf(schema['allOf'])
  return {
    anyOf: jsonEquals(schema['anyOf'], intOrString),
    firstAllOf: first !== undefined && jsonEquals(first['anyOf'], intOrString),
  }
}

const noSkip: Skip = { anyOf: false, firstAllOf: false }

function junctorErrors(schema: JsonObject, path: string, skip: Skip): readonly FieldError[] {
  const errors: FieldError[] = []
  if (!skip.anyOf) {
    for (const [at, each] of schemasOf(schema['anyOf']).entries())
      errors.push(...checkNested(each, `${path}.anyOf[${at}]`))
  }
  for (const [at, each] of schemasOf(schema['allOf']).entries()) {
    const inner = { anyOf: at === 0 && skip.firstAllOf, firstAllOf: false }
    errors.push(...checkNested(each, `${path}.allOf[${at}]`, inner))
  }
  for (const [at, each] of schemasOf(schema['oneOf']).entries())
    errors.push(...checkNested(each, `${path}.oneOf[${at}]`))
  if (isObject(schema['not'])) errors.push(...checkNested(schema['not'], `${path}.not`))
  const pattern = text(schema, 'pattern') ?? ''
  const regex = pattern === '' ? undefined : compileRegex(pattern)
  if (typeof regex === 'string') {
    errors.push(invalidValue(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${regex}`))
  }
  return errors
}

/** What may not stand below a junctor, with what to say of it. */
const forbidden: Readonly<Record<string, string>> = {
  type: 'must be empty to be structural',
  additionalProperties: 'must be undefined to be structural',
  default: 'must be undefined to be structural',
  title: 'must be empty to be structural',
  description: 'must be empty to be structural',
  nullable: 'must be false to be structural',
  'x-kubernetes-preserve-unknown-fields': 'must be false to be structural',
  'x-kubernetes-embedded-resource': 'must be false to be structural',
  'x-kubernetes-int-or-string': 'must be false to be structural',
  'x-kubernetes-list-map-keys': 'must be empty to be structural',
  'x-kubernetes-list-type': 'must be undefined to be structural',
  'x-kubernetes-map-type': 'must be undefined to be structural',
  'x-kubernetes-validations': 'must be empty to be structural',
}

function checkNested(schema: JsonObject, path: string, skip: Skip = noSkip): readonly FieldError[] {
  const errors: FieldError[] = [...junctorErrors(schema, path, skip)]
  if (isObject(schema['items'])) errors.push(...checkNested(schema['items'], `${path}.items`))
  for (const [name, below] of Object.entries(propertiesOf(schema))) {
    errors.push(...checkNested(below, `${path}.properties[${name}]`))
  }
  for (const [name, detail] of Object.entries(forbidden)) {
    const value = schema[name]
    if (value !== undefined && value !== '' && value !== false) errors.push(forbiddenValue(`${path}.${name}`, detail))
  }
  if (propertiesOf(schema)['metadata'] !== undefined) {
    errors.push(forbiddenValue(`${path}.properties[metadata]`, 'must not be specified in a nested context'))
  }
  return errors
}

/** Everything a junctor speaks of must be declared outside of it. */
function checkComplete(schema: JsonObject, path: string): readonly FieldError[] {
  return junctorsOf(schema, path).flatMap(({ nested, path: at }) => completeBelow(nested, schema, { spine: path, at }))
}

function junctorsOf(
  schema: JsonObject,
  path: string,
): readonly { readonly nested: JsonObject; readonly path: string }[] {
  const lists = ['allOf', 'anyOf', 'oneOf'].flatMap((name) =>
    schemasOf(schema[name]).map((nested, index) => ({ nested, path: `${path}.${name}[${index}]` })),
  )
  return isObject(schema['not']) ? [{ nested: schema['not'], path: `${path}.not` }, ...lists] : lists
}

function completeBelow(
  nested: JsonObject,
  spine: JsonObject | undefined,
  places: { readonly spine: string; readonly at: string },
): readonly FieldError[] {
  if (spine === undefined) return [requiredValue(places.spine, `because it is defined in ${places.at}`)]
  const errors: FieldError[] = junctorsOf(nested, places.at).flatMap(({ nested: inner, path }) =>
    completeBelow(inner, spine, { spine: places.spine, at: path }),
  )
  if (isObject(nested['items'])) {
    const items = isObject(spine['items']) ? spine['items'] : undefined
    errors.push(...completeBelow(nested['items'], items, { spine: `${places.spine}.items`, at: `${places.at}.items` }))
  }
  const declared = propertiesOf(spine)
  for (const [name, below] of Object.entries(propertiesOf(nested))) {
    const at = `${places.at}.properties[${name}]`
    const field = `${places.spine}.properties[${name}]`
    const known = declared[name]
    if (known === undefined) errors.push(requiredValue(field, `because it is defined in ${at}`))
    else errors.push(...completeBelow(below, known, { spine: field, at }))
  }
  return errors
}
