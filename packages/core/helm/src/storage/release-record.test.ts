import { gunzipSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { newValueMap } from '../values/paths.ts'
import { printGoJson, type GoJson } from './go-json.ts'
import { byRevision, deployedRevision, isPending, latestRevisions, surplusRevisions } from './release-history.ts'
import { decodeRecord, encodeRecord, recordName, recordSelector, type RecordHost } from './release-record.ts'
import { restoreChart, storeChart } from './stored-chart.ts'
import type { ReleaseStatus, StoredRelease } from './stored-release.ts'

const host: RecordHost = {
  gunzip: (bytes, limit) => gunzipSync(bytes, { maxOutputLength: limit }),
  gzip: (bytes) => gzipSync(bytes),
  encodeBase64: (bytes) => Buffer.from(bytes).toString('base64'),
  decodeBase64: (text) => Buffer.from(text, 'base64'),
}

const time = fc
  .tuple(fc.integer({ min: 1000, max: 9999 }), fc.constantFrom('Z', '+01:00', '-09:30'), fc.nat(999_999_999))
  .map(([year, zone, nanos]) => `${year}-02-03T04:05:06.${String(nanos).replace(/0+$/, '') || '1'}${zone}`)
const maybeTime = fc.oneof(fc.constant(''), time)
const text = fc.string({ unit: 'grapheme' })
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
const values = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: false, minKeys: 1, maxKeys: 4 })
const statuses: readonly ReleaseStatus[] = ['deployed', 'superseded', 'failed', 'pending-upgrade', 'uninstalled']
const file = fc.record({ name: text, data: fc.base64String(), modTime: maybeTime })
const release: fc.Arbitrary<StoredRelease> = fc.record({
  name: word,
  namespace: word,
  version: fc.integer({ min: 1, max: 1e6 }),
  info: fc.record({
    firstDeployed: maybeTime,
    lastDeployed: maybeTime,
    deleted: maybeTime,
    description: text,
    status: fc.constantFrom(...statuses),
    rollbackRevision: fc.nat(),
    notes: text,
  }),
  chart: fc.option(
    fc.record({
      metadata: fc.option(values, { nil: undefined }),
      lock: fc.option(values, { nil: undefined }),
      templates: fc.array(file, { maxLength: 3 }),
      values: fc.option(values, { nil: undefined }),
      schema: fc.base64String(),
      schemaModTime: maybeTime,
      files: fc.array(file, { maxLength: 3 }),
      modTime: maybeTime,
    }),
    { nil: undefined },
  ),
  config: fc.option(values, { nil: undefined }),
  manifest: text,
  hooks: fc.array(
    fc.record({
      name: text,
      kind: text,
      path: text,
      manifest: text,
      events: fc.array(word),
      weight: fc.integer(),
      deletePolicies: fc.array(word),
      outputLogPolicies: fc.array(word),
      lastRun: fc.record({ startedAt: maybeTime, completedAt: maybeTime, phase: word }),
    }),
    { maxLength: 2 },
  ),
  applyMethod: fc.constantFrom('', 'ssa', 'csa'),
  labels: fc.dictionary(word, word, { noNullPrototype: false }),
})

/** -0 is -0 in Go's JSON but JSON.parse and fast-check agree on it; Object.is does not matter here. */
const same = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown

test('[ST1] whatever is encoded is decoded to the same release', () => {
  fc.assert(
    fc.property(release, (original) => {
      fc.pre(!Object.keys(original.labels).some((key) => ['name', 'owner', 'status', 'version'].includes(key)))
      const record = encodeRecord(original, { kind: 'createdAt', seconds: 1 }, host)
      expect(same(decodeRecord(record, host))).toEqual(same(original))
    }),
  )
})

const plain: StoredRelease = {
  name: 'web',
  namespace: 'shop',
  version: 3,
  info: {
    firstDeployed: '2026-01-02T03:04:05.5Z',
    lastDeployed: '2026-01-02T03:04:06Z',
    deleted: '',
    description: 'Upgrade complete',
    status: 'deployed',
    rollbackRevision: 0,
    notes: '',
  },
  chart: undefined,
  config: { b: 1, a: '<&>' },
  manifest: '---\na: 1\n',
  hooks: [],
  applyMethod: 'ssa',
  labels: { team: 'blue' },
}
const now = { kind: 'modifiedAt', seconds: 1_767_322_800 } as const

test('[ST1] [ST2] a record is the Secret that Helm writes', () => {
  const record = encodeRecord(plain, now, host)
  const { data, ...rest } = record as typeof record & { readonly data: { readonly release: string } }
  expect(rest).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      name: 'sh.helm.release.v1.web.v3',
      namespace: 'shop',
      labels: { team: 'blue', modifiedAt: '1767322800', name: 'web', owner: 'helm', status: 'deployed', version: '3' },
    },
  })
  const packed = Buffer.from(Buffer.from(data.release, 'base64').toString(), 'base64')
  expect(gunzipSync(packed).toString()).toBe(
    '{"name":"web","info":{"first_deployed":"2026-01-02T03:04:05.5Z","last_deployed":"2026-01-02T03:04:06Z","description":"Upgrade complete","status":"deployed"},"config":{"a":"\\u003c\\u0026\\u003e","b":1},"manifest":"---\\na: 1\\n","version":3,"namespace":"shop","apply_method":"ssa"}',
  )
  expect([recordName('a', 1), recordSelector('a'), recordSelector()]).toEqual([
    'sh.helm.release.v1.a.v1',
    'name=a,owner=helm',
    'owner=helm',
  ])
})

const secretOf = (json: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'r', namespace: 'n', labels: { owner: 'helm' } },
  data: { release: Buffer.from(Buffer.from(json).toString('base64')).toString('base64') },
})

test('[ST1] a record from before compression is read, and empty times are no times', () => {
  const old = secretOf('{"name":"x","version":1,"info":{"status":"weird","deleted":"","last_deployed":null}}')
  expect(decodeRecord(old, host)).toMatchObject({ name: 'x', version: 1, info: { status: 'unknown', deleted: '' } })
})

test.each([
  ['no JSON', 'nonsense', 'its content is no JSON'],
  ['a list', '[]', "the stored release's release is not a map"],
  ['a name that is a number', '{"name":1}', "the stored release's name is not a text"],
  ['a broken revision', '{"version":1.5}', "the stored release's version is not a whole number"],
  ['hooks that are a map', '{"hooks":{}}', "the stored release's hooks is not a list"],
  ['a time that is none', '{"info":{"deleted":"yesterday"}}', "the stored release's info.deleted is not a time"],
])('[ST3] a record with %s is refused and named', (_, json, message) => {
  expect(() => decodeRecord(secretOf(json), host)).toThrow(`Secret/n/r: ${message}`)
})

test('[ST3] a record that unpacks to more than the limit, and one without content, are refused', () => {
  const bomb = gzipSync(Buffer.alloc(120 * 1024 * 1024))
  const secret = secretOf('')
  const release = Buffer.from(bomb.toString('base64')).toString('base64')
  expect(() => decodeRecord({ ...secret, data: { release } }, host)).toThrow('its content cannot be unpacked')
  expect(() => decodeRecord({ ...secret, data: {} }, host)).toThrow('the Secret has no key "release"')
})

test('[ST3] a release that no Secret can hold is refused before it is sent', () => {
  const noise = Array.from({ length: 300_000 }, (_, index) => Math.imul(index, 2_654_435_761).toString(36)).join('')
  expect(() => encodeRecord({ ...plain, manifest: noise }, now, host)).toThrow(/takes \d+ bytes and a Secret holds/)
})

test('[ST1] names of the prototype are ordinary keys in values', () => {
  const config = JSON.parse('{"__proto__":{"a":1},"constructor":2}') as StoredRelease['config']
  const back = decodeRecord(encodeRecord({ ...plain, config }, now, host), host)
  expect(printGoJson(back.config as GoJson)).toBe('{"__proto__":{"a":1},"constructor":2}')
})

const revision = (version: number, status: ReleaseStatus, name = 'web'): StoredRelease => ({
  ...plain,
  name,
  version,
  info: { ...plain.info, status },
})
const versions = (releases: readonly StoredRelease[]) => releases.map(({ version }) => version)

test('[ST4] the history is ordered by revision and the latest of each release is known', () => {
  const all = [revision(10, 'deployed'), revision(2, 'superseded'), revision(1, 'failed', 'api')]
  expect(versions(byRevision(all))).toEqual([1, 2, 10])
  expect(versions(latestRevisions(all))).toEqual([10, 1])
  expect(deployedRevision(all)?.version).toBe(10)
  expect(all.map((one) => isPending(one))).toEqual([false, false, false])
  expect([isPending(revision(1, 'pending-install')), isPending(revision(1, 'uninstalling'))]).toEqual([true, true])
})

test.each([
  [0, []],
  [3, [2]],
  [2, [2, 3]],
  [1, [2, 3]],
  [4, []],
])('[ST5] with a limit of %d the oldest go, but never the one deployed', (limit, gone) => {
  const all = [revision(3, 'failed'), revision(2, 'superseded'), revision(1, 'deployed')]
  expect(versions(surplusRevisions(all, limit))).toEqual(gone)
})

test('[ST6] a chart is stored without its subcharts and restored with the values that it had', () => {
  const metadata = { apiVersion: 'v2', name: 'web', version: '1.0.0', dependencies: [{ name: 'db', repository: '' }] }
  const stored = {
    metadata,
    lock: undefined,
    templates: [{ name: 'templates/a.yaml', data: 'YTogMQ==', modTime: '' }],
    values: { a: null },
    schema: 'e30=',
    schemaModTime: '',
    files: [],
    modTime: '',
  }
  const chart = restoreChart(stored, host.decodeBase64)
  expect(same(storeChart(chart, host.encodeBase64))).toEqual(same(stored))
  expect(Buffer.from(chart.templates[0]?.bytes ?? []).toString()).toBe('a: 1')
  expect(() => restoreChart(undefined, host.decodeBase64)).toThrow('the stored release has no chart')
})

test('[ST2] JSON is printed as Go prints it', () => {
  const map = Object.assign(newValueMap(), { b: [1e21, 1e-7, -0, 'ä\u2028\u0001'], 10: null, 9: true }) as GoJson
  expect(printGoJson(new Map<string, GoJson>([['z', map]]))).toBe(
    '{"z":{"10":null,"9":true,"b":[1e+21,1e-7,-0,"ä\\u2028\\u0001"]}}',
  )
})

test('[ST1] a time reads the same however many zeros its fraction ends with', () => {
  const read = (time: string): string =>
    decodeRecord(secretOf(`{"name":"x","version":1,"info":{"status":"deployed","last_deployed":"${time}"}}`), host).info
      .lastDeployed
  expect(read('2026-01-02T03:04:05.240Z')).toBe('2026-01-02T03:04:05.24Z')
  expect(read('2026-01-02T03:04:05.000+02:00')).toBe('2026-01-02T03:04:05+02:00')
  expect(read('2026-01-02T03:04:50Z')).toBe('2026-01-02T03:04:50Z')
})
