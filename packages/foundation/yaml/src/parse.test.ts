import { FailureError } from '@kedge/base'
import { expect, test } from 'vitest'
import { parseNode, parseYaml, parseYamlDocuments } from './parse.ts'
import { Parser } from './parser.ts'
import { YamlError } from './yaml-error.ts'

function failureOf(run: () => unknown): FailureError {
  try {
    run()
  } catch (error) {
    if (error instanceof FailureError) return error
    throw error
  }
  throw new Error('it was accepted')
}

test.each([
  ['a: yes', { a: true }, { a: 'yes' }],
  ['a: off', { a: false }, { a: 'off' }],
  ['y: n', { true: false }, { y: 'n' }],
  ['a: 0777', { a: 511 }, { a: 511 }],
  ['a: 08', { a: 8 }, { a: 8 }],
  ['a: 0o17', { a: 15 }, { a: 15 }],
  ['a: 1_000', { a: 1000 }, { a: 1000 }],
  ['a: 0x1F', { a: 31 }, { a: 31 }],
  ['a: 1:20', { a: '1:20' }, { a: '1:20' }],
  ['a: 1e3', { a: 1000 }, { a: 1000 }],
  ['a: .5', { a: 0.5 }, { a: 0.5 }],
  ['a: ~', { a: null }, { a: null }],
  ['a:', { a: null }, { a: null }],
  ['a: 2001-12-14', { a: '2001-12-14' }, { a: '2001-12-14T00:00:00Z' }],
  ['a: !!str 1', { a: '1' }, { a: '1' }],
  ['a: "1"', { a: '1' }, { a: '1' }],
  ['1: a', { 1: 'a' }, { 1: 'a' }],
  ['a: |\n  x\n   y\n', { a: 'x\n y\n' }, { a: 'x\n y\n' }],
  ['a: >-\n  x\n  y\n\n  z\n', { a: 'x y\nz' }, { a: 'x y\nz' }],
  ["a: 'it''s'", { a: "it's" }, { a: "it's" }],
  ['a: "\\u00e9\\x41\\n"', { a: 'éA\n' }, { a: 'éA\n' }],
  ['a: [1, {b: c}, ]', { a: [1, { b: 'c' }] }, { a: [1, { b: 'c' }] }],
  ['a:\n- b\n-\n  - c\n', { a: ['b', ['c']] }, { a: ['b', ['c']] }],
  ['? a\n: b\n', { a: 'b' }, { a: 'b' }],
  ['x: &x {a: 1}\nz:\n  <<: *x\n  b: 2\n', { x: { a: 1 }, z: { a: 1, b: 2 } }, { x: { a: 1 }, z: { a: 1, b: 2 } }],
])('[Y2] %j is read by the rules of yaml.v2 and of yaml.v3', (text, v2, v3) => {
  expect(parseYaml(text)).toEqual(v2)
  expect(parseYaml(text, { rules: 'v3' })).toEqual(v3)
})

test('[Y3] integers that a double cannot hold stay exact', () => {
  expect(parseYaml('a: 9007199254740993')).toEqual({ a: 9007199254740993n })
  expect(parseYaml('a: 18446744073709551615')).toEqual({ a: 18446744073709551615n })
  expect(parseYaml('a: 18446744073709551616')).toEqual({ a: 18446744073709552000 })
})

test('[Y12] keys with a meaning in JavaScript are keys like others', () => {
  const value = parseYaml('__proto__: {polluted: true}\nconstructor: x\n') as Record<string, unknown>
  expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  expect((parseYaml('a: 1') as Record<string, unknown>)['toString']).toBeUndefined()
})

test('documents come with the line where each begins, and empty ones are left out', () => {
  const documents = parseYamlDocuments('# head\na: 1\n---\n---\n# nothing\n---\nb: 2\n', { file: 'x.yaml' })
  expect(documents).toEqual([
    { value: { a: 1 }, line: 2 },
    { value: { b: 2 }, line: 6 },
  ])
})

test.each([
  ['a: b: c', 'mapping values are not allowed in this context', 1],
  ['a: 1\n b: 2\n', 'mapping values are not allowed in this context', 2],
  ['a: "x', 'found unexpected end of stream', 1],
  ['a: @x', 'found character that cannot start any token', 1],
  ['a: [1, 2', "did not find expected ',' or ']'", 2],
  ['a:\n  b\n c: 1\n', 'mapping values are not allowed', 3],
  ['a:\n  b: 1\n c: 1\n', 'did not find expected key', 3],
  ['a: *x', "unknown anchor 'x' referenced", 1],
  ['a: &x [*x]', "anchor 'x' value contains itself", 1],
  ['a: 1\nb: 2\na: 3\n', 'mapping key "a" already defined at line 1', 3],
  ['%YAML 9.9\n---\na: 1\n', 'found incompatible YAML document', 1],
  ['a: \u0001', 'control characters are not allowed', 1],
])('[Y1] [Y4] %j is refused with its cause, file and line', (text, cause, line) => {
  const { failure } = failureOf(() => parseYaml(text, { file: 'bad.yaml' }))
  expect(failure.code).toBe('yaml-invalid')
  expect(failure.message).toContain(cause)
  expect(failure.origin).toEqual({ file: 'bad.yaml', line })
})

test('[Y6] aliases that multiply beyond measure are refused', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 10; i++)
    lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`)
  expect(failureOf(() => parseYaml(lines.join('\n'))).message).toContain('excessive aliasing')
})

test('[Y6] nesting beyond measure is refused before it can exhaust the stack', () => {
  expect(failureOf(() => parseYaml('['.repeat(100_000))).message).toContain('exceeded max depth')
  expect(failureOf(() => parseYaml('- '.repeat(100_000))).message).toContain('exceeded max depth')
})

test('a line of ten million characters is read', () => {
  const long = 'x'.repeat(10_000_000)
  expect(parseYaml(`a: ${long}\nb: "${long}"\n`)).toEqual({ a: long, b: long })
})

test('nodes know their lines, tags, styles and comments', () => {
  const node = parseNode('# above\na: 1 # beside\nb:\n  - "x"\n', { comments: true })
  expect(node).toMatchObject({
    kind: 'map',
    entries: [
      {
        key: { value: 'a', line: 2, comments: { head: '# above', line: '', foot: '' } },
        value: { tag: '!!int', value: '1', comments: { head: '', line: '# beside', foot: '' } },
      },
      { key: { value: 'b', line: 3 }, value: { kind: 'seq', items: [{ tag: '!!str', style: 'double', line: 4 }] } },
    ],
  })
})

test.each([
  ['a: {{ .Release.Name }}', 'map[interface {}]interface {}{".Release.Name":interface {}(nil)}'],
  [
    '? [1, a, 1.5, yes, null, {b: 1, a: ~}]\n: 1',
    '[]interface {}{1, "a", 1.5, true, interface {}(nil), map[interface {}]interface {}{"a":interface {}(nil), "b":1}}',
  ],
  ['? {10: c, 2: b, x: ["a\\tb"]}\n: 1', 'map[interface {}]interface {}{"x":[]interface {}{"a\\tb"}, 2:"b", 10:"c"}'],
  ['? [{? [b] : c}]\n: 1', '[]interface {}{"b"}'],
])('[Y4] a key that is no scalar is named as yaml.v2 names it: %j', (text, named) => {
  expect(() => parseYaml(text)).toThrow(`yaml: invalid map key: ${named}`)
})

test('[Y2] a moment is a key as it is written', () => {
  expect(parseYaml('2001-01-01: 1')).toEqual({ '2001-01-01': 1 })
})

test.each([
  ['a: b\n{}\n', 'did not find expected key', "could not find expected ':'"],
  ['a: {[]: 1}\n', "did not find expected ',' or '}'", undefined],
  ['a: {[b]: 1}\n', undefined, undefined],
])('[Y1] an empty list or map in brackets is no key to yaml.v2: %j', (text, v2, v3) => {
  expect(problemOf(text, 'v2')).toBe(v2)
  expect(problemOf(text, 'v3')).toBe(v3)
})

test('[Y1] a lone `!` is an empty text to yaml.v2, and nothing to yaml.v3', () => {
  const [v2, v3] = (['v2', 'v3'] as const).map((rules) => new Parser('!', { rules }).next()?.root)
  expect([v2, v3]).toMatchObject([{ tag: '!!str' }, { tag: '!!null' }])
})

function problemOf(text: string, rules: 'v2' | 'v3'): string | undefined {
  try {
    new Parser(text, { rules }).next()
    return undefined
  } catch (error) {
    return error instanceof YamlError ? error.problem : String(error)
  }
}
