/** Random lines of the `--set` family, whole and damaged, and random constraints of versions. */
import type { Dice } from '../kustomize/dice.ts'
import type { Case } from './case.ts'
import { damageText } from './damage-text.ts'

const bases: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { a: 1, b: { c: 'x' }, l: [1, { k: 'v' }] },
  { a: { b: null }, l: [[1], null, 'x'], s: 'text', n: null },
]

function key(dice: Dice): string {
  const name = dice.pick([
    'a',
    'b',
    'c',
    'l',
    's',
    'n',
    'a b',
    '',
    String.raw`a\.b`,
    String.raw`x\,y`,
    String.raw`e\=q`,
    'é☃',
    '0',
  ])
  return name + dice.some([0, dice.chance(0.3) ? 2 : 0], () => `[${index(dice)}]`).join('')
}

function index(dice: Dice): string {
  if (dice.chance(0.8)) return String(dice.below(4))
  return dice.pick([
    '-1',
    '',
    'x',
    '65536',
    '65537',
    '99999999999999999999',
    '+1',
    '01',
    '1x',
    ' 1',
    '1_0',
    '0x1',
    '-',
    '-99999999999999999999x',
  ])
}

const scalars = [
  'x', '1', '0', '-1', '+5', '01', '1.5', '1e3', 'true', 'TRUE', 'false', 'null', 'Null', '', ' ', 'a b', 'é☃𝄞', '9223372036854775807', '9223372036854775808',
  '-9223372036854775808', '0x10', '~', String.raw`a\,b`, String.raw`\\`, String.raw`a\nb`, 'a=b', 'a.b', '[1]', '"q"', 'yes', '-0', '+0', '00', '1_000', 'tRUE', 'K', 'ſ',
] // prettier-ignore

const documents = [
  '{"a":1}', '{"a":{"b":[1,2,null]}}', '[1,"x",true]', '"text"', '1', '1.5', '1e400', '-0', 'null', 'true', 'tru', '{"a":', '[1,', '{"a" 1}', '{a:1}',
  '"\\u00e9\\ud834\\udd1e"', '"\\ud834"', '"a\tb"', '01', '1.', '-', '+1', '{}', '[]', '[1]]', '{"a":1}x', '"a" "b"', ' 1 ', '\n{"a":1}\n', 'nul', '"\\x"', '"', "'a'",
  '{"a":1,}', '[,]', '{"a":1,"a":2}', '9223372036854775808', '1E+2', '{"":1}', 'NaN', '{"a":1}}', '[1 2]', '{"a":1 "b":2}', '{1:2}', '"\\u12"', '.5', '1e', '1e+', '-x',
] // prettier-ignore

function value(dice: Dice, fn: string): string {
  if (fn === 'set-json' && dice.chance(0.9)) return dice.pick(documents)
  if (dice.chance(0.15)) return `{${dice.some([0, 3], () => dice.pick(scalars)).join(',')}${dice.maybe(0.9, () => '}')}`
  return dice.pick(scalars)
}

/** A random line for one of the flags. */
export function randomSet(dice: Dice): Case {
  const fn = dice.pick(['set', 'set', 'set-string', 'set-json', 'set-json', 'set-literal', 'set-file'] as const)
  const entries = dice.some([1, 3], () => {
    const path = dice.some([1, dice.chance(0.02) ? 33 : 3], () => key(dice)).join('.')
    return `${path}${dice.pick(['=', '=', '=', '=', '=', '=', '= ', '', '=='])}${value(dice, fn)}`
  })
  const line = entries.join(dice.pick([',', ',', ',', ', ', ',,']))
  const text = dice.chance(0.35) ? damageLine(dice, line) : line
  return { kind: 'set', fn, text, base: dice.pick(bases) }
}

function damageLine(dice: Dice, line: string): string {
  if (dice.chance(0.1)) return damageText(dice, line)
  const runes = Array.from(line)
  const at = dice.below(runes.length + 1)
  const extra = dice.pick(['=', ',', '.', '[', ']', '{', '}', '\\', '0', 'a', ' ', '\n', '"', '☃', ':'])
  return runes.toSpliced(at, dice.below(3), ...dice.some([0, 1], () => extra)).join('')
}

const oddNumbers = '0 1 1 2 3 10 01 x X * 99999999999999999999'.split(' ')
const oddPreReleases = ' - -0 -alpha -alpha.1 -rc.1 -1.2 -01 - -a..b -a_b -- -é'.split(' ')
const metadata = '     +b +b.1 + +01 +b_c'.split(' ')

function version(dice: Dice): string {
  if (dice.chance(0.9)) return plainVersion(dice)
  const numbers = dice.some([1, 3], () => dice.maybe(0.9, () => dice.pick(oddNumbers)))
  return dice.pick(['', '', '', 'v', 'V', ' ']) + numbers.join('.') + dice.pick(oddPreReleases) + dice.pick(metadata)
}

function plainVersion(dice: Dice): string {
  const numbers = dice.some([1, 3], () => dice.pick(['0', '1', '1', '2', '3', '10', 'x', '*']))
  return numbers.join('.') + dice.pick(['', '', '', '', '-0', '-alpha', '-alpha.1', '-rc.1', '-rc.2', '+b'])
}

const operators = ['', '', '=', '!=', '>', '<', '>=', '<=', '=>', '=<', '~', '~>', '^']

function comparator(dice: Dice): string {
  const operator = dice.chance(0.97) ? dice.pick(operators) : dice.pick(['==', '<>', '!', '^^'])
  return operator + dice.pick(['', '', ' ', '  ']) + version(dice)
}

/** A random constraint and a version to check. */
export function randomConstraint(dice: Dice): Case {
  const groups = dice.some([1, 3], () => {
    if (dice.chance(0.15)) return `${version(dice)}${dice.pick([' - ', ' - ', '-', '  -  '])}${version(dice)}`
    return dice
      .some([1, 3], () => comparator(dice))
      .join(dice.chance(0.95) ? dice.pick([', ', ',', ' ', '  ', ' , ']) : dice.pick([';', ',,']))
  })
  const constraint = groups.join(dice.chance(0.95) ? dice.pick([' || ', '||']) : dice.pick(['|', ' | ', '||||']))
  const checked = dice.chance(0.8)
    ? `${dice.some([1, 3], () => dice.pick(['0', '1', '1', '2', '3', '10'])).join('.')}${dice.pick(['', '', '', '-alpha', '-rc.1', '-0', '+b'])}`
    : version(dice)
  return { kind: 'semver', constraint, version: checked }
}
