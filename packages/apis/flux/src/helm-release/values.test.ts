import { expect, test } from 'vitest'

import { composeValues, type LoadedReference } from './compose-values.ts'
import { shortenName } from './release-name.ts'
import { type ValuesReference } from './spec.ts'
import { digestCommonMetadata, digestPostRenderers, digestValues } from './values-digest.ts'

function reference(
  kind: 'ConfigMap' | 'Secret',
  data: Record<string, string> | undefined,
  more: Partial<ValuesReference> = {},
): LoadedReference {
  const fields = { kind, name: 'values', valuesKey: 'values.yaml', targetPath: '', optional: false, literal: false }
  const encoded = Object.fromEntries(
    Object.entries(data ?? {}).map(([key, text]) => [key, kind === 'Secret' ? btoa(text) : text]),
  )
  const found = { apiVersion: 'v1', kind, metadata: { name: 'values' }, data: encoded }
  return { reference: { ...fields, ...more }, found: data === undefined ? undefined : found }
}

function composed(references: readonly LoadedReference[], inline?: Record<string, unknown>): unknown {
  const values = composeValues(references, inline, 'apps')
  if (!values.ok) throw new Error(values.failure.message)
  return JSON.parse(
    JSON.stringify(values.value, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
  )
}

function refused(references: readonly LoadedReference[]): string {
  const values = composeValues(references, undefined, 'apps')
  return values.ok ? 'no failure' : values.failure.message
}

test('[HV1] later references win, maps merge, and inline values lie over all', () => {
  const references = [
    reference('ConfigMap', { 'values.yaml': 'flat: value\nnested:\n  configuration: value\n' }),
    reference('Secret', { 'values.yaml': 'flat:\n  nested: value\nnested: value\n' }),
  ]
  expect(composed(references, { other: 'values' })).toEqual({
    flat: { nested: 'value' },
    nested: 'value',
    other: 'values',
  })
})

test('[HV2] a target path is set in the syntax of --set', () => {
  const at = (text: string, targetPath: string): unknown =>
    composed([reference('Secret', { one: text }, { valuesKey: 'one', targetPath })])
  expect(at('value', 'merge.at.specific.path')).toEqual({ merge: { at: { specific: { path: 'value' } } } })
  expect(at('{a,b,c}', 'name')).toEqual({ name: ['a', 'b', 'c'] })
  expect(at('value1\\,value2', 'name')).toEqual({ name: 'value1,value2' })
  expect(at('true', 'on')).toEqual({ on: true })
  expect(at('"true"', 'on')).toEqual({ on: 'true' })
  expect(at("'1'", 'on')).toEqual({ on: '1' })
  expect(at('value', 'merge.at[2]')).toEqual({ merge: { at: [null, null, 'value'] } })
  expect(at('master', 'nodeSelector.kubernetes\\.io/role')).toEqual({
    nodeSelector: { 'kubernetes.io/role': 'master' },
  })
})

test('[HV2] a target path over inline values stays, also under a later reference', () => {
  const references = [
    reference('Secret', { key: 'value' }, { valuesKey: 'key', targetPath: 'nested.configuration[0]' }),
    reference('ConfigMap', { 'values.yaml': 'flat: value\nnested:\n  configuration: [one, two, three]\n' }),
  ]
  const inline = { nested: { configuration: ['list', 'item', 'option'] } }
  expect(composed(references, inline)).toEqual({
    flat: 'value',
    nested: { configuration: ['value', 'item', 'option'] },
  })
  expect(inline).toEqual({ nested: { configuration: ['list', 'item', 'option'] } })
})

test('[HV2] at the top, an inline value wins over a target path, as in Flux', () => {
  const references = [reference('Secret', { key: 'theirs' }, { valuesKey: 'key', targetPath: 'name' })]
  expect(composed(references, { name: 'ours' })).toEqual({ name: 'ours' })
})

test('[HV3] a literal value is taken as it is, and the path may escape its dots', () => {
  const literal = (text: string, targetPath: string): unknown =>
    composed([reference('ConfigMap', { one: text }, { valuesKey: 'one', targetPath, literal: true })])
  for (const text of ['a,b,c', '{a,b,c}', 'foo=bar=baz', 'endpoints: [a, b, c]', '["a","b"]', 'true', 'back\\slash']) {
    expect(literal(text, 'name')).toEqual({ name: text })
  }
  expect(literal('x', 'config.application\\.yml.content')).toEqual({ config: { 'application.yml': { content: 'x' } } })
})

test('[HV3] without literal, commas end a value', () => {
  const references = [
    reference(
      'Secret',
      { brokers: 'kafka01.net:9092,kafka02.net:9092' },
      { valuesKey: 'brokers', targetPath: 'kafka.brokers' },
    ),
  ]
  expect(refused(references)).toContain(
    `could not resolve Secret chart values reference 'apps/values' with key 'brokers'`,
  )
})

test('[HV4] what is missing is an error in the words of Flux, unless it is optional', () => {
  expect(refused([reference('Secret', undefined)])).toBe(
    `could not resolve Secret chart values reference 'apps/values' with key 'values.yaml': secrets "values" not found`,
  )
  expect(refused([reference('ConfigMap', {}, { valuesKey: 'other' })])).toBe(
    `could not resolve ConfigMap chart values reference 'apps/values' with key 'other': key not found`,
  )
  expect(composed([reference('Secret', undefined, { optional: true })], { a: 1 })).toEqual({ a: 1 })
  expect(composed([reference('ConfigMap', {}, { optional: true })], { a: 1 })).toEqual({ a: 1 })
  expect(refused([reference('ConfigMap', { 'values.yaml': 'invalid' }, { optional: true })])).toContain('ConfigMap')
})

test('[HV4] no error holds a value of a Secret', () => {
  const broken = { 'values.yaml': 'hunter2', brokers: 'hunter1:1,hunter2:2' }
  const merged = refused([reference('Secret', broken, { valuesKey: 'brokers', targetPath: 'kafka' })])
  expect(merged).toContain('failed to merge value')
  const read = refused([reference('Secret', broken)])
  expect(read).toContain('failed to read values data')
  expect(merged + read).not.toContain('hunter')
})

test('[HV1] names of prototypes are values like any other', () => {
  const references = [reference('ConfigMap', { 'values.yaml': '__proto__:\n  polluted: true\nconstructor: x\n' })]
  expect(composeValues(references, undefined, 'apps')).toMatchObject({ ok: true })
  expect(Object.hasOwn({}, 'polluted')).toBe(false)
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

const nginx = {
  replicas: 3,
  image: { tag: 'latest', repository: 'nginx' },
  ports: [
    { protocol: 'TCP', port: 8080 },
    { port: 9090, protocol: 'UDP' },
  ],
}

test.each([
  ['nothing', undefined, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['an empty map', {}, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['a map', nginx, 'fcdc2b0de1581a3633ada4afee3f918f6eaa5b5ab38c3fef03d5b48d3f85d9f6'],
  [
    'keys with digits',
    {
      replicas: 3,
      test: {
        '632bd80235a05f4192aefade': 'value1',
        '632bd80ddf416cf32fd50679': 'value2',
        '632bd817c559818a52307da2': 'value3',
        '632bd82398e71231a98004b6': 'value4',
      },
    },
    '8a980fcbeadd6f05818f07e8aec14070c22250ca3d96af1fcd5f93b3e85b4d70',
  ],
])('[HV5] the digest of %s is that of Flux', (_, values, digest) => {
  expect(digestValues(values)).toBe(`sha256:${digest}`)
})

test('[HV5] a number is digested alike whether it came from YAML or from --set', () => {
  expect(digestValues({ a: 3n })).toBe(digestValues({ a: 3 }))
})

test('[HV6] absent and empty post-renderers and metadata differ', () => {
  expect(digestPostRenderers(undefined)).toBe('')
  expect(digestPostRenderers([])).toMatch(/^sha256:/)
  expect(digestCommonMetadata(undefined)).toBe('')
  expect(digestCommonMetadata({ labels: {}, annotations: {} })).toMatch(/^sha256:/)
  const patches = [{ patch: '- op: remove', target: { kind: 'Deployment', name: '' } }]
  const one = digestPostRenderers([{ kustomize: { patches, images: [] } }])
  expect(one).not.toBe(digestPostRenderers([{ kustomize: { patches: [], images: [] } }]))
})

test.each([
  ['release-name', 'release-name'],
  ['', ''],
  [
    'release-name-with-very-long-name-which-is-longer-than-53-characters',
    'release-name-with-very-long-name-which-i-788ca0d0d7b0',
  ],
  [
    'another-release-name-with-very-long-name-which-is-longer-than-53-characters',
    'another-release-name-with-very-long-name-7e72150d5a36',
  ],
])('[HS3] the release of %j is named %j', (name, short) => {
  expect(shortenName(name)).toBe(short)
})
