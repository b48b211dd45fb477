import { expect, test } from 'vitest'
import { coalesceValues, readValues, setValues, type SetKind } from '../index.ts'
import { chartOf, renderFiles, renderText } from '../testing/render-text.ts'

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('[V1] maps merge, lists replace, null removes a default and globals go down', () => {
  const chart = chartOf({
    'values.yaml': 'a:\n  x: 1\n  w: 2\nlist: [1, 2]\ngone: 1\nnothing: null\n',
    'charts/s/Chart.yaml': 'apiVersion: v2\nname: s\nversion: 1.0.0\n',
    'charts/s/values.yaml': 'port: 80\nhost: h\n',
  })
  const given = { a: { x: 3 }, list: [3], gone: null, kept: null, global: { g: 1 }, s: { host: null } }
  expect(plain(coalesceValues(chart, given))).toEqual({
    a: { x: 3, w: 2 },
    list: [3],
    kept: null,
    global: { g: 1 },
    s: { port: 80, global: { g: 1 } },
  })
})

test.each([
  ['a=1', { a: 1n }],
  ['a=1.5,b=0x10,c=010', { a: '1.5', b: '0x10', c: '010' }],
  ['a.b[1].c=x', { a: { b: [null, { c: 'x' }] } }],
  ['a={1,b}', { a: [1n, 'b'] }],
  [String.raw`a\.b=c\,d`, { 'a.b': 'c,d' }],
])('[V2] --set %s', (text, expected) => {
  const values = {}
  setValues(values, text, { kind: 'value' })
  expect(values).toEqual(expected)
})

test('[V2] numbers of a file are floats, integers of --set are not', () => {
  const values = readValues('a: 1000000\n')
  setValues(values, 'b=1000000', { kind: 'value' })
  expect(renderText('x: {{ .Values.a }} {{ .Values.b }} {{ typeOf .Values.b }}', values)).toBe('x: 1e+06 1000000 int64')
})

test.each([
  ['a: |\n  x', { a: 'x\n' }],
  ['a: |+\n  x\n  ', { a: 'x\n\n' }],
  ['a: 1\n---\nb: 2\n--- # more\na: 3', { a: 3, b: 2 }],
  ['---\na: 1', { a: 1 }],
])('[V2] the values file %j is read line by line', (text, expected) => {
  expect({ ...readValues(text) }).toEqual(expected)
})

test.each([
  ['a: 1\n---\nb: [', 'cannot unmarshal yaml document: error converting YAML to JSON: yaml: line 1: did not find'],
  ['---\nb: [', 'cannot unmarshal yaml document: error converting YAML to JSON: yaml: line 2: did not find'],
  ['--- a: 1', 'error reading yaml document: invalid Yaml document separator: a: 1'],
])('[V2] the values file %j is refused', (text, message) => {
  expect(() => readValues(text)).toThrow(message)
})

const schema = JSON.stringify({
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', minLength: 2, pattern: '^[a-z]+$' },
    port: { $ref: '#/definitions/port' },
    mode: { enum: ['a', 'b'] },
    either: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
    list: { type: 'array', items: { type: 'string' }, uniqueItems: true },
  },
  definitions: { port: { type: 'integer', maximum: 65_535 } },
})

test.each([
  [{ name: 'web', port: 80, mode: 'a', either: 'x', list: ['a'] }, ''],
  [{}, "- at '': missing property 'name'"],
  [{ name: 'X' }, "- at '/name': minLength: got 1, want 2\n- at '/name': 'X' does not match pattern '^[a-z]+$'"],
  [{ name: 'web', port: 70_000 }, "- at '/port': maximum: got 70,000, want 65,535"],
  [{ name: 'web', extra: 1 }, "- at '': additional properties 'extra' not allowed"],
  [{ name: 'web', mode: 'c' }, "- at '/mode': value must be one of 'a', 'b'"],
  [
    { name: 'web', either: true },
    "- at '/either': 'oneOf' failed, none matched\n  - at '/either': got boolean, want string\n  - at '/either': got boolean, want integer",
  ],
  [{ name: 'web', list: ['a', 'a'] }, "- at '/list': items at 0 and 1 are equal"],
])('[V3] %j', (values, problem) => {
  const render = (): unknown => renderFiles({ 'values.schema.json': schema }, values)
  if (problem === '') expect(render).not.toThrow()
  else expect(render).toThrow(problem)
})

test('[V3] a schema that refers to itself without end is refused', () => {
  const endless = JSON.stringify({ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } })
  expect(() => renderFiles({ 'values.schema.json': endless }, { a: 1 })).toThrow('refers to itself without end')
})

// What helm 4.3.1 makes of odd inputs, found by comparing random ones.
test.each<[string, SetKind, unknown]>([
  ['a[=1', 'value', {}],
  ['l[1].c=', 'value', { l: [] }],
  ['l[0]=1,l[0].c=', 'value', { l: [{ c: '' }] }],
  ['a=1e2 ,b=[1]', 'json', { a: 100, b: [1] }],
])('[V4] %s of kind %s gives %j', (text, kind, expected) => {
  const values = {}
  setValues(values, text, { kind })
  expect(values).toEqual(expected)
})

test.each<[string, SetKind, string]>([
  ['a[0]\tx=1', 'value', String.raw`unexpected data at end of array index: ['\t' 'x']`],
  ['a=1,a[0]=2', 'value', 'interface {} is int64, not []interface {}'],
  ['a[99999999999999999999]=1', 'value', 'value out of range'],
  ['a[9007199254740993]=1', 'value', 'index of 9007199254740993 is greater than maximum supported index of 65536'],
  ['a={', 'json', 'unexpected EOF'],
  ['a=tru,b=1', 'json', "invalid character ',' in literal true (expecting 'e')"],
  ['a=1x', 'json', 'key "x" has no value'],
  ['a=1.,b=1', 'json', "invalid character ',' after decimal point in numeric literal"],
  ['a=1e', 'json', 'unexpected EOF'],
  ['a=1e400', 'json', 'json: cannot unmarshal number 1e400 into Go value of type float64'],
])('[V4] %s of kind %s fails with %s', (text, kind, message) => {
  expect(() => setValues({}, text, { kind })).toThrow(message)
})
