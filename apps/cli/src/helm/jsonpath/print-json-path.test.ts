import { expect, test } from 'vitest'
import { JsonPathSyntaxError } from './nodes.ts'
import { printJsonPath } from './print-json-path.ts'

const values = {
  image: { repository: 'nginx', tag: '1.2' },
  port: 8080,
  large: 12_345_678_901_234,
  ratio: 1.5,
  none: null,
  html: '<a&b>',
  'dotted.key': 'dot',
  empty: [],
  list: [
    { name: 'a', count: 1, ok: true, f: 1.5 },
    { name: 'b', count: 2, ok: false, f: 2.5 },
    { name: 'c', count: 10, ok: true, f: 0.5, extra: { deep: 'x' } },
  ],
  mixed: [1, 'two', 3.5, true, null, { a: 1 }, ['x']],
}

// Every line was printed by helm 4.3 too.
test.each([
  ['{.port}', '8080'],
  ['{$.port}', '8080'],
  ['{@.port}', '8080'],
  ['{.large}', '1.2345678901234e+13'],
  ['{.ratio}', '1.5'],
  ['{.none}', 'null'],
  ['{.html}', '<a&b>'],
  ['{.image}', '{"repository":"nginx","tag":"1.2"}'],
  ["{.image['tag','repository']}", '1.2 nginx'],
  ['{.dotted\\.key}', 'dot'],
  ['plain {.port} text', 'plain 8080 text'],
  ['{.mixed}', '[1,"two",3.5,true,null,{"a":1},["x"]]'],
  ['{.mixed[*]}', '1 two 3.5 true null {"a":1} ["x"]'],
  ['{range .mixed[*]}{@};{end}', '1;two;3.5;true;<no value>;{"a":1};["x"];'],
  ['{.list[-1].name}', 'c'],
  ['{.list[0:2].name}', 'a b'],
  ['{.list[::2].name}', 'a c'],
  ['{.list[0,2].name}', 'a c'],
  ['{.list[0:0].name}', ''],
  ['{..name}', 'a b c'],
  ['{.list..deep}', 'x'],
  ['{.image.tag.*}', '49 46 50'],
  ['{.list[?(@.name=="b")].f}', '2.5'],
  ['{.list[?(@.f>1.0)].name}', 'a b'],
  ['{.list[?(@.f<=1.5)].name}', 'a c'],
  ['{.list[?(@.ok==true)].name}', 'a c'],
  ['{.list[?(@.ok!=true)].name}', 'b'],
  ['{.list[?(@.extra)].name}', 'c'],
  ['{.list[?(@.name>"a")].name}', 'b c'],
  ['{range .list[*]}{.name}={.count}{"\\n"}{end}', 'a=1\nb=2\nc=10\n'],
  ['{range .list[*]}{range .extra}{.deep}{end}{end}', ''],
  ['{range .list[2:]}{.name}{range .extra}-{.deep}{end};{end}.', 'c-x;.'],
  ['{3} {1.5} {true} {"q"}', '3 1.5 true q'],
  ["{'a\\'b'}{\"\\x41\\u00e9\\101\"}", "a'bAéA"],
  ['{.html}{.empty}', '<a&b>[]'],
  ['{}', '{"html":"\\u003ca\\u0026b\\u003e"}', { html: '<a&b>' }],
])('%s prints %j', (template, printed, given: unknown = values) => {
  expect(printJsonPath(template, given)).toBe(printed)
})

test.each([
  '{.missing}',
  '{.missing}{.port}',
  '{.port}{.missing}',
  '{.list[5]}',
  '{.list[2:1]}',
  '{.list[0:9]}',
  '{.list[::0]}',
  '{.port[0]}',
  '{.port[?(@.a)]}',
  '{.list[?(@.count==1)].name}',
  '{.list[?(@.f>1)].name}',
  '{.list[?(@.name==1)].name}',
  '{.list[?(@.ok<true)].name}',
  '{.list[?(@.f===1.5)].name}',
  '{range .list[*]}{.name}',
  '{range .empty[*]}{.name}{end}',
  '{end}',
  '{foo}',
  '{.}',
  '{.image.}',
])('%s goes wrong on the way, and so prints nothing', (template) => {
  expect(printJsonPath(template, values)).toBe('')
})

test.each([
  ['{.port', 'unclosed action'],
  ['{.port\n}', 'unclosed action'],
  ['{....}', 'invalid multiple recursive descent'],
  ['{.list[a]}', 'invalid array index a'],
  ['{.list[-]}', 'array index - is not a number'],
  ['{.list[', 'unterminated array'],
  ['{"abc', 'unterminated quoted string'],
  ['{"\\q"}', 'unquote string "\\q" error invalid syntax'],
  ['{#}', "unrecognized character in action: U+0023 '#'"],
  ['{1.2.3}', 'cannot parse number 1.2.3'],
  ['{.a[?(@.b==1}', 'unterminated filter'],
  ['{.a[?(@.b==1)x', 'unclosed array expect ]'],
  ['{.a[?(@.n=~2)]}', "unrecognized character in action: U+007E '~'"],
])('%s is no template: %s', (template, message) => {
  expect(() => printJsonPath(template, values)).toThrow(new JsonPathSyntaxError(message))
})

test.each(['{..[*]..[*]..[*]}', '{range ..}{range ..}{range ..}{@}{end}{end}{end}'])(
  '%s finds too much, and is given up',
  (template) => {
    const nest = (depth: number): unknown => (depth === 0 ? [] : [nest(depth - 1)])
    expect(() => printJsonPath(template, nest(250))).toThrow('the JSONPath finds more than 1000000 values')
  },
)
