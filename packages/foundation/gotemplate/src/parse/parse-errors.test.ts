import { expect, test } from 'vitest'
import { parseTemplate } from './parser.ts'
import { printNode } from './print-node.ts'

const known = new Set(['printf', 'len'])

function complaintOf(text: string): string {
  try {
    parseTemplate('t', text, { hasFunction: (name) => known.has(name) })
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

test.each([
  ['{{\n☃}}', "template: t:2: unrecognized character in action: U+2603 '☃' in action started at t:1"],
  ['{{len \u00a0}}', 'template: t:1: unrecognized character in action: U+00A0'],
  ['{{\nlen', 'template: t:2: unclosed action started at t:1'],
  ['{{define\n"a}}', 'template: t:2: unterminated quoted string'],
  ['{{if .}}{{else if 1}}{{\n"a}}', 'template: t:2: unterminated quoted string in action started at t:1'],
  ['{{range $i, ☃}}', 'template: t:1: range can only initialize variables'],
  ['{{/*/}}', 'template: t:1: unclosed comment'],
  ['{{end=}}', "template: t:1: bad character U+003D '='"],
  ['{{$x=1}}', "template: t:1: bad character U+003D '='"],
  ['{{template nil}}', 'template: t:1: unexpected <nil> in template clause'],
  ['{{template "a" ééééééé}}', 'template: t:1: function "ééééééé" not defined'],
  ['{{block ééééééé}}', 'template: t:1: unexpected "ééééééé"... in block clause'],
  ['{{range .}}{{else if .}}{{end}}', 'template: t:1: unexpected <if> in input'],
])('[T7] %j ends with the complaint of Go', (text, complaint) => {
  expect(complaintOf(text)).toBe(complaint)
})

test.each([
  ['{{$x\n}}', 'template: t:2: undefined variable "$x"'],
  ['{{nil.a\n}}', 'template: t:1: unexpected . after term "nil"'],
  ['{{block "a" .}}\n{{else}}{{end}}', 'template: t:1: unexpected {{else}} in block clause'],
  ['{{define "a"}}\n{{else}}{{end}}', 'template: t:2: unexpected {{else}} in define clause'],
])('[T7] %j names the line of what was read last', (text, complaint) => {
  expect(complaintOf(text)).toBe(complaint)
})

test.each([
  ['1x', 'bad number syntax: "1x"'],
  ['1+2', 'bad number syntax: "1+2"'],
  ['08', 'integer overflow: "08"'],
  ['18446744073709551616', 'integer overflow: "18446744073709551616"'],
  ['0x_', 'illegal number syntax: "0x_"'],
  ['1__0', 'illegal number syntax: "1__0"'],
  ['1e400', 'illegal number syntax: "1e400"'],
  ["'ab'", "malformed character constant: 'ab'"],
  [String.raw`'\q'`, 'invalid syntax'],
  ['1i+2i', 'syntax error scanning complex number'],
])('[T7] the number %s is refused in the words of Go', (number, complaint) => {
  expect(complaintOf(`{{${number}}}`)).toBe(`template: t:1: ${complaint}`)
})

test.each(['1_000', '0x1p-2', '1i', '0x1p4i', '1+2i', '1e3', '0b1_0', '.5', "'☃'", '-0', '0o1_7'])(
  '[T7] the number %s is one',
  (number) => {
    const tree = parseTemplate('t', `{{${number}}}`, { hasFunction: () => false }).get('t')
    expect(tree === undefined ? '' : printNode(tree.body)).toBe(`{{${number}}}`)
  },
)
