import { canonicalQuantity } from '../kinds/quantity.ts'
import { isObject, type JsonObject } from './json.ts'
import { protobufMessages, type MessageField } from './load.ts'

/**
 * The form in which the real server writes objects of built-in kinds. It decodes them into Go structs and encodes those
 * again, which drops unknown fields and nulls, leaves out empty values of optional fields, adds structs that are not
 * optional (`status: {}`) and writes quantities canonically.
 */

const meta = 'k8s.io.apimachinery.pkg.apis.meta.v1.'
const extensions = 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.'

/** What flags of a recorded field mean; they come from its Go declaration. */
export const fieldFlags = { repeated: 1, map: 2, inline: 4, unnamed: 8, required: 16, pointer: 32 } as const

/** Types whose JSON form is not that of their message; the value is what an absent required one is written as. */
const special: Readonly<Record<string, unknown>> = {
  [`${meta}Time`]: null,
  [`${meta}MicroTime`]: null,
  [`${meta}Duration`]: '0s',
  [`${meta}FieldsV1`]: undefined,
  [`${meta}Verbs`]: null,
  'k8s.io.apimachinery.pkg.api.resource.Quantity': '0',
  'k8s.io.apimachinery.pkg.api.resource.QuantityValue': '0',
  'k8s.io.apimachinery.pkg.util.intstr.IntOrString': 0,
  'k8s.io.apimachinery.pkg.runtime.RawExtension': null,
  [`${extensions}JSON`]: undefined,
  [`${extensions}JSONSchemaPropsOrArray`]: undefined,
  [`${extensions}JSONSchemaPropsOrBool`]: undefined,
  [`${extensions}JSONSchemaPropsOrStringArray`]: undefined,
}

interface GoField {
  readonly type: string
  readonly flags: number
}

const compiled = new Map<string, ReadonlyMap<string, GoField>>()

/** The message that the OpenAPI component `io.k8s.api.core.v1.Pod` has in protobuf. */
export function messageOfComponent(component: string): string {
  return `k8s.io.${component.slice('io.k8s.'.length).replaceAll('-', '_')}`
}

/** Brings a root object of a message type into the server's form. Values of a wrong type are left for others to report. */
export function toGoForm(message: string, draft: Record<string, unknown>): void {
  const { apiVersion, kind } = draft
  const next = struct(message, draft)
  for (const name of Object.keys(draft)) delete draft[name]
  Object.assign(draft, { ...(kind === undefined ? {} : { kind }), ...(apiVersion === undefined ? {} : { apiVersion }) })
  Object.assign(draft, next)
}

function fieldsOf(message: string): ReadonlyMap<string, GoField> {
  const known = compiled.get(message)
  if (known !== undefined) return known
  const out = new Map<string, GoField>()
  for (const field of Object.values(protobufMessages()[message] ?? {})) addField(out, field)
  compiled.set(message, out)
  return out
}

function addField(out: Map<string, GoField>, [name, type, flags]: MessageField): void {
  if ((flags & fieldFlags.inline) === 0) out.set(name, { type, flags })
  else for (const [inner, field] of fieldsOf(type)) out.set(inner, field)
}

function struct(message: string, value: JsonObject): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  keepTypeMeta(out, value)
  for (const [name, field] of fieldsOf(message)) {
    const next = fieldValue(field, value[name])
    if (next !== undefined && !(name === 'creationTimestamp' && next === null)) out[name] = next
  }
  return out
}

/** Embedded objects, as in volumeClaimTemplates, say their own kind; messages do not list those two fields. */
function keepTypeMeta(out: Record<string, unknown>, value: JsonObject): void {
  for (const name of ['kind', 'apiVersion']) {
    const text = value[name]
    if (typeof text === 'string' && text !== '') out[name] = text
  }
}

function fieldValue(field: GoField, value: unknown): unknown {
  const isSet = value !== undefined && value !== null
  if ((field.flags & fieldFlags.map) !== 0) return collection(field, isSet ? mapValue(field, value) : undefined)
  if ((field.flags & fieldFlags.repeated) !== 0) return collection(field, isSet ? listValue(field, value) : undefined)
  if ((field.flags & fieldFlags.pointer) !== 0) return isSet ? single(field.type, value) : undefined
  return plain(field, isSet ? value : undefined)
}

/** Empty and absent collections are left out where they are optional; an absent required one is null. */
function collection(field: GoField, value: unknown): unknown {
  const isRequired = (field.flags & fieldFlags.required) !== 0
  if (value === undefined) return isRequired ? null : undefined
  const isEmpty = Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0
  return isEmpty && !isRequired ? undefined : value
}

function mapValue(field: GoField, value: unknown): unknown {
  if (!isObject(value)) return value
  const out: Record<string, unknown> = {}
  for (const name of Object.keys(value)) out[name] = element(field.type, value[name])
  return out
}

function listValue(field: GoField, value: unknown): unknown {
  return Array.isArray(value) ? value.map((item) => element(field.type, item)) : value
}

function element(type: string, value: unknown): unknown {
  if (value !== null && value !== undefined) return single(type, value)
  return plain({ type, flags: fieldFlags.required }, undefined)
}

/** A value of a type that is there. */
function single(type: string, value: unknown): unknown {
  if (type.endsWith('resource.Quantity')) return canonicalQuantity(value)
  if (Object.hasOwn(special, type) || !type.includes('.')) return value
  return isObject(value) && fieldsOf(type).size > 0 ? struct(type, value) : value
}

/** A field that is neither optional by pointer nor a collection. */
function plain(field: GoField, value: unknown): unknown {
  const isRequired = (field.flags & fieldFlags.required) !== 0
  if (Object.hasOwn(special, field.type)) return value === undefined ? special[field.type] : single(field.type, value)
  switch (field.type) {
    case 'string':
      return scalar(value, '', isRequired)
    case 'bool':
      return scalar(value, false, isRequired)
    case 'int32':
    case 'int64':
    case 'double':
      return scalar(value, 0, isRequired)
    case 'bytes':
      return value === undefined || value === '' ? (isRequired ? null : undefined) : value
    default:
      return value === undefined || isObject(value) ? struct(field.type, isObject(value) ? value : {}) : value
  }
}

function scalar(value: unknown, zero: unknown, isRequired: boolean): unknown {
  if (value === undefined || value === zero) return isRequired ? zero : undefined
  return value
}
