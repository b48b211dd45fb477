import { expect, test } from 'vitest'
import { checkSchema } from './check-schema.ts'

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
