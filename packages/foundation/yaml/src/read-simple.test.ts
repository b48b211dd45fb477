import { array, assert, constantFrom, integer, oneof, property, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from './object.ts'
import { Parser } from './parser.ts'
import { readSimple } from './read-simple.ts'
import type { YamlRules } from './resolve.ts'
import { toValue } from './to-value.ts'

/** What the parser makes of the first document; a text that is no YAML, or has more after it, differs from any value. */
function parse(text: string, rules: YamlRules): unknown {
  const parser = new Parser(text, {})
  const root = parser.next()?.root
  const value = root === undefined ? undefined : toValue(root, rules)
  if (parser.next() !== undefined) throw new Error('another document')
  return value
}

test.each([
  'a: b\n',
  'a: b',
  '---\na:\n  b: 1\n  c: -2.5\n# comment\nlist:\n- x\n- k: 1\n  z: ~\n-\n  k: v\n-\nlast:',
  'metadata:\n  name: "x"   # why\n  labels: {}\n  args: []\n  "no": 1\n'.replace('"no"', 'yes1'),
  "args:\n  - --flag=a b\n  - 'it is'\n  - -1\n  - 0x1f\n  - 1_000\n  - on\n",
  'text: |\n  one\n    two\n\n  three\n\nnext: |-\n  a\n  # no comment\n\n\n# comment\nend: http://x:80/a#b é\n',
  '__proto__: 1\nconstructor: 2\ntoString: 3\n',
  'when: 2001-12-14\nbig: 123456789012345678901\nfar: 9007199254740993\n',
  'a: [b, "c d", 1, true] # why\nb:\n  []\nc:\n  {}\n"1": |   \n  x\n\'d e\':\n- - 1\n  - "k": 2\n- "x"\n',
  'a:\n- b:\n  - c\n  d: e\nf: null\n',
  `a: "\\n\\t\\r\\b\\f\\\\\\"" # why\nb: 'it''s ''''' # why\n"c\\n": 1\n'd''': 2\ne: { } # why\nf: [__name__, /, 0.5, 1e3, -1]\n`,
  'a: b\n  c - d\n\n\n  - e#f \n  "\'{[\nb:\n- c\n  d\n  \n- \'e\n\n   f\' # g\n- "h \n  \u00a0i\u00a0\n  j"\nc: 1\n  2\n"\\u00e9": 3\n',
])('a simple document %j reads as the parser reads it', (text) => {
  const value = readSimple(text, 'v2')
  expect(value).toBeDefined()
  expect(value).toEqual(parse(text, 'v2'))
})

test('of a map at the top only the fields asked for are given, and all are looked at', () => {
  const text = 'a:\n  b: 1\nc:\n- d: 2\ne: 3\n'
  expect(readSimple(text, 'v2', ['a', 'e', 'x'])).toEqual({ a: { b: 1 }, e: 3 })
  expect(readSimple(`${text}f: &x 1\n`, 'v2', ['a'])).toBeUndefined()
})

test.each([
  '',
  'a',
  'a: b\na: c\n',
  'a: b: c\n',
  'a: - b\n',
  'a: b\n  c: d\n',
  'a: b\n  # c\n  d\n',
  'a: b # c\n  d\n',
  'a: b\n  c # d\n',
  'a: "b\\\n  c"\n',
  'a: "b\\ \n  c"\n',
  'a: "b\\/"\n',
  'a: "b\nc"\n',
  "a: 'b\n  c\n",
  'a: "\\x41"\n',
  'a: "b\\\\\\"\n',
  "a: 'it''\n",
  'a: &x b\n',
  'a: *x\n',
  'a: !!str 1\n',
  'a: .inf\n',
  'a: >\n  b\n',
  'a: |+\n  b\n',
  'a: |\n  b',
  'a: [b: c]\n',
  'a: [b,]\n',
  'a: [[b]]\n',
  'a: [b,\n  c]\n',
  'a: {b: c}\n',
  '"a\\ud83d": b\n',
  'a: {b}\n',
  'a:\tb\n',
  'a: b\r\n',
  'yes: 1\n',
  '1: 1\n',
  '<<: {}\n',
  '? a\n: b\n',
  'a: b\n---\nc: d\n',
  'a: b\n c: d\n',
  '  a: b\nc: d\n',
  '%YAML 1.1\n---\na: b\n',
])('%j is left to the parser', (text) => {
  expect(readSimple(text, 'v2')).toBeUndefined()
})

const key = constantFrom(
  'a',
  'b',
  'c',
  'long-key/x.y',
  'yes',
  'null',
  '1',
  '<<',
  '"q"',
  "'a'",
  '"x y"',
  'é',
  '__proto__',
  '- a',
  '-',
)
const scalar = constantFrom(
  ...(
    ' |x|x y|1|-1|0.5|1e3|~|null|yes|.inf|-x|--x=1|- x|x:y|x: y|x:|x#y|x # c|# c|"x"|"x" |\'y\' # c|"x" y|"\\n"|' +
    "'it''s'|\"\"|{}|[]|[a]|{a: b}|>|*a|&a|&a x|!t x|%|@|? x|,|]|`|---|...|2001-01-01|12:30|1_000|0x1f|0o7|é|" +
    'x\u00a0|\u00a0|=|<|(x)|$x|+1|^|;|"\\\\"|"\\""|"\\\\""|"\\x41"|"a\\tb" # c|\'\'\'\'|\'\'\'|\'a\'\'|{ }|{ } # c|{ x}|[_a_]|[/]|' +
    "'a|b'|b' # c|''b'|\"a|b\"|b\" |c d|e #f|# g|\"|'|a''|" +
    '[0.5, 1e3]|[.inf]|[1_0]|[-]|[---]|[0x_]|[a/, -]'
  ).split('|'),
  '',
  '|',
  '|',
  '|-',
  '|-',
  '|+',
  '| # c',
)
const content = oneof(
  { weight: 5, arbitrary: tuple(key, scalar).map(([name, value]) => `${name}: ${value}`) },
  { weight: 3, arbitrary: key.map((name) => `${name}:`) },
  { weight: 3, arbitrary: scalar.map((value) => `- ${value}`) },
  { weight: 2, arbitrary: tuple(key, scalar).map(([name, value]) => `- ${name}: ${value}`) },
  { weight: 1, arbitrary: scalar },
)
const line = tuple(integer({ min: 0, max: 4 }), content).map(([depth, text]) => ' '.repeat(depth) + text)

test.each<YamlRules>(['v2', 'v3'])('whatever is read as simple, the parser reads as the same value (%s)', (rules) => {
  let simple = 0
  assert(
    property(array(line, { maxLength: 7 }), constantFrom('', '\n', '\n\n', '\n  '), (lines, end) => {
      const text = lines.join('\n') + end
      const value = readSimple(text, rules)
      if (value === undefined) return
      simple += 1
      const parsed = parse(text, rules)
      expect(parsed).toEqual(value)
      // Of equal keys in what is left out the last wins, as always without being strict.
      const part = readSimple(text, rules, ['a'])
      if (!Array.isArray(value))
        expect(part).toEqual(Object.hasOwn(value, 'a') ? { a: (value as JsonObject)['a'] } : {})
    }),
    { numRuns: 5_000 },
  )

  expect(simple).toBeGreaterThan(100)
})
