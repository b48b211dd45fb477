import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FailureError } from '@kedge/base'
import { expandAliases } from './expand-aliases.ts'
import { nodeValue } from './node-value.ts'
import { parseNode, parseYaml } from './parse.ts'
import { Parser } from './parser.ts'
import { printNode } from './print-node.ts'
import { printTree } from './print-tree.ts'
import { printYaml } from './print-value.ts'
import { isSimpleWord, shapeOf } from './scalar-shape.ts'
import { styleOfString } from './string-style.ts'
import { YamlError } from './yaml-error.ts'

test.each([
  ['plain', 'a: plain\n'],
  ['yes', 'a: "yes"\n'],
  ['n', 'a: "n"\n'],
  ['1', 'a: "1"\n'],
  ['1_000', 'a: "1_000"\n'],
  ['1:20', 'a: "1:20"\n'],
  ['2001-12-14', 'a: "2001-12-14"\n'],
  ['', 'a: ""\n'],
  ['~', 'a: "~"\n'],
  ['- a', "a: '- a'\n"],
  ['a: b', "a: 'a: b'\n"],
  ['a #b', "a: 'a #b'\n"],
  ['# a', "a: '# a'\n"],
  ['@a', "a: '@a'\n"],
  ["it's", "a: it's\n"],
  [' a', "a: ' a'\n"],
  ['a ', "a: 'a '\n"],
  ['a\tb', 'a: "a\\tb"\n'],
  ['x\ny', 'a: |-\n  x\n  y\n'],
  ['x\n', 'a: |\n  x\n'],
  ['x\n\n', 'a: |+\n  x\n\n'],
  [' x\ny', 'a: |2-\n   x\n  y\n'],
  ['x \ny', 'a: "x \\ny"\n'],
  ['é', 'a: é\n'],
  ['😀', 'a: "\\U0001F600"\n'],
  ['\u0000', 'a: "\\0"\n'],
])('[Y7] the string %j prints as Go prints it', (text, expected) => {
  expect(printYaml({ a: text })).toBe(expected)
})

test.each([
  [1, '1'],
  [1e6, '1000000'],
  [1e20, '1e+20'],
  [1e21, '1e+21'],
  [1e-7, '1e-07'],
  [0.00001, '1e-05'],
  [12345678.9, '1.23456789e+07'],
  [123456.7, '123456.7'],
  [-0, '0'],
  [true, 'true'],
  [null, 'null'],
])('[Y8] the value %s prints as Go prints it', (value, expected) => {
  expect(printYaml({ a: value })).toBe(`a: ${expected}\n`)
})

test('[Y7] keys come in natural order and lists stand at the column of their key', () => {
  const value = { b10: 1, b9: [{ c: 1, a: [[], {}] }, 'x'], B: 2, '-x': 3, 10: 4, 9: 5 }
  expect(printYaml(value)).toBe('-x: 3\n"9": 5\n"10": 4\nB: 2\nb9:\n- a:\n  - []\n  - {}\n  c: 1\n- x\nb10: 1\n')
})

test('[Y7] lines break at the first blank past column 80', () => {
  const words = Array.from({ length: 20 }, () => 'abcdefg').join(' ')
  const [first = '', second = ''] = printYaml({ a: words }).split('\n')
  expect(first).toBe(`a: ${Array.from({ length: 10 }, () => 'abcdefg').join(' ')}`)
  expect(second).toBe(`  ${Array.from({ length: 10 }, () => 'abcdefg').join(' ')}`)
})

/** Doubles beyond 2^53 that are whole numbers read back as exact integers. */
function withoutBigints(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? Number(item) : item)))
}

/** Go prints a key `<<` plain as well, and what it printed it reads as a merge: the one key that does not come back. */
const json = fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes('"<<":'))

test('[Y7] a key that is the sign of a merge prints plain, as Go prints it', () => {
  expect(printYaml({ '<<': { a: 1 }, b: 2 })).toBe('<<:\n  a: 1\nb: 2\n')
})

test('[Y7] keys that have no order among themselves print alike whatever order they come in', () => {
  const keys = ['', '10', '1A', '2']
  const texts = [keys, keys.toReversed(), ['1A', '2', '', '10']].map((some) =>
    printNode(parseNode(some.map((key) => `"${key}": 1\n`).join(''))!),
  )
  expect(new Set([...texts, printYaml(Object.fromEntries(keys.map((key) => [key, 1])))]).size).toBe(1)
})

test('what is printed reads back as the same value', () => {
  fc.assert(
    fc.property(json, (value) => {
      const expected: unknown = JSON.parse(
        JSON.stringify(value, (_key, item: unknown) => (Object.is(item, -0) ? 0 : item)),
      )
      expect(withoutBigints(parseYaml(printYaml(expected)))).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})

test('[Y10] a tree prints the same as its value', () => {
  fc.assert(
    fc.property(
      fc
        .dictionary(fc.string({ minLength: 1, maxLength: 8 }), json, { minKeys: 1 })
        .filter((value) => !('<<' in value)),
      (value) => {
        const text = printYaml(value)
        const node = parseNode(text)
        expect(node).toBeDefined()
        expect(printNode(node!)).toBe(printYaml(nodeValue(node!)))
      },
    ),
    { numRuns: 200 },
  )
})

test('[Y11] a tree prints as it was written', () => {
  const text = `# above
a: 1 # beside
b: # of the list
- "x"
- 'y'
- {c: [d, 1]}
e: |-
  text
   more
f: ''
# below
`
  expect(printTree(parseNode(text, { comments: true })!)).toBe(text)
})

test('[Y5] aliases and merge keys expand as kustomize expands them', () => {
  const root = parseNode('x: &x\n  a: 1\n  b: 2\ny:\n  b: 3\n  <<: *x\nz: *x\n')!
  expect(nodeValue(expandAliases(root))).toEqual({ x: { a: 1, b: 2 }, y: { b: 3, a: 1 }, z: { a: 1, b: 2 } })
})

test('anchors that explode are refused when they are expanded', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 12; i++)
    lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`)
  expect(() => expandAliases(parseNode(lines.join('\n'))!)).toThrow('excessive aliasing')
})

test('[Y9] strings pass through JSON as Go reads it back', () => {
  expect(printNode(parseNode('a: "x\\u0085y"\n')!)).toBe('a: x y\n')
  expect(() => printNode(parseNode('a: "x\\x9by"\n')!)).toThrow('control characters are not allowed')
})

const pieces = fc.constantFrom(
  'a',
  'b',
  ':',
  ': ',
  '- ',
  '? ',
  '\n',
  '\n  ',
  '\n- ',
  ' ',
  '#',
  ' #',
  '[',
  ']',
  '{',
  '}',
  ',',
  '"',
  "'",
  '|',
  '>',
  '&x ',
  '*x',
  '!!str ',
  '!',
  '%',
  '@',
  '---\n',
  '...\n',
  '<<',
  '1',
  '~',
  '\\',
  '\t',
  '\r\n',
  '\u2028',
  'é',
  '😀',
)

test('any text is read or refused, and what is read prints and reads back', () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const text = parts.join('')
      let root
      try {
        root = new Parser(text, { comments: true }).next()?.root
        parseYaml(text)
      } catch (error) {
        if (!(error instanceof YamlError) && !(error instanceof FailureError)) throw error
      }
      if (root !== undefined) printTree(root)
    }),
    { numRuns: 3000 },
  )
})

test('what a quick look finds plain, a close look does too', () => {
  const part = fc.constantFrom(
    '-',
    '--',
    '1',
    '0x',
    '.',
    '_',
    'e',
    'm',
    ' ',
    '#',
    ' #',
    ':',
    '=',
    ',',
    '[',
    "'",
    '+',
    'é',
  )
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const text = parts.join('')
      if (!isSimpleWord(text)) return
      expect(shapeOf(text).blockPlain && styleOfString(text)).toBe('plain')
    }),
    { numRuns: 3_000 },
  )
})
