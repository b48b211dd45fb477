import { array, assert, boolean, constantFrom, dictionary, letrec, oneof, property } from 'fast-check'
import { expect, test } from 'vitest'
import { checkSchema } from './check-schema.ts'
import { metaschemaOf } from './metaschemas.ts'
import { isSurelySound } from './sound-schema.ts'

/** What helm 4.3.1 says of values.yaml's `a: 1` under a schema, which may lead to others. */
function problemOf(schema: unknown, documents: Readonly<Record<string, unknown>> = {}): string {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema)
  return checkSchema({ a: 1 }, text, (address) => {
    const found = documents[address]
    if (found === undefined) return undefined
    return typeof found === 'string'
      ? { kind: 'failed', problem: found }
      : { kind: 'text', text: JSON.stringify(found) }
  })
}

const under = (reference: string): unknown => ({ properties: { a: { $ref: reference } } })
const text = { definitions: { s: { type: 'string' } } }

test.each([
  [under('#/definitions/x'), 'json-pointer in "file:///values.schema.json#/definitions/x" not found'],
  [{ properties: { other: { $ref: '#/x' } } }, 'json-pointer in "file:///values.schema.json#/x" not found'],
  [{ definitions: { unused: { $ref: '#/x' } } }, ''],
  [under('#x'), 'anchor in "file:///values.schema.json#x" not found in schema "file:///values.schema.json"'],
  [under('other.json'), 'failing loading "file:///other.json": open /other.json: no such file or directory'],
  [under('ftp://h/x'), 'failing loading "ftp://h/x": no URLLoader registered for "ftp://h/x"'],
  [under('urn:x:y'), ''],
  [
    { $id: 'https://h/a/b.json', ...text, properties: { a: { $ref: 'b.json#/definitions/s' } } },
    'got number, want string',
  ],
  ['x{', "invalid character 'x' looking for beginning of value"],
  ['{"a": 1', 'unexpected EOF'],
  ['', 'EOF'],
  ['{} x', 'invalid character after top-level value'],
])('[V3] references of a schema are followed before it is used: %j', (schema, problem) => {
  expect(problemOf(schema)).toBe(problem.startsWith('got') ? `- at '/a': ${problem}\n` : problem)
})

const at = 'https://h/d/defs.json'

test.each([
  [{ [at]: text }, 's', "- at '/a': got number, want string\n"],
  [{ [at]: { definitions: { s: { $ref: '#/definitions/t' }, t: { type: 'string' } } } }, 's', 'want string\n'],
  [{ [at]: { x: { $ref: '../e.json#/definitions/s' } }, 'https://h/e.json': text }, 'x', 'want string\n'],
  [{ [at]: text }, 'nope', `json-pointer in "${at}#/definitions/nope" not found`],
  [{ [at]: 'HTTP request failed' }, 's', `failing loading "${at}": HTTP request failed`],
  [{}, 's', `failing loading "${at}": schemas of other places are not fetched`],
])('[V3] a schema may lead to documents of other places: %j', (documents, name, problem) => {
  const pointer = name === 'x' ? '/x' : `/definitions/${name}`
  expect(problemOf(under(`${at}#${pointer}`), documents)).toContain(problem)
})

const drafts = {
  4: 'http://json-schema.org/draft-04/schema#',
  6: 'http://json-schema.org/draft-06/schema#',
  7: 'http://json-schema.org/draft-07/schema#',
  2019: 'https://json-schema.org/draft/2019-09/schema#',
  2020: 'https://json-schema.org/draft/2020-12/schema#',
} as const

test.each<[keyof typeof drafts, unknown, string]>([
  [
    7,
    { properties: { a: { type: 'string', required: true } } },
    "- at '/properties/a/required': got boolean, want array",
  ],
  [7, { properties: { a: { minimum: 'x' } } }, "- at '/properties/a/minimum': got string, want number"],
  [
    7,
    { type: 'objec' },
    "- at '/type': 'anyOf' failed\n  - at '/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'\n  - at '/type': got string, want array",
  ],
  [
    2020,
    { properties: { a: { pattern: '(?!x)' } } },
    "- at '': 'allOf' failed\n  - at '/properties/a': 'allOf' failed\n    - at '/properties/a/pattern': '(?!x)' is not valid regex: error parsing regexp: invalid or unsupported Perl syntax: `(?!`",
  ],
  [2020, { items: [true] }, "- at '': 'allOf' failed\n  - at '/items': got array, want boolean or object"],
  [
    2019,
    { items: [] },
    "- at '': 'allOf' failed\n  - at '/items': 'anyOf' failed\n    - at '/items': got array, want boolean or object\n    - at '/items': minItems: got 0, want 1",
  ],
  [4, { exclusiveMinimum: true }, "- at '': properties 'minimum' required, if 'exclusiveMinimum' exists"],
  [6, { minLength: -1 }, "- at '/minLength': 'allOf' failed\n  - at '/minLength': minimum: got -1, want 0"],
])('[V3] a schema that is none by draft %s is refused: %j', (draft, schema, problem) => {
  const $schema = drafts[draft]
  expect(problemOf({ $schema, ...(schema as object) })).toBe(
    `"file:///values.schema.json#" is not valid against metaschema: jsonschema validation failed with '${$schema}'\n${problem}`,
  )
})

test.each([4, 6, 7, 2019, 2020] as const)('[V3] the schema of schemas of draft %s fits itself', (draft) => {
  const itself = metaschemaOf(draft)
  expect(problemOf({ properties: { b: { $ref: drafts[draft] } }, $schema: drafts[draft] })).toBe('')
  expect(checkSchema(itself, JSON.stringify(itself))).toBe('')
})

test('[V3] what a quick look finds sound has no problem', () => {
  const keyword = constantFrom(
    'type',
    'items',
    'enum',
    'required',
    'pattern',
    'properties',
    'allOf',
    'minLength',
    'not',
  )
  const { schema } = letrec((tie) => ({
    value: oneof(constantFrom('string', '(', 1, -1, true, null, ['a', 'a'], ['string'], []), tie('schema')),
    schema: oneof(
      boolean(),
      dictionary(keyword, oneof(tie('value'), array(tie('value'), { maxLength: 2 })), { maxKeys: 3 }),
    ),
  }))
  assert(
    property(schema, constantFrom(6, 7, 2019, 2020), (given, draft) => {
      if (!isSurelySound(given, draft)) return
      const meta = metaschemaOf(draft)
      expect(checkSchema(given, JSON.stringify(meta))).toBe('')
    }),
    { numRuns: 300, seed: 1 },
  )
})
