import type { Draft } from '../contracts.ts'
import { isDraft } from '../http/draft.ts'

/** The protobuf form of a Swagger 2.0 document that Kubernetes clients ask for. */
export const swaggerProtobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

const v3Prefix = '#/components/schemas/'
const v2Prefix = '#/definitions/'

/** The definitions of OpenAPI v3 documents as one Swagger 2.0 document without paths. */
export function swaggerDocument(documents: readonly Readonly<Draft>[]): Draft {
  const definitions: Draft = {}
  for (const document of documents) {
    const components = document['components']
    const schemas = isDraft(components) ? components['schemas'] : undefined
    for (const [name, schema] of Object.entries(isDraft(schemas) ? schemas : {})) {
      definitions[name] ??= isDraft(schema) ? swaggerSchema(schema) : {}
    }
  }
  return { swagger: '2.0', info: { title: 'Kubernetes', version: 'v1.37.2' }, paths: {}, definitions }
}

/** What v2 cannot say is left out; a reference stands alone there. */
function swaggerSchema(schema: Readonly<Draft>): Draft {
  const { $ref, allOf, items, properties, additionalProperties } = schema
  const [only] = Array.isArray(allOf) ? (allOf as readonly unknown[]) : []
  const ref = isDraft(only) ? only['$ref'] : $ref
  if (typeof ref === 'string') return { $ref: ref.replace(v3Prefix, v2Prefix) }
  const swagger: Draft = {}
  for (const name of ['type', 'format', 'description', 'required', 'x-kubernetes-group-version-kind']) {
    if (schema[name] !== undefined) swagger[name] = schema[name]
  }
  // The real server says no type where any will do, and not what integers or texts stand for either.
  if (schema['x-kubernetes-int-or-string'] === true) swagger['x-kubernetes-int-or-string'] = true
  if (isDraft(items)) swagger['items'] = swaggerSchema(items)
  if (isDraft(additionalProperties)) swagger['additionalProperties'] = swaggerSchema(additionalProperties)
  if (isDraft(properties)) {
    const entries = Object.entries(properties).map(([name, below]): [string, Draft] => [
      name,
      isDraft(below) ? swaggerSchema(below) : {},
    ])
    swagger['properties'] = Object.fromEntries(entries)
  }
  return swagger
}

/** A Swagger document in protobuf, as gnostic's OpenAPIv2.proto numbers the fields. */
export function encodeSwagger(document: Readonly<Draft>): Buffer {
  const { swagger, info, definitions } = document
  const { title, version } = isDraft(info) ? info : {}
  return Buffer.concat([
    text(1, swagger),
    message(2, text(1, title), text(2, version)),
    message(8),
    message(9, ...named(isDraft(definitions) ? definitions : {})),
  ])
}

function named(schemas: Readonly<Draft>): Buffer[] {
  return Object.entries(schemas).map(([name, schema]) =>
    message(1, text(1, name), message(2, ...schemaFields(isDraft(schema) ? schema : {}))),
  )
}

function schemaFields(schema: Readonly<Draft>): Buffer[] {
  const { $ref, format, description, required, additionalProperties, type, items, properties } = schema
  const fields = [text(1, $ref), text(2, format), text(4, description)]
  for (const name of Array.isArray(required) ? required : []) fields.push(text(19, name))
  if (isDraft(additionalProperties)) fields.push(message(21, message(1, ...schemaFields(additionalProperties))))
  if (typeof type === 'string') fields.push(message(22, text(1, type)))
  if (isDraft(items)) fields.push(message(23, message(1, ...schemaFields(items))))
  if (isDraft(properties)) fields.push(message(25, ...named(properties)))
  for (const [name, value] of Object.entries(schema)) {
    // An extension is carried as YAML, which JSON is.
    if (name.startsWith('x-')) fields.push(message(31, text(1, name), message(2, text(2, JSON.stringify(value)))))
  }
  return fields
}

function text(field: number, value: unknown): Buffer {
  if (typeof value !== 'string' || value === '') return Buffer.alloc(0)
  return lengthDelimited(field, Buffer.from(value))
}

function message(field: number, ...parts: readonly Buffer[]): Buffer {
  return lengthDelimited(field, Buffer.concat(parts))
}

function lengthDelimited(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}
