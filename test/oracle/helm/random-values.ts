/** Data that random templates run on, and texts that are apt to be read differently. */
import type { Dice } from '../kustomize/dice.ts'

/** The fields that templates name. */
export const data: Readonly<Record<string, unknown>> = {
  i: 3,
  f: 1.5,
  big: 1e21,
  tiny: 1e-7,
  neg: -2,
  zero: 0,
  int: { $int64: '7' },
  s: 'abc',
  e: '',
  u: 'héé☃𝄞',
  html: `<a href="x">'&`,
  t: true,
  no: false,
  n: null,
  l: [3, 1, 2],
  ls: ['b', 'a', 'b'],
  lx: [1, 'two', 3.5, null, true, [1], { k: 'v' }],
  lm: [{ name: 'x', v: 1 }, { name: 'y' }],
  le: [],
  m: { a: 1, b: 'x', c: { d: [1, { e: 'f' }] } },
  me: {},
  mn: { x: null, Y: 2 },
  ints: [{ $int64: '1' }, { $int64: '2' }],
  deep: { deep: { deep: { x: 1 } } },
}

/** A random path below the data, mostly one that is there. */
export function randomPath(dice: Dice): string {
  const first = dice.pick(Object.keys(data))
  if (dice.chance(0.6)) return `.${first}`
  const further = dice.some([1, 2], () =>
    dice.pick(['a', 'b', 'c', 'd', 'deep', 'x', 'Y', 'name', 'missing', 'n', 'e']),
  )
  return `.${dice.pick([first, 'm', 'mn', 'deep', 'missing'])}.${further.join('.')}`
}

const texts = [
  '""', '"a"', '"abc"', '"a b c"', '"A-b_c.d/e"', '"1"', '"01"', '"1.5"', '"-3"', '"0x1F"', '"1e3"', '"true"', '"no"',
  '"héllo ☃"', '"𝄞𝄞"', String.raw`"\xff\xfe"`, String.raw`"a\tb\nc"`, String.raw`"\u00e9\U0001F600"`, '`raw`', '`a\\nb`',
  '"  padded  "', '"<a href=\'x\'>&amp;"', '"a,b,,c"', '"1.2.3"', '"v1.2"', '"^1.2"', '"5m"', '"1h30m"', '"[1,2]"',
  String.raw`"{\"a\":1,\"b\":[true,null]}"`, '"a: 1\\nb: [x]"', '"a = 1\\n[t]\\nb = \\"c\\""', '"%d"', '"$1"', '"(a)(b)?"',
  '"2024-02-29"', '"2006-01-02"', '"http://u:p@h:80/p?q=1#f"', '"aGk="', '"MFRGG==="', '"null"', '"~"', '"NaN"', '"9223372036854775808"',
  '"The quick brown fox jumps"', '"foo.bar"', '"one two  three"', '"İßſK"', '"éé"', '"a\\u00a0b"', '"\\r\\n"', '"\\u2028"', '"\\x00"',
] // prettier-ignore

const numbers = [
  '0', '1', '2', '-1', '3', '10', '100', '1.5', '-0.0', '0.1', '1e3', '1e21', '1e-7', '0x1F', '0b101', '0o17', '017', '1_000',
  "'a'", "'☃'", '-9223372036854775808', '3.0', '2.5', '3.999999', '1i', '1e308', '.5', '5.',
  '0x1p4', '123456789.123', '65', '-7',
] // prettier-ignore

/** Loops over these would not end. */
const largeNumbers = ['2147483648', '16777217', '4294967296', '9223372036854775807']

/** A literal as templates write it. */
export function randomLiteral(dice: Dice): string {
  const roll = dice.next()
  if (roll < 0.4) return dice.pick(texts)
  if (roll < 0.8) return dice.pick(numbers)
  return dice.pick(['true', 'false', 'nil', '.'])
}

/** A quoted text. */
export function randomText(dice: Dice): string {
  return dice.pick(texts)
}

/** A number as templates write it, also a large one. */
export function randomNumber(dice: Dice): string {
  return dice.chance(0.1) ? dice.pick(largeNumbers) : dice.pick(numbers)
}
