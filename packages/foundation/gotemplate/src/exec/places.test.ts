import { expect, test } from 'vitest'
import { TemplateSet, int64, sprigFunctions, type SprigHost } from '../index.ts'

const host: SprigHost = {
  nowMs: () => 0,
  zone: () => undefined,
  randomBytes: (count) => new Uint8Array(count),
  digest: () => '',
  cryptography: {},
}

function complaintOf(text: string): string {
  const set = new TemplateSet({ functions: sprigFunctions(host), missingKey: 'default' })
  set.add('t', text)
  try {
    return set.execute('t', { s: 'x', n: int64(2), l: [1], m: { k: 'v' } })
  } catch (error) {
    return (error as Error).message.replace(/^template: (\S+) executing "t" at /, '$1 ')
  }
}

test.each([
  ['{{range or .s .l}}{{end}}', `t:1:11: <.s>: range can't iterate over x`],
  ['{{range and .l .s}}{{end}}', `t:1:15: <.s>: range can't iterate over x`],
  ['{{upper (or .l .s)}}', 't:1:12: <.l>: wrong type for value; expected string; got []interface {}'],
  ['{{(.s) 1 | upper}}', `t:1:2: <(.s) 1 | upper>: can't give argument to non-function .s`],
  ['{{$x := (.s) 1}}', `t:1:2: <$x := (.s) 1>: can't give argument to non-function .s`],
  ['{{1 | (.s)}}', `t:1:2: <1>: can't give argument to non-function .s`],
  ['{{$x = upper "a"}}', 't:1:13: <"a">: undefined variable: $x'],
])('[T8] %s points to what was evaluated last', (text, complaint) => {
  expect(complaintOf(text).replace('template: ', '')).toBe(complaint)
})

test.each([
  ['{{range .n}}{{.a}}{{end}}', `t:1:14: <.a>: can't evaluate field a in type int64`],
  ['{{range .l}}{{.a}}{{end}}', `t:1:14: <.a>: can't evaluate field a in type interface {}`],
  ['{{range $k, $v := .m}}{{$k.a}}{{end}}', `t:1:26: <$k.a>: can't evaluate field a in type string`],
  ['{{range $k, $v := .m}}{{$v.a}}{{end}}', `t:1:26: <$v.a>: can't evaluate field a in type interface {}`],
  ['{{range split "," "a"}}{{.a}}{{end}}', `t:1:25: <.a>: can't evaluate field a in type string`],
  ['{{(split "," "a")._0.x}}', `t:1:13: <"a">: can't evaluate field x in type string`],
])('[T8] %s names the type that Go knows', (text, complaint) => {
  expect(complaintOf(text)).toBe(complaint)
})
