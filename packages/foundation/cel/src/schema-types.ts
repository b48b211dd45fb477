import { fromJson, PreparedValue } from './json-values.ts'
import { unescapeName } from './names.ts'
import { parseDate, parseDuration, parseTimestamp } from './time-text.ts'
import { CelError, CelOptional, type CelKey, type CelValue } from './values.ts'

/** An OpenAPI v3 schema, of which types, formats, properties, items and Kubernetes' extensions are read. */
export type ValueSchema = Readonly<Record<string, unknown>>

/**
 * A JSON value as the schema types it: texts with the formats `date`, `date-time`, `duration` and `byte` become values of
 * these types, and numbers of `type: number` doubles. Made once, it serves several evaluations.
 */
export function prepareValue(value: unknown, schema: ValueSchema): PreparedValue {
  return new PreparedValue(typed(value, schema))
}

/** A value that may be absent, as the variable `oldSelf` of rules with `optionalOldSelf`. */
export function prepareOptional(value: PreparedValue | undefined): PreparedValue {
  return new PreparedValue(new CelOptional(value?.value))
}

function typed(value: unknown, schema: ValueSchema): CelValue {
  if (typeof value === 'number') return schema['type'] === 'number' ? value : fromJson(value)
  if (typeof value === 'string') return typedText(value, schema)
  if (Array.isArray(value)) {
    const items = schemaOf(schema['items'])
    return value.map((item) => typed(item, items))
  }
  if (!isObject(value)) return fromJson(value)
  const out = new Map<CelKey, CelValue>()
  for (const [name, below] of Object.entries(value)) {
    if (below !== undefined) out.set(name, typed(below, propertySchema(schema, name) ?? {}))
  }
  return out
}

function typedText(value: string, schema: ValueSchema): CelValue {
  switch (schema['format']) {
    case 'date-time':
    case 'datetime':
      return parseTimestamp(value) ?? value
    case 'date':
      return parseDate(value) ?? value
    case 'duration':
      return parseDuration(value) ?? value
    case 'byte':
      return bytesOf(value)
    default:
      return value
  }
}

function bytesOf(value: string): CelValue {
  try {
    return Uint8Array.from(atob(value), (each) => each.charCodeAt(0))
  } catch {
    throw new CelError('illegal base64 data')
  }
}

/** The schema of a member, undefined when there can be no such member. */
export function propertySchema(schema: ValueSchema, name: string): ValueSchema | undefined {
  const properties = schema['properties']
  if (isObject(properties)) {
    const own = properties[name] ?? properties[unescapeName(name)]
    if (isObject(own)) return own
  }
  const additional = schema['additionalProperties']
  if (isObject(additional)) return additional
  if (additional === true || schema['x-kubernetes-preserve-unknown-fields'] === true) return {}
  if (schema['x-kubernetes-embedded-resource'] === true && ['apiVersion', 'kind', 'metadata'].includes(name)) return {}
  return properties === undefined ? {} : undefined
}

function schemaOf(value: unknown): ValueSchema {
  return isObject(value) ? value : {}
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
