import { expect, test } from 'vitest'
import { TemplateSet, sprigFunctions, typed, type GoValue, type SprigHost } from '../index.ts'

const host: SprigHost = {
  nowMs: () => 0,
  zone: () => ({ abbreviation: 'UTC', offsetSeconds: 0 }),
  randomBytes: (count) => new Uint8Array(count),
  digest: () => '',
  cryptography: {},
}

function render(text: string, data: GoValue = {}): string {
  const set = new TemplateSet({ functions: sprigFunctions(host), missingKey: 'default' })
  set.add('t', text)
  return set.execute('t', data)
}

const values = typed({ a: { b: 1 }, l: [] as GoValue[] }, 'common.Values')

// What helm 4.3.1 gives, found by comparing random calls.
test.each([
  ['{{ camelcase "ÜNÏ code_CASE" }}', 'ÜnïCodeCase'],
  [String.raw`{{ camelcase "a: 1\n  - x" }}`, 'A:1\n  -X'],
  ['{{ camelcase "--" }}', '---'],
  ['{{ nospace "é" }}{{ nospace "é x" }}', 'éÃ©x'],
  ['{{ add1 "1_000" }}|{{ int "1__0" }}|{{ float64 "1_0.5" }}', '1001|0|10.5'],
  [
    String.raw`{{ b64dec "a\rb" }}|{{ b64dec "YQ=" }}|{{ b64dec "YQ==x" }}|{{ b64dec "YQ=a" }}`,
    'illegal base64 data at input byte 1|illegal base64 data at input byte 3|illegal base64 data at input byte 4|illegal base64 data at input byte 2',
  ],
  ['{{ chunk -3 (list 1 2 3) }}{{ chunk -3 (list 1) }}{{ chunk 2 (list 1 2 3) }}', '[][[1]][[1 2] [3]]'],
  ['{{ rest (list) | toJson }}{{ initial (list) }}', 'null[]'],
  [
    '{{ semverCompare "~0" "1.37.0" }} {{ semverCompare "~0" "0.3.1" }} {{ semverCompare "~0.0.0" "2.0.0" }}',
    'false true true',
  ],
  [
    '{{ $m := dict "x" (dict "y" 1) }}{{ $n := merge (dict) $m }}{{ $_ := set $n.x "z" 2 }}{{ $m }}',
    'map[x:map[y:1 z:2]]',
  ],
  ['{{ mergeOverwrite (dict "a" 1) (dict "a" nil) }}{{ merge (dict) (dict "a" nil) }}', 'map[a:<nil>]map[]'],
  ['{{ dig "a" "b" 0 (merge . (dict)) }}', '1'],
  ['{{ $d := mergeOverwrite (deepCopy .) (dict "a" (dict "c" 2)) }}{{ $d }}', 'map[a:map[b:1 c:2] l:[]]'],
  [
    '{{ $d := mergeOverwrite (dict "v" (deepCopy .)) (dict "v" (dict "c" 2)) }}{{ $d }}',
    'map[v:map[a:map[b:1] c:2 l:[]]]',
  ],
  ['{{ get (dict "a" nil) "a" | toJson }} {{ get (dict) "a" | toJson }}', 'null ""'],
  ['{{ toDate "2006-01-02" "2020-02-30" }}', '0001-01-01 00:00:00 +0000 UTC'],
  ['{{ (urlParse "HTTP://u:p@h.com:80/a%20b?q#f").path }}', '/a b'],
  ['{{ snakecase "HTTP2xx" }} {{ snakecase "aGk=" }} {{ kebabcase "Bld4Floor3rd" }}', 'http_2xx a_gk_= bld4-floor-3rd'],
  ['{{ snakecase "GO PATH" }} {{ kebabcase "a=b" }} {{ snakecase "東京Tower" }}', 'go_path a-=-b 東京_tower'],
  [String.raw`{{ lower "A\xff" }}{{ toJson "\xff" }}`, String.raw`a�"\ufffd"`],
  ['{{ wrapWith 2 "☃" "abcd" }}', 'ab☃cd'],
  [
    '{{ b32dec "MFRGG" }}|{{ b32dec "MFRGG===" }}|{{ b32dec "M=" }}',
    'illegal base32 data at input byte 0|abc|illegal base32 data at input byte 1',
  ],
  ['{{ fromJson "{a:1}" | toJson }}{{ toJson 1i }}{{ fromJson `{"a":1e400}` | toJson }}', 'null{"a":null}'],
  ['{{ regexFindAll "x" "a" 1 | toJson }}{{ regexSplit "x" "a" 0 | toJson }}{{ concat .l | toJson }}', 'nullnullnull'],
  ['{{ durationRound "1h" }} {{ duration "0x1F" }} {{ duration "99999999999" }}', '60m 0s 2157299h53m50.45224192s'],
  ['{{ durationRound "30000000000h" }}', '0s'],
  ['{{ js (b64dec "/w==") | b64enc }}', '/w=='],
  ['{{ toDate "2006-01-02T15:04:05Z07:00" "2024-12-31T23:59:59+05:30" }}', '2024-12-31 23:59:59 +0530 +0530'],
  ['{{ mustToDate "02 Jan 06 15:04 MST" "01 Mar 99 10:00 PST" }}', '1999-03-01 10:00:00 +0000 PST'],
  [
    '{{ toDate "2006-002" "2024-366" }} {{ toDate "2006-__2" "2023- 60" }}',
    '2024-12-31 00:00:00 +0000 UTC 2023-03-01 00:00:00 +0000 UTC',
  ],
  [
    '{{ urlJoin (dict "scheme" "https" "host" "h" "path" "a b!" "userinfo" "u:p%20w" "fragment" "é") }}',
    'https://u:p%20w@h/a%20b%21#%C3%A9',
  ],
  ['{{ urlJoin (dict "path" "a:b") }} {{ urlJoin (dict "scheme" "x" "path" "y") }}', './a:b x://y'],
  ['{{ atoi "9223372036854775808" }} {{ atoi "-9223372036854775809" }}', '9223372036854775807 -9223372036854775808'],
  ['{{ seq -1 -1 -1 }}{{ seq 1 -1 1 }}{{ seq 1 1 1 }} {{ seq 3 -2 -1 }}', '1 3 1 -1'],
  ['{{ merge .missing (dict "a" 1) (dict "a" 2 "b" 3) | toJson }}', '{"a":1,"b":3}'],
  ['{{ mergeOverwrite nil (dict) | toJson }} {{ merge .missing .missing | toJson }}', '{} null'],
  ['{{ slice (list 1 2 3) "1" (int64 2) }}', '[2]'],
  [
    '{{ urlParse "http://u:p:q@h" | toJson }}',
    '{"fragment":"","host":"h","hostname":"h","opaque":"","path":"","query":"","scheme":"http","userinfo":"u:p%3Aq"}',
  ],
  ['{{ (urlParse "http://[fe80::1%25en0]:1/").host }}', '[fe80::1%en0]:1'],
  ['{{ regexReplaceAll "(?P<n>a)(?P<n>b)" "ab" "${n}-" }} {{ regexMatch "[(?P<n>](?P<n>x)" "<x" }}', 'a- true'],
  [
    '{{ toDate "2006-01-02 15:04" "2024-02-29 03:04" | printf "%#v" }}',
    'time.Date(2024, time.February, 29, 3, 4, 0, 0, time.UTC)',
  ],
])('%s gives %j', (text, expected) => {
  expect(render(text, values)).toBe(expected)
})

test.each([
  ['{{ mustToDate "2006-002" "2023-366" }}', 'parsing time "2023-366": day-of-year out of range'],
  ['{{ mustToDate "2006-01-02 002" "2023-02-01 060" }}', 'day-of-year does not match month'],
  ['{{ len nil }}', 'reflect: call of reflect.Value.Type on zero Value'],
  ['{{ slice nil 1 }}', 'runtime error: invalid memory address or nil pointer dereference'],
  ['{{ set (fromJson "null") "a" 1 }}', 'assignment to entry in nil map'],
  ['{{ mustFromJson `{"a":1e400}` }}', 'json: cannot unmarshal number 1e400 into Go value of type float64'],
  ['{{ toRawJson 1i }}', 'json: unsupported type: complex128'],
  ['{{ urlJoin (dict "host" 1) }}', 'unable to parse host key, must be of type string, but int found'],
  ['{{ urlJoin (dict "userinfo" "a@b:c/d") }}', 'invalid port ":c" after host'],
  ['{{ mustRegexFind `\\` "" }}', 'trailing backslash at end of expression: ``'],
  ['{{ mustDateModify "1h" 0 }}', "can't handle 0 for arg of type time.Time"],
  ['{{ unixEpoch "x" }}', `can't handle "x" for arg of type time.Time`],
  ['{{ mustDateModify "37" (toDate "2006" "2020") }}', 'time: missing unit in duration "37"'],
  ['{{ mustDateModify "1x" (toDate "2006" "2020") }}', 'time: unknown unit "x" in duration "1x"'],
  [String.raw`{{ mustDateModify "a\n" (toDate "2006" "2020") }}`, String.raw`time: invalid duration "a\x0a"`],
  [
    '{{ mustToDate "Jan _2 2006" "20200102" }}',
    'parsing time "20200102" as "Jan _2 2006": cannot parse "20200102" as "Jan"',
  ],
  ['{{ mustToDate "20060102" "2020-01-02" }}', 'cannot parse "-01-02" as "01"'],
  ['{{ mustToDate "2006-01-02" "2020-13-01" }}', 'parsing time "2020-13-01": month out of range'],
  ['{{ mustToDate "2006-01-02" "2020-02-30" }}', 'parsing time "2020-02-30": day out of range'],
  ['{{ mustToDate "2006" "2020x" }}', 'parsing time "2020x": extra text: "x"'],
  ['{{ urlParse ":bad" }}', 'unable to parse url: parse ":bad": missing protocol scheme'],
  ['{{ urlParse "http://h/%zz" }}', 'invalid URL escape "%zz"'],
  ['{{ urlParse "a:b:c" }}{{ urlParse "1:2" }}', 'first path segment in URL cannot contain colon'],
  ['{{ urlParse "http://h:x/" }}', 'invalid port ":x" after host'],
  ['{{ mustFromJson "{" }}', 'unexpected end of JSON input'],
  ['{{ mustFromJson "tru" }}', "invalid character ' ' in literal true (expecting 'e')"],
  ['{{ mustFromJson "[1,]" }}', "invalid character ']' looking for beginning of value"],
  [`{{ mustFromJson "{'a':1}" }}`, String.raw`invalid character '\'' looking for beginning of object key string`],
  [String.raw`{{ mustFromJson "{\"a\" 1}" }}`, "invalid character '1' after object key"],
  [String.raw`{{ mustFromJson "\x00" }}`, String.raw`invalid character '\x00' looking for beginning of value`],
  ['{{ mustFromJson "𝄞" }}', "invalid character 'ð' looking for beginning of value"],
  ['{{ addf 1 "NaN" }}', 'Cannot create a Decimal from NaN'],
  ['{{ mulf 1e308 "-Inf" }}', 'Cannot create a Decimal from -Inf'],
  ['{{ urlParse "http://%41/%zz" }}', 'invalid URL escape "%41"'],
  ['{{ mustFromJson "1.x" }}', "invalid character 'x' after decimal point in numeric literal"],
  [
    '{{ merge (dict "a" (split "-" "a")) (dict "a" (dict "_1" "b")) }}',
    'reflect.Value.SetMapIndex: value of type interface {} is not assignable to type string',
  ],
  ['{{ chunk 0 (list 1) }}', 'makeslice: len out of range'],
  ['{{ substr -3 42 "hello" }}', 'slice bounds out of range [:42] with length 5'],
  ['{{ dig "a" "b" . }}', 'interface conversion: interface {} is common.Values, not map[string]interface {}'],
  ['{{ dig "a" (dict) 1 (dict) }}', 'interface {} is map[string]interface {}, not string'],
  ['{{ eq (dict) (list) }}', 'non-comparable types map[]: map[string]interface {}, []interface {}: []'],
  ['{{ ne .a .a }}', 'non-comparable type map[b:%!s(float64=1)]: map[string]interface {}'],
  ['{{ 1.5 | call }}', 'non-function <float64 Value> of type float64'],
])('%s fails with %s', (text, message) => {
  expect(() => render(text, values)).toThrow(message)
})
