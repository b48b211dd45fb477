import { expect, test } from 'vitest'

import { checkVariableNames, mergeVariables, substituteObject, substituteText } from './substitute.ts'

function fill(text: string, variables: Record<string, string>, strict = true): string {
  const result = substituteText(text, { variables: new Map(Object.entries(variables)), strict })
  return result.ok ? result.value : `error: ${result.failure.message}`
}

const values = {
  v: 'abcdEFGH28ij',
  low: 'abc ABC',
  empty: '',
  file: '/path/to/bash.string.txt',
  z: 'abcABC123ABCabc',
  uni: 'é€x',
  slash: 'foo/bar/baz',
}

test.each([
  ['[S1] text without references stays', 'a $v $ {v} b', 'a $v $ {v} b'],
  ['[S2] a reference gives the value', 'x${v}y', 'xabcdEFGH28ijy'],
  ['[S3] two dollars are one, and no reference begins there', '$${v} $$', '${v} $'],
  ['[S3] three dollars', '$$${v}', '$abcdEFGH28ij'],
  ['[S4] length counts bytes', '${#v} ${#uni}', '12 6'],
  ['[S5] first character up', '${v^}', 'AbcdEFGH28ij'],
  ['[S5] all up', '${low^^}', 'ABC ABC'],
  ['[S5] first character down', '${v,}', 'abcdEFGH28ij'],
  ['[S5] all down', '${low,,}', 'abc abc'],
  ['[S6] from an offset', '${v:4}', 'EFGH28ij'],
  ['[S6] from an offset for a length', '${v:4:4}', 'EFGH'],
  ['[S6] a negative offset counts from the end', '${v: -4}', values.v],
  ['[S6] a negative offset without a space', '${v:0-4}', values.v],
  ['[S6] beyond the end is empty', '${v:40}|${v:40:2}', '|'],
  ['[S6] a length beyond the end gives the rest', '${v:10:99}', 'ij'],
  ['[S6] what is no number leaves the value', '${v:a:b}', values.v],
  ['[S7] shortest prefix', '${file#*/}', 'path/to/bash.string.txt'],
  ['[S7] longest prefix', '${file##*/}', 'bash.string.txt'],
  ['[S7] shortest suffix', '${file%.*}', '/path/to/bash.string'],
  ['[S7] longest suffix', '${file%%.*}', '/path/to/bash'],
  ['[S7] no match leaves the value', '${file#nothing}', values.file],
  ['[S7] classes', '${v#[a-c]*d}', 'EFGH28ij'],
  ['[S7] negated classes', '${v#[^x]}', 'bcdEFGH28ij'],
  ['[S7] a malformed pattern leaves the value', '${v#[a}', values.v],
  ['[S8] first', '${z/abc/xyz}', 'xyzABC123ABCabc'],
  ['[S8] all', '${z//abc/xyz}', 'xyzABC123ABCxyz'],
  ['[S8] prefix', '${z/#abc/XYZ}', 'XYZABC123ABCabc'],
  ['[S8] suffix', '${z/%abc/XYZ}', 'abcABC123ABCXYZ'],
  ['[S8] nothing as replacement', '${z//abc/}', 'ABC123ABC'],
  ['[S8] an empty pattern is found at the start', '${v/#/X}', `X${values.v}`],
  ['[S8] an empty pattern at the end', '${v/%/X}', `${values.v}X`],
  ['[S8] an escaped slash', '${slash//\\//-}', 'foo-bar-baz'],
  ['[S8] a dollar in the replacement is text', '${z/abc/$&}', '$&ABC123ABCabc'],
  ['[S9] default for an undefined variable', '${no:-x} ${no:=y} ${no=z}', 'x y z'],
  ['[S9] default for an empty variable', '${empty:-x}${empty=y}', 'xy'],
  ['[S9] no default where there is a value', '${v:-x}', values.v],
  ['[S9] an empty default', '[${no:-}]', '[]'],
  ['[S9] a default with references', '${no:=pre${low^^}-suf}', 'preABC ABC-suf'],
  ['[S9] a default in a default', '${no:-${no2:-deep}}', 'deep'],
  ['[S9] a default with a colon and a slash', '${no:-http://x:80/y}', 'http://x:80/y'],
])('%s', (_, text, expected) => {
  expect(fill(text, values)).toBe(expected)
})

test.each([
  ['${v', 'variable substitution failed: missing closing brace'],
  ['${}', 'variable substitution failed: unable to parse variable name'],
  ['${ v}', 'variable substitution failed: unable to parse variable name'],
  ['${a.b}', 'variable substitution failed: missing closing brace'],
  ['${v:-x', 'variable substitution failed: unable to parse substitution within function'],
  ['${v/x', 'variable substitution failed: bad substitution'],
  ['${v-x}', 'variable substitution failed: missing closing brace'],
  ['${no-x}', 'variable substitution failed: missing closing brace'],
  ['${v+x}', 'variable substitution failed: missing closing brace'],
  ['${#}', 'variable substitution failed: bad substitution'],
  ['${no}', 'variable substitution failed: variable not set (strict mode): "no"'],
  ['${no^^}', 'variable substitution failed: variable not set (strict mode): "no"'],
  ['${no:0:3}', 'variable substitution failed: variable not set (strict mode): "no"'],
  ['${#no}', 'variable substitution failed: variable not set (strict mode): "no"'],
  ['${v:-${no}}', 'variable substitution failed: variable not set (strict mode): "no"'],
])('[S10] %s is refused', (text, message) => {
  expect(fill(text, values)).toBe(`error: ${message}`)
})

test('[S11] without strictness an undefined variable is empty', () => {
  expect(fill('[${no}${no^^}${#no}]', {}, false)).toBe('[0]')
})

test('[S12] nesting is bounded', () => {
  const text = `${'${a:-'.repeat(40)}x${'}'.repeat(40)}`
  expect(fill(text, {})).toMatch(/nested deeper than 32/)
})

test('[S13] a hostile pattern takes linear time', () => {
  const value = 'a'.repeat(100_000)
  expect(fill('${x%%*a*a*a*a*b}', { x: value })).toBe(value)
})

const text = {
  print: (object: unknown) => JSON.stringify(object),
  parse: (json: string) => ({ ok: true as const, value: JSON.parse(json) as never }),
}

function configMap(extra: object = {}): never {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', ...extra },
    data: { a: '${x}' },
  } as never
}

test('[S20] an object is filled in, and its failure names it', () => {
  const options = { ...text, strict: true, always: false, variables: new Map([['x', '1']]) }
  expect(substituteObject(configMap(), options)).toMatchObject({ ok: true, value: { data: { a: '1' } } })
  const missing = { ...options, variables: new Map([['y', '1']]) }
  expect(substituteObject(configMap(), missing)).toMatchObject({
    ok: false,
    failure: {
      message:
        'post build failed for \'c\': envsubst error: variable substitution failed: variable not set (strict mode): "x"',
    },
  })
})

test('[S21] nothing happens without variables, unless always', () => {
  const options = { ...text, strict: false, always: false, variables: new Map<string, string>() }
  expect(substituteObject(configMap(), options)).toMatchObject({ value: { data: { a: '${x}' } } })
  expect(substituteObject(configMap(), { ...options, always: true })).toMatchObject({ value: { data: { a: '' } } })
})

test.each(['labels', 'annotations'])('[S22] an object opts out by %s, in lower case only', (where) => {
  const options = { ...text, strict: true, always: false, variables: new Map([['x', '1']]) }
  const key = 'kustomize.toolkit.fluxcd.io/substitute'
  const out = substituteObject(configMap({ [where]: { [key]: 'disabled' } }), options)
  expect(out).toMatchObject({ value: { data: { a: '${x}' } } })
  const not = substituteObject(configMap({ [where]: { [key]: 'Disabled' } }), options)
  expect(not).toMatchObject({ value: { data: { a: '1' } } })
})

test('[S23] later references win, inline values over all, and line breaks go', () => {
  const merged = mergeVariables(
    [
      { a: '1', b: '1', c: 'x\ny\n' },
      { b: '2', d: '2' },
    ],
    { d: '3' },
  )
  expect(Object.fromEntries(merged)).toEqual({ a: '1', b: '2', c: 'xy', d: '3' })
})

test('[S24] a name that cannot be referenced is refused', () => {
  expect(checkVariableNames(['ok', '_ok1'])).toBeUndefined()
  expect(checkVariableNames(['a-b'])?.message).toContain("'a-b' var name is invalid")
  expect(checkVariableNames(['é'])?.message).toContain('var name is invalid')
})
