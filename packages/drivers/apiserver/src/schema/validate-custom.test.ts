import { expect, test } from 'vitest'
import type { Draft, FieldError } from '../contracts.ts'
import { createTypeSystem } from './type-system.ts'

const duration = '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$'
const spec = {
  type: 'object',
  required: ['interval', 'url'],
  'x-kubernetes-validations': [
    {
      rule: "!has(self.serviceAccountName) || (has(self.provider) && self.provider == 'azure')",
      message: "serviceAccountName can only be set when provider is 'azure'",
    },
    {
      rule: 'self.count <= 5',
      messageExpression: '"count is " + string(self.count)',
      fieldPath: '.count',
      reason: 'FieldValueForbidden',
    },
    { rule: 'self.frozen == oldSelf.frozen' },
  ],
  properties: {
    interval: { type: 'string', pattern: duration },
    url: { type: 'string', pattern: '^(http|https|ssh)://.*$', maxLength: 20 },
    provider: { type: 'string', enum: ['generic', 'aws', 'azure'] },
    serviceAccountName: { type: 'string' },
    count: { type: 'integer', minimum: 0, maximum: 100, default: 1 },
    frozen: { type: 'string', default: 'x' },
    when: { type: 'string', format: 'date-time' },
    port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    either: {
      type: 'object',
      oneOf: [{ required: ['a'] }, { required: ['b'] }],
      properties: { a: { type: 'string' }, b: { type: 'string' } },
    },
    tags: { type: 'array', 'x-kubernetes-list-type': 'set', maxItems: 3, items: { type: 'string' } },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', minLength: 2 }, size: { type: 'integer' } },
        'x-kubernetes-validations': [{ rule: 'self.size < 10' }],
      },
    },
    template: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
  },
}

function definition(schema: object): Draft {
  return {
    metadata: { name: 'things.x.io' },
    spec: {
      group: 'x.io',
      names: { kind: 'Thing', plural: 'things' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', properties: schema } },
        },
      ],
    },
  }
}

const types = createTypeSystem()
types.define(
  definition({
    spec,
    status: {
      type: 'object',
      default: { observedGeneration: -1 },
      properties: { observedGeneration: { type: 'integer' } },
    },
  }),
)

const good = { interval: '1m', url: 'https://x/y', count: 1, frozen: 'x' }

function thing(change: Draft): Draft {
  return { apiVersion: 'x.io/v1', kind: 'Thing', metadata: { name: 'a' }, spec: { ...good, ...change } }
}

function errorsOf(change: Draft, old?: Draft): readonly string[] {
  return types.validate('x.io/v1', 'Thing', thing(change), old === undefined ? undefined : thing(old)).map(line)
}

function line({ reason, field, message }: FieldError): string {
  return `${reason} ${field}: ${message}`
}

const unchecked =
  'FieldValueInvalid <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

test('[V1] a valid object has no errors', () => {
  expect(errorsOf({ when: '2026-11-24T10:00:00Z', port: 80, tags: ['a'], either: { a: '1' } })).toEqual([])
})

test('[V1] schema errors are worded as the real server words them', () => {
  expect(errorsOf({ interval: 'abc', url: 'ftp://x' })).toEqual([
    `FieldValueInvalid spec.interval: Invalid value: "abc": spec.interval in body should match '${duration}'`,
    'FieldValueInvalid spec.url: Invalid value: "ftp://x": spec.url in body should match \'^(http|https|ssh)://.*$\'',
  ])
  expect(errorsOf({ count: 200 })[0]).toBe(
    'FieldValueInvalid spec.count: Invalid value: 200: spec.count in body should be less than or equal to 100',
  )
  expect(errorsOf({ count: 'x' })[0]).toBe(
    'FieldValueTypeInvalid spec.count: Invalid value: "string": spec.count in body must be of type integer: "string"',
  )
  expect(errorsOf({ when: 'soon' })[0]).toBe(
    'FieldValueTypeInvalid spec.when: Invalid value: "soon": spec.when in body must be of type date-time: "soon"',
  )
  expect(errorsOf({ url: `https://${'x'.repeat(30)}` })[0]).toBe(
    'FieldValueTooLong spec.url: Too long: may not be more than 20 bytes',
  )
  expect(errorsOf({ tags: ['a', 'b', 'c', 'd'] })[0]).toBe(
    'FieldValueTooMany spec.tags: Too many: 4: must have at most 3 items',
  )
  expect(errorsOf({ port: true })[0]).toContain('spec.port in body must be of type integer,string: "boolean"')
})

test('[V2] with errors that rules may stumble over, rules are not evaluated, which is said', () => {
  expect(errorsOf({ provider: 'zzz', serviceAccountName: 'x' })).toEqual([
    'FieldValueNotSupported spec.provider: Unsupported value: "zzz": supported values: "generic", "aws", "azure"',
    unchecked,
  ])
  const bare = types.validate('x.io/v1', 'Thing', { apiVersion: 'x.io/v1', kind: 'Thing', spec: {} })
  expect(bare.map(line)).toEqual([
    'FieldValueRequired spec.interval: Required value',
    'FieldValueRequired spec.url: Required value',
    unchecked,
  ])
})

test('[V3] alternatives fail as a whole, with the errors of the one that came furthest', () => {
  expect(errorsOf({ either: {} })).toEqual([
    'FieldValueInvalid <nil>: Invalid value: "": "spec.either" must validate one and only one schema (oneOf). Found none valid',
    'FieldValueRequired spec.either.a: Required value',
    unchecked,
  ])
  expect(errorsOf({ either: { a: '1', b: '2' } })[0]).toContain('Found 2 valid alternatives')
})

test('[V4] rules have messages, message expressions, reasons and field paths', () => {
  expect(errorsOf({ serviceAccountName: 'x' })).toEqual([
    "FieldValueInvalid spec: Invalid value: serviceAccountName can only be set when provider is 'azure'",
  ])
  expect(errorsOf({ count: 7 })).toEqual(['FieldValueForbidden spec.count: Forbidden: count is 7'])
  expect(errorsOf({ ports: [{ name: 'ab', size: 11 }] })).toEqual([
    'FieldValueInvalid spec.ports[0]: Invalid value: failed rule: self.size < 10',
  ])
  expect(errorsOf({ ports: [{ name: 'ab' }] })).toEqual([
    'FieldValueInvalid spec.ports[0]: Invalid value: "object": no such key: size evaluating rule: self.size < 10',
  ])
})

test('[V5] rules on the old object apply to changes only', () => {
  expect(errorsOf({ frozen: 'y' })).toEqual([])
  expect(errorsOf({ frozen: 'y' }, { frozen: 'x' })).toEqual([
    'FieldValueInvalid spec: Invalid value: failed rule: self.frozen == oldSelf.frozen',
  ])
})

test('[V6] what was stored invalid may stay as long as it does not change', () => {
  expect(errorsOf({ interval: 'abc', count: 2 }, { interval: 'abc' })).toEqual([])
  expect(errorsOf({ interval: 'abd' }, { interval: 'abc' })).toHaveLength(1)
  expect(errorsOf({ ports: [{ name: 'a', size: 1 }], count: 2 }, { ports: [{ name: 'a', size: 1 }] })).toEqual([])
  expect(errorsOf({ ports: [{ name: 'ab', size: 11 }], count: 2 }, { ports: [{ name: 'ab', size: 11 }] })).toEqual([])
  expect(errorsOf({ tags: ['a', 'a'], count: 2 }, { tags: ['a', 'a'] })).toEqual([])
})

test('[V7] items of sets and keyed lists occur once, and embedded objects say what they are', () => {
  expect(errorsOf({ tags: ['a', 'b', 'a'] })).toEqual(['FieldValueDuplicate spec.tags[2]: Duplicate value: "a"'])
  expect(
    errorsOf({
      ports: [
        { name: 'ab', size: 1 },
        { name: 'ab', size: 2 },
      ],
    }),
  ).toEqual(['FieldValueDuplicate spec.ports[1]: Duplicate value: {"name":"ab"}'])
  expect(errorsOf({ template: { kind: 'Pod' } })[0]).toBe('FieldValueRequired spec.template.apiVersion: Required value')
})

test('[V8] unknown fields are found and pruned, but for those that are kept', () => {
  const object = thing({
    bogus: 1,
    template: { apiVersion: 'v1', kind: 'Pod', any: { thing: 1 } },
    ports: [{ name: 'ab', x: 1 }],
  })
  expect(types.check('x.io/v1', 'Thing', object)).toEqual({
    unknown: ['spec.bogus', 'spec.ports[0].x'],
    mismatches: [],
  })
  types.prune('x.io/v1', 'Thing', object)
  expect(object['spec']).toEqual({
    ...good,
    template: { apiVersion: 'v1', kind: 'Pod', any: { thing: 1 } },
    ports: [{ name: 'ab' }],
  })
})

test('[V9] defaults are filled, also in place of nulls that may not be', () => {
  const object: Draft = { spec: { interval: '1m', url: null, count: null } }
  types.applySchemaDefaults('x.io/v1', 'Thing', object)
  expect(object).toEqual({ spec: { interval: '1m', count: 1, frozen: 'x' }, status: { observedGeneration: -1 } })
})

test('[V10] a pattern that would take a backtracking engine for ever is checked at once', () => {
  const slow = createTypeSystem()
  slow.define(definition({ spec: { type: 'object', properties: { s: { type: 'string', pattern: '^(a+)+$' } } } }))
  const object = { apiVersion: 'x.io/v1', kind: 'Thing', spec: { s: `${'a'.repeat(50_000)}b` } }
  expect(slow.validate('x.io/v1', 'Thing', object)).toHaveLength(1)
})
