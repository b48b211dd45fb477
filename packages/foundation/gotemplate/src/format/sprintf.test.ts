import { expect, test } from 'vitest'
import { GoComplex, int, type GoValue } from '../value/go-value.ts'
import { sprintf } from './sprintf.ts'

test.each<[string, readonly GoValue[], string]>([
  ['%[2]*.[1]*f|%[3]2d|%[1]*.2d', [int(2), int(8), 1.5], '%!f(int=      08)|%!d(BADINDEX)|08'],
  ['%.*d|%*d', [int(-1), int(3), 'x', int(4)], '%!(BADPREC)3|%!(BADWIDTH)4'],
  ['%[1]*.[1]*G', [int(-7)], '%!(BADPREC)%!G(MISSING)'],
  ['%[5]d|%[x]d|%[1', [int(1)], '%!d(BADINDEX)|%!d(BADINDEX)|%!(NOVERB)'],
  ['%.', [int(1)], '%!.(int=1)'],
  ['%5.3T|%T|%-8T|', [1.5, null, 'a'], '  flo|<nil>|string  |'],
])('[F2] indexes, widths and precisions of %s', (format, args, text) => {
  expect(sprintf(format, args)).toBe(text)
})

test.each<[string, readonly GoValue[], string]>([
  ['%#d|%#e|%#g|%#.3g', [1.5, 1e6, 1, 2.5], '%!d(float64=1.50000)|1.000000e+06|1.00000|2.50'],
  [
    '%w|%#O|%8.2f',
    [{ b: 1 }, int(8), new GoComplex(0, 1)],
    '%!w(map[string]interface {}=map[b:1])|0o010|(    0.00   +1.00i)',
  ],
])('[F2] verbs and flags of %s', (format, args, text) => {
  expect(sprintf(format, args)).toBe(text)
})
