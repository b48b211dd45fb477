import { expect, test } from 'vitest'
import { Budget, GoFunction, TemplateSet, int, type GoValue } from './index.ts'

function render(text: string, data: GoValue = {}, missingKey: 'default' | 'zero' | 'error' = 'default'): string {
  const set = new TemplateSet({ functions: {}, missingKey })
  set.add('t', text)
  return set.execute('t', data)
}

const data = {
  name: 'web',
  float: 3,
  big: 1_000_000,
  list: [1, 'two', true],
  map: { b: 2, a: 1 },
  empty: [],
  deep: { er: { x: 'y' } },
}

test.each([
  ['{{.name}}', 'web'],
  ['{{.float}} {{.big}}', '3 1e+06'],
  ['{{.list}} {{.map}}', '[1 two true] map[a:1 b:2]'],
  ['{{.missing}}', '<no value>'],
  ['{{.deep.er.x}}', 'y'],
  ['{{range $i, $v := .list}}{{$i}}={{$v}} {{end}}', '0=1 1=two 2=true '],
  ['{{range $k, $v := .map}}{{$k}}{{$v}}{{end}}', 'a1b2'],
  ['{{range 3}}{{.}}{{end}}', '012'],
  ['{{range .empty}}x{{else}}none{{end}}', 'none'],
  ['{{range .list}}{{if eq (print .) "two"}}{{continue}}{{end}}{{.}};{{end}}', '1;true;'],
  ['{{range .list}}{{if eq (print .) "two"}}{{break}}{{end}}{{.}};{{end}}', '1;'],
  ['{{with .deep.er}}{{.x}}{{$.name}}{{end}}', 'yweb'],
  ['{{$x := 1}}{{if true}}{{$x = 2}}{{$x := 3}}{{$x}}{{end}}{{$x}}', '32'],
  ['{{define "a"}}[{{.}}]{{end}}{{template "a" .name}}', '[web]'],
  ['{{block "b" .name}}<{{.}}>{{end}}', '<web>'],
  ['{{printf "%05.1f|%-4s|%+d|%q|%x|%T" 3.14159 "ab" 7 "x" "hi" 1}}', '003.1|ab  |+7|"x"|6869|int'],
  ['{{printf "%d %s" "x" 1}}', '%!d(string=x) %!s(int=1)'],
  ['{{printf "%d" 1 2}}', '1%!(EXTRA int=2)'],
  ['{{print 1 2 "a" 3}}', '1 2a3'],
  ['{{index .list 1}}{{index .map "a"}}', 'two1'],
  ['{{len .name}}{{len "é"}}', '32'],
  ['{{and 1 0 2}}{{or 0 "" "z"}}{{not 1}}', '0zfalse'],
  ["{{'a'}} {{0x10}} {{1_000}} {{1.5e3}} {{07}}", '97 16 1000 1500 7'],
  ['a {{- 1 -}} b', 'a1b'],
  ['{{/* gone */}}x{{- /* too */ -}} y', 'xy'],
])('%s prints %j', (text, printed) => {
  expect(render(text, data)).toBe(printed)
})

test.each([
  ['{{.name.x}}', 'template: t:1:7: executing "t" at <.name.x>: can\'t evaluate field x in type interface {}'],
  [
    '{{eq .float 3}}',
    'template: t:1:2: executing "t" at <eq .float 3>: error calling eq: incompatible types for comparison: float64 and int',
  ],
  ['{{nope}}', 'template: t:1: function "nope" not defined'],
  ['\n{{if}}', 'template: t:2: missing value for if'],
  ['{{range .float}}{{end}}', 'template: t:1:8: executing "t" at <.float>: range can\'t iterate over 3'],
  ['{{template "x"}}', 'template: t:1:11: executing "t" at <{{template "x"}}>: template "x" not defined'],
])("%j fails with Go's words", (text, message) => {
  expect(() => render(text, data)).toThrow(message)
})

test('a missing key is the zero value or an error when asked', () => {
  expect(render('{{with .a}}{{else}}none{{end}}', {}, 'zero')).toBe('none')
  expect(() => render('{{.a.b}}', {}, 'zero')).toThrow('nil pointer evaluating interface {}.b')
  expect(() => render('{{.a}}', {}, 'error')).toThrow('map has no entry for key "a"')
})

test('prototype members are no fields', () => {
  expect(render('{{.constructor}} {{.toString}} {{index . "hasOwnProperty"}}')).toBe('<no value> <no value> <no value>')
})

test('functions of the caller take Go values and may fail', () => {
  const twice = new GoFunction({ params: ['int'] }, (n) => int(2n * (n as ReturnType<typeof int>).value))
  const set = new TemplateSet({ functions: { twice }, missingKey: 'default' })
  set.add('t', '{{twice 21}}{{"x" | twice}}')
  expect(() => set.execute('t', {})).toThrow(
    'template: t:1:20: executing "t" at <twice>: wrong type for value; expected int; got string',
  )
})

test('an endless loop and endless output end at the budget', () => {
  const set = new TemplateSet({ functions: {}, missingKey: 'default' })
  set.add('loop', '{{range 1000000000}}{{end}}')
  set.add('self', '{{define "x"}}{{template "x"}}{{end}}{{template "x"}}')
  set.add('text', '{{range 1000000000}}aaaaaaaaaa{{end}}')
  const budget = () => new Budget({ steps: 10_000, outputLength: 1000 })
  expect(() => set.execute('loop', {}, budget())).toThrow(/budget of steps/)
  expect(() => set.execute('text', {}, budget())).toThrow(/budget of output/)
  expect(() => set.execute('self', {}, budget())).toThrow(/budget of (?:steps|nesting)/)
})

test('a text that clones parse again is run with the functions of each clone', () => {
  const root = new TemplateSet({ functions: {}, missingKey: 'default' })
  const run = (answer: string): string => {
    const set = root.clone({ answer: new GoFunction({ params: [] }, () => answer) })
    set.add('text', '{{ define "x" }}{{ answer }}{{ end }}{{ template "x" }}')
    return set.execute('text', null)
  }
  expect([run('one'), run('two')]).toEqual(['one', 'two'])
  expect(() => root.clone().add('text', '{{ answer }}')).toThrow('function "answer" not defined')
})

test('a text that is parsed later is found by its name, from a clone as well, run again and again', () => {
  const set = new TemplateSet({ functions: {}, missingKey: 'zero' })
  set.add('first', '{{ define "shared" }}[{{ . }}]{{ end }}')
  set.addLater('later', '{{ template "shared" .x }}{{ template "other" . }}')
  set.addLater('other', '{{ .x }}')
  set.addLater('broken', '{{ if }}')
  set.addLater('first', 'known already')
  const clone = set.clone()

  for (let round = 0; round < 4; round += 1)
    expect(clone.execute('later', { x: String(round) })).toBe(`[${round}]${round}`)
  expect(clone.execute('first', {})).toBe('known already')
  expect(() => clone.execute('broken', {})).toThrow('missing value for if')
})
