import { matchesConstraint, parseVersion } from '@kedge/semver'
import { expect, test } from 'vitest'
import {
  Budget,
  GoFunction,
  TemplateSet,
  bytesToText,
  regexFinds,
  sprigFunctions,
  sprintf,
  textToBytes,
  type GoValue,
  type SprigHost,
} from './index.ts'

const host: SprigHost = {
  nowMs: () => 0,
  zone: () => undefined,
  randomBytes: (count) => new Uint8Array(count),
  digest: () => '',
  cryptography: {},
}
const functions = sprigFunctions(host)

function render(text: string, data: GoValue = {}): string {
  const set = new TemplateSet({ functions, missingKey: 'default' })
  set.add('t', text)
  return set.execute('t', data)
}

test('[T1] markers trim and errors name their place', () => {
  expect(render('a \n{{- 1 -}}\n b {{-3}}{{/* c */}}')).toBe('a1b -3')
  expect(() => render('\n{{ if }}')).toThrow('template: t:2: missing value for if')
  expect(() => render('{{ .a.b.c }}', { a: null })).toThrow(
    'template: t:1:5: executing "t" at <.a.b.c>: nil pointer evaluating interface {}.b',
  )
})

test('[T2] variables end with their block', () => {
  expect(
    render('{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x = 3 }}{{ end }}{{ $x }}{{ with .a }}{{ $.b }}{{ end }}', {
      a: 1,
      b: 2,
    }),
  ).toBe('12')
})

test('[T3] what is missing is no value', () => {
  expect(render('{{ .a }}{{ .a.b }}')).toBe('<no value><no value>')
})

test('[T4] a wrong type is told at the last argument', () => {
  expect(() => render('{{ .a | trunc 3 }}', { a: 1 })).toThrow(
    'at <3>: wrong type for value; expected string; got float64',
  )
})

test('[T5] logic ends early, and comparison is strict', () => {
  expect(render('{{ or 1 (fail "no") }}{{ and 0 (fail "no") }}')).toBe('10')
  expect(() => render('{{ eq .a 1 }}', { a: 1 })).toThrow('incompatible types for comparison: float64 and int')
})

test('[T6] ranges', () => {
  expect(
    render(
      '{{ range $i, $_ := .m }}{{ $i }}{{ end }}{{ range 3 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ . }}{{ end }}',
      { m: { b: 1, a: 2 } },
    ),
  ).toBe('ab02')
})

test.each([
  ['%v', 1_000_000, '1e+06'],
  ['%v', 123_456, '123456'],
  ['%v', 0.00001, '1e-05'],
  ['%.0f', 2.5, '2'],
  ['%e', 1_000_000.5, '1.000000e+06'],
  ['%x', 1, '0x1p+00'],
])('[F1] %s of %d', (format, value, text) => {
  expect(sprintf(format, [value])).toBe(text)
})

test.each([
  ['%d', ['x'], '%!d(string=x)'],
  ['%d', [], '%!d(MISSING)'],
  ['x', [true], 'x%!(EXTRA bool=true)'],
  ['%*d', ['x'], '%!(BADWIDTH)%!d(MISSING)'],
])('[F2] %s of %j', (format, args, text) => {
  expect(sprintf(format, args)).toBe(text)
})

test('[B1] bytes survive, and are counted', () => {
  const bytes = Uint8Array.from([0xff, 0x61, 0xc3, 0xa9, 0x80])
  expect(textToBytes(bytesToText(bytes))).toEqual(bytes)
  expect(render('{{ len "é" }} {{ b64dec "/2E=" | len }} {{ trunc 1 "é" | len }}')).toBe('2 2 1')
})

test.each([
  ['steps', '{{ range 1000 }}{{ end }}'],
  ['output', '{{ range 90 }}xxxxxxxxxxxxxxxxxxxx{{ end }}'],
  ['nesting', '{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}'],
  ['memory', '{{ $x := repeat 900 "x" }}{{ range 9 }}{{ $x = print $x $x }}{{ end }}'],
])('[B2] %s', (what, text) => {
  const set = new TemplateSet({ functions, missingKey: 'default' })
  set.add('t', text)
  const steps = what === 'nesting' ? 1_000_000 : 100
  expect(() => set.execute('t', {}, new Budget({ steps, outputLength: 1500 }))).toThrow(
    `template: the budget of ${what} is used up`,
  )
})

test('[B2] a budget used up inside a function has no place added', () => {
  const inner = new GoFunction({ params: [] }, () =>
    new TemplateSet({ functions, missingKey: 'default' }).execute('x', {}),
  )
  const set = new TemplateSet({ functions: { inner }, missingKey: 'default' })
  set.add('t', '{{ inner }}')
  expect(() => set.execute('t', {})).toThrow('error calling inner')
})

test('[S1] an expression that would backtrack elsewhere is answered at once', () => {
  expect(regexFinds('^(a+)+$', `${'a'.repeat(10_000)}!`)).toBe(false)
})

test.each([
  ['>=1.2', '1.3.0-rc.1', false],
  ['>=1.2-0', '1.3.0-rc.1', true],
  ['~1.2', '1.2.9', true],
  ['^0.2.3', '0.3.0', false],
])('[S2] %s and %s', (constraint, version, holds) => {
  expect(matchesConstraint(constraint, parseVersion(version))).toBe(holds)
})
