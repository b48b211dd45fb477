import { expect, test } from 'vitest'
import { RenderError, printRelease, helmProfiles, selectSources } from '../index.ts'
import { renderFiles, renderText } from '../testing/render-text.ts'

const object = (kind: string, name: string): string => `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n`

test('[R1] a parent replaces the definition of a subchart, and templates of a chart share their data', () => {
  const release = renderFiles({
    'templates/_h.tpl': '{{ define "who" }}parent{{ end }}',
    'templates/a.yaml': 'a: {{ include "who" . }}',
    'templates/z.yaml': '{{ $_ := set .Values "seen" true }}',
    'templates/b.yaml': 'b: {{ .Values.seen }}',
    'charts/s/Chart.yaml': 'apiVersion: v2\nname: s\nversion: 1.0.0\n',
    'charts/s/templates/_h.tpl': '{{ define "who" }}sub{{ end }}',
    'charts/s/templates/s.yaml': 's: {{ include "who" . }}',
  })
  expect(release.manifests.map(({ content }) => content)).toEqual(['s: parent', 'a: parent', 'b: true'])
})

test('[R2] a missing value leaves nothing behind', () => {
  expect(renderText('a: "{{ .Values.nope }}{{ tpl "{{ .Values.nope }}" . }}"')).toBe('a: ""')
})

test.each([
  ['{{ fail "no: way" }}', 'execution error at (c/templates/t.yaml:1:3): no: way'],
  ['{{ required "need it" .Values.x }}', 'execution error at (c/templates/t.yaml:1:3): need it'],
  [
    'a: {{ .Values.a.b.c }}',
    'c/templates/t.yaml:1:13\n  executing "c/templates/t.yaml" at <.Values.a.b.c>:\n    nil pointer evaluating interface {}.b',
  ],
  [
    '{{ index .Values.x }}',
    'template: c/templates/t.yaml:1:3: executing "c/templates/t.yaml" at <index .Values.x>: error calling index: index of untyped nil',
  ],
  ['{{ nope }}', 'parse error at (c/templates/t.yaml:1): function "nope" not defined'],
  [
    'a: [',
    'YAML parse error on c/templates/t.yaml: error converting YAML to JSON: yaml: line 1: did not find expected node content',
  ],
])('[R3] %s fails as helm says', (text, message) => {
  expect(() => renderText(text)).toThrow(message)
})

test.each([
  ['{{ nope }}', '{{ fail "no" }}', 'a'],
  ['{{ fail "no" }}', '{{ nope }}', 'b'],
  ['{{ nope }}', '{{ define "x" }}{{ nope }}', 'b'],
  ['{{ include "c/templates/b.yaml" . }}', '{{ nope }}', 'b'],
])('[R3] whatever runs, what is malformed is told first: %s and %s', (a, b, broken) => {
  expect(() => renderFiles({ 'templates/a.yaml': a, 'templates/b.yaml': b })).toThrow(
    `parse error at (c/templates/${broken}.yaml:1): function "nope" not defined`,
  )
})

test('[R4] kinds come in install order, and hooks apart', () => {
  const hook = (event: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${event}\n  annotations:\n    helm.sh/hook: ${event}\n    helm.sh/hook-weight: "3"\n`
  const release = renderFiles({
    'templates/a.yaml': `${object('Deployment', 'd')}---\n${object('Zebra', 'z')}---\n${object('Service', 's')}`,
    'templates/b.yaml': `${object('Apple', 'a')}---\n${object('Namespace', 'first')}`,
    'templates/h.yaml': `${hook('test')}---\n${hook('pre-install')}---\n${hook('never')}`,
  })
  expect(release.manifests.map(({ head }) => head.name)).toEqual(['first', 's', 'd', 'a', 'z'])
  expect(release.hooks.map(({ events, weight }) => [events, weight])).toEqual([
    [['test'], 3],
    [['pre-install'], 3],
  ])
  expect(printRelease(release, { noHooks: true })).not.toContain('helm.sh/hook')
  expect(printRelease(release, { skipTests: true })).not.toContain('name: test')
})

test('bytes of files are there when they are looked at, and are no YAML', () => {
  const bytes =
    '{{ range $p, $b := .Files.Glob "f/*" }}{{ $p }} {{ len $b }} {{ index $b 1 | typeOf }} {{ $b }}{{ end }}'
  const files = { 'f/a': 'hi', 'templates/t.yaml': `a: ${bytes}` }
  expect(renderFiles(files).manifests.map(({ content }) => content)).toEqual(['a: f/a 2 uint8 [104 105]'])
  expect(() => renderText('a: {{ "/w==" | b64dec }}')).toThrow('yaml: invalid leading UTF-8 octet')
})

test('[R5] the profile decides about blank lines before a separator', () => {
  const files = { 'templates/a.yaml': 'a: 1\n\n---\nb: 2\n' }
  const first = (version: '4.2' | '4.3'): string | undefined =>
    renderFiles(files, {}, { profile: helmProfiles[version] }).manifests[0]?.content
  expect([first('4.2'), first('4.3')]).toEqual(['a: 1', 'a: 1\n\n'])
})

test('[R6] a document that is no map fails the run', () => {
  expect(() => renderText('just words')).toThrow('cannot unmarshal string into Go value of type util.SimpleHead')
})

test.each([
  ['rounds', '{{ range $i := until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}', 'steps|memory'],
  ['recursion', '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}', 'nesting|unable to execute'],
  ['self-reference', '{{ $m := dict }}{{ $_ := set $m "a" $m }}{{ $m | toYaml }}', 'nesting'],
  ['doubling', '{{ $x := "xx" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}', 'memory|nesting'],
  ['parentheses', `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`, 'nesting|depth'],
  ['repetition', '{{ repeat 1000000000 "x" }}', 'overflow'],
])('[R7] %s without end uses up a budget', (_, text, what) => {
  expect(() => renderText(text)).toThrow(new RegExp(what))
})

test('[R7] a regular expression that backtracks elsewhere takes no time', () => {
  expect(renderText('a: {{ regexMatch "^(a+)+$" (printf "%s!" (repeat 40 "a")) }}')).toBe('a: false')
})

test('[R8] keys that JavaScript knows are keys like others', () => {
  const values = JSON.parse('{"__proto__":{"x":1},"constructor":{"prototype":{"y":2}}}') as Record<string, unknown>
  expect(
    renderText(
      `a: '{{ index .Values "__proto__" | toJson }}{{ .Values.constructor | toJson }}{{ .Values.toString }}'`,
      values,
    ),
  ).toBe(`a: '{"x":1}{"prototype":{"y":2}}'`)
  expect(({} as { x?: unknown }).x).toBeUndefined()
})

test('[R9] bytes that are no text survive up to b64enc', () => {
  expect(renderText('a: {{ b64dec "/wD+" | b64enc }} {{ b64dec "/wD+" | len }}')).toBe('a: /wD+ 3')
})

test('chosen files are printed pattern by pattern', () => {
  const printed = printRelease(renderFiles({ 'templates/a.yaml': 'a: 1', 'templates/b.yaml': 'b: 2' }))
  expect(selectSources(printed, ['templates/b.yaml', 'templates/?.yaml'], 'blank-lines-kept')).toBe(
    '---\n# Source: c/templates/b.yaml\nb: 2\n\n---\n# Source: c/templates/a.yaml\na: 1\n\n---\n# Source: c/templates/b.yaml\nb: 2\n\n',
  )
  expect(() => selectSources(printed, ['nope'], 'blank-lines-kept')).toThrow('could not find template nope in chart')
})

test.each([
  [
    '{{ `{"a":1e400,"b":1}` | fromJson | toJson }}',
    '{"Error":"json: cannot unmarshal number 1e400 into Go value of type float64","a":null,"b":1}',
  ],
  [
    String.raw`{{ "%YAML 1.2\n---\na: 1" | fromYaml | toJson }}`,
    '{"Error":"error converting YAML to JSON: yaml: found incompatible YAML document"}',
  ],
  [
    '{{ printf "%T" (fromToml "a = 9007199254740993").a }} {{ (fromToml "a = 9007199254740993").a }}',
    'int64 9007199254740993',
  ],
  ['{{ durationRoundTo "9223372036s" "1h" }}', '2562047h47m16.854775807s'],
  ['{{ (fromToml "a = 99999999999999999999").Error }}', 'toml: 99999999999999999999 is out of range for int64'],
  [
    '{{ `{"a":1e400}` | fromJsonArray | toJson }}',
    '["json: cannot unmarshal object into Go value of type []interface {}"]',
  ],
  ['{{ toToml (dict "a" 1i) }}', 'unsupported type: complex128'],
  ['{{ printf "%s" (list .Capabilities) | trunc 34 }}', '[%!s(*common.Capabilities=&{{v1.37'],
  ['{{ mustToDuration "5s" | printf "%#v" }} {{ mustToDuration "0" | toYamlPretty }}', '5000000000 0s'],
  ['{{ toDate "2006-01-02" "2024-02-29" | toYamlPretty }} {{ toYaml 1i | quote }}', '2024-02-29T00:00:00Z ""'],
  ['{{ "null" | fromJson | toJson }} {{ "null" | fromYaml | toJson }}', 'null {}'],
  ['{{ .Chart.Annotations | toJson }} {{ .Chart.Annotations | toYamlPretty }}', 'null {}'],
  ['{{ list .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion }}', '[{v1.37.0 v1.37.0 1 37}] v1.37.0'],
  ['{{ printf "%s" .Capabilities.HelmVersion }}', '{v4.3   go1.26.8 v1.37}'],
  ['{{ .Files | toJson }} {{ .Files.GetBytes "f.txt" | toJson }}', '{"f.txt":"aGk="} "aGk="'],
  [
    '{{ fromToml "d = 2020-01-01" }} {{ fromToml "t = 01:02:03" }}',
    'map[d:2020-01-01 00:00:00 +0000 date-local] map[t:0000-01-01 01:02:03 +0000 time-local]',
  ],
  ['{{ toDate "2006" "2020" | toJson }} {{ tpl "{{ .Values.s }}x{{ . }}" nil }}', '"2020-01-01T00:00:00Z" x'],
  [
    '{{ has "v1" .Capabilities.APIVersions }} {{ first .Capabilities.APIVersions }} {{ has "v0" .Capabilities.APIVersions }}',
    'true v1 false',
  ],
  ['{{ durationWeeks "1s" }} {{ durationDays "2.675" }}', '1.6534391534391533e-06 3.0960648148148144e-05'],
])('[R10] %s gives %s', (text, expected) => {
  const [manifest] = renderFiles({ 'templates/t.yaml': `x: 1\n# ${text}`, 'f.txt': 'hi' }).manifests
  expect(manifest?.content.split('# ')[1]).toBe(expected)
})

test.each([
  ['{{ .Values.AsMap.m.a }} {{ typeOf .Values.AsMap }}', '1 map[string]interface {}'],
  ['{{ .Values.Table "m.q" }} {{ typeOf (.Values.Table "m") }}', 'map[r:1] common.Values'],
  ['{{ .Values.PathValue "m.a" }} {{ "n" | .Values.PathValue }}', '1 5'],
  ['{{ .Values.YAML | quote }}', String.raw`"m:\n  a: 1\n  q:\n    r: 1\n\"n\": 5\n"`],
  ['{{ .Values.m.AsMap }}{{ get .Values "AsMap" }}{{ (deepCopy .Values).AsMap.n }}', '5'],
])('[R12] %s gives %s', (text, expected) => {
  expect(renderText(`x: 1\n# ${text}`, { m: { a: 1, q: { r: 1 } }, n: 5 })).toBe(`x: 1\n# ${expected}`)
})

test.each([
  ['{{ .Values.Table "n" }}', 'error calling Table: "n" is not a table'],
  ['{{ .Values.PathValue "m.z" }}', 'error calling PathValue: "z" is not a value'],
  ['{{ .Values.PathValue "" }}', 'error calling PathValue: YAML path cannot be empty'],
  ['{{ .Values.PathValue }}', 'wrong number of args for PathValue: want 1 got 0'],
  ['{{ .Capabilities.Foo }}', "can't evaluate field Foo in type interface {}"],
  ['{{ .Capabilities.KubeVersion.Foo }}', "can't evaluate field Foo in type common.KubeVersion"],
])('[R12] %s fails with %s', (text, message) => {
  expect(() => renderText(text, { m: {}, n: 5 })).toThrow(message)
})

test('[R11] what a subchart calls its values is a plain map to its parent', () => {
  const { manifests } = renderFiles({
    'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
    'charts/sub/values.yaml': 'a: {b: 1}\n',
    'charts/sub/templates/s.yaml': 'own: {{ typeOf .Values }}',
    'templates/t.yaml': 'x: {{ dig "a" "b" 0 .Values.sub }} {{ typeOf .Values.sub }}',
  })
  expect(manifests.map(({ content }) => content)).toEqual(['own: common.Values', 'x: 1 map[string]interface {}'])
})

test('a failure tells what was rendered when it is the manifests that are wrong', () => {
  const failureOf = (templates: Readonly<Record<string, string>>): unknown => {
    try {
      return renderFiles(templates)
    } catch (error) {
      return error instanceof RenderError ? Object.fromEntries(error.rendered) : error
    }
  }
  const good = { 'templates/b.yaml': 'b: 1' }
  expect(failureOf({ ...good, 'templates/a.yaml': 'a: [' })).toEqual({
    'c/templates/a.yaml': 'a: [',
    'c/templates/b.yaml': 'b: 1',
  })
  expect(failureOf({ ...good, 'templates/a.yaml': '{{ fail "no" }}' })).toEqual({})
})
