import { FailureError } from '@kedge/base'
import { expect, test } from 'vitest'
import { checkDefinition } from './check-definition.ts'
import { createTypeSystem } from './type-system.ts'

function definition(schema: object | undefined, more: object[] = []): Record<string, unknown> {
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    ...(schema === undefined ? {} : { schema: { openAPIV3Schema: schema } }),
  }
  return { metadata: { name: 'ws.x.io' }, spec: { group: 'x.io', names: { kind: 'W' }, versions: [version, ...more] } }
}

function errorsOf(schema: object, more: object[] = []): readonly string[] {
  return checkDefinition(definition(schema, more)).map(({ field, message }) => `${field}: ${message}`)
}

const root = 'spec.validation.openAPIV3Schema'

test('[D1] a schema without a type is not structural', () => {
  expect(errorsOf({ type: 'object', properties: { a: {} } })).toEqual([
    `${root}.properties[a].type: Required value: must not be empty for specified object fields`,
  ])
  expect(errorsOf({ properties: {} })).toEqual([`${root}.type: Required value: must not be empty at the root`])
  expect(errorsOf({ type: 'object', properties: { l: { type: 'array' } } })).toEqual([
    `${root}.properties[l].items: Required value: must be specified`,
  ])
})

test('[D2] below alternatives only values are restricted, and only of what is declared', () => {
  const schema = { type: 'object', anyOf: [{ type: 'string', properties: { a: { minimum: 1 } } }] }
  expect(errorsOf(schema)).toEqual([
    `${root}.anyOf[0].type: Forbidden: must be empty to be structural`,
    `${root}.properties[a]: Required value: because it is defined in ${root}.anyOf[0].properties[a]`,
  ])
  const port = { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }
  expect(errorsOf({ type: 'object', properties: { port } })).toEqual([])
})

test('[D3] metadata may restrict only names', () => {
  const named = { type: 'object', properties: { name: { type: 'string', maxLength: 3 } } }
  expect(errorsOf({ type: 'object', properties: { metadata: named } })).toEqual([])
  const labelled = { type: 'object', properties: { labels: { type: 'object' } } }
  expect(errorsOf({ type: 'object', properties: { metadata: labelled } })[0]).toContain(
    'must not specify anything other than name',
  )
})

test('[D4] rules that do not compile show where', () => {
  const rule = { rule: 'self.b == 1' }
  expect(
    errorsOf({
      type: 'object',
      properties: { a: { type: 'object', properties: { c: { type: 'string' } }, 'x-kubernetes-validations': [rule] } },
    }),
  ).toEqual([
    `${root}.properties[a].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.b == 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b == 1\n | ....^`,
  ])
  expect(
    errorsOf({ type: 'object', 'x-kubernetes-validations': [{ rule: 'self.metadata.name.size()' }] })[0],
  ).toContain('cel expression must evaluate to a bool')
  const items = { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] }
  expect(errorsOf({ type: 'object', properties: { l: { type: 'array', items } } })[0]).toContain(
    `oldSelf cannot be used on the uncorrelatable portion of the schema within ${root}.properties[l]`,
  )
})

test('[D5] keyed lists need keys that every item has', () => {
  const items = { type: 'object', properties: { name: { type: 'string' } } }
  const list = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name', 'other'],
    items,
  }
  expect(errorsOf({ type: 'object', properties: { l: list } })).toEqual([
    `${root}.properties[l].items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
    `${root}.properties[l].x-kubernetes-list-map-keys: Invalid value: ["name","other"]: entries must all be names of item properties`,
  ])
})

test('[D6] defaults must be valid themselves', () => {
  expect(errorsOf({ type: 'object', properties: { a: { type: 'integer', default: 'x' } } })[0]).toContain(
    `${root}.properties[a].default: Invalid value: "string"`,
  )
})

test('[D7] versions that differ are told apart in messages', () => {
  const other = { name: 'v2', schema: { openAPIV3Schema: { type: 'object' } } }
  expect(errorsOf({ type: 'object', properties: { a: {} } }, [other])[0]).toContain(
    'spec.versions[0].schema.openAPIV3Schema.properties[a].type',
  )
})

test('[D8] the type system takes no wrong definition', () => {
  expect(() => createTypeSystem().define(definition({ type: 'string' }))).toThrow(FailureError)
  expect(() => createTypeSystem().define(definition(undefined))).toThrow(
    'spec.versions[0].schema.openAPIV3Schema: Required value',
  )
})
