import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FailureError } from '@kedge/base'
import { readChartIndex } from './chart-index.ts'

async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const read = (text: string, size = 1 << 16) => readChartIndex(chunksOf(text, size))

const entry = (name: string, version: string, more = '') =>
  `  - apiVersion: v2\n    name: ${name}\n    version: ${version}\n    digest: ${'a'.repeat(64)}\n    urls:\n    - charts/${name}-${version}.tgz\n${more}`
const plain = `apiVersion: v1
entries:
  nginx:
${entry('nginx', '1.2.0')}${entry('nginx', '1.10.0', '    description: |-\n      entries:\n        other:\n      - x\n')}${entry('nginx', '2.0.0-rc.1')}  redis:
${entry('redis', '7.0.0')}generated: "2026-01-01T00:00:00Z"
serverInfo: {}
`
const versionsOf = (index: Awaited<ReturnType<typeof read>>, name: string) =>
  index.versions(name).map(({ version }) => version)

test('[R1] charts and versions are found, whatever chunks they arrive in', async () => {
  for (const size of [1, 7, 1 << 16]) {
    const index = await read(plain, size)
    expect(index.names).toEqual(['nginx', 'redis'])
    expect(versionsOf(index, 'nginx')).toEqual(['2.0.0-rc.1', '1.10.0', '1.2.0'])
    expect(versionsOf(index, 'redis')).toEqual(['7.0.0'])
    expect(versionsOf(index, 'none')).toEqual([])
  }
  expect((await read(plain)).versions('redis')[0]).toEqual({
    name: 'redis',
    version: '7.0.0',
    appVersion: '',
    description: '',
    type: '',
    deprecated: false,
    digest: `sha256:${'a'.repeat(64)}`,
    urls: ['charts/redis-7.0.0.tgz'],
    created: '',
  })
})

test.each([
  ['JSON', JSON.stringify({ apiVersion: 'v1', entries: { a: [{ name: 'a', version: '1.0.0', urls: ['u'] }] } })],
  ['flow style', 'apiVersion: v1\nentries: {a: [{name: a, version: 1.0.0, urls: [u]}]}\n'],
  ['deeper indentation', 'apiVersion: v1\nentries:\n    a:\n    - {name: a, version: 1.0.0, urls: [u]}\n'],
  ['one blank', 'apiVersion: v1\nentries:\n a:\n - {name: a, version: 1.0.0, urls: [u]}\n'],
  ['quoted names', 'apiVersion: v1\nentries:\n  "a":\n  - {name: a, version: 1.0.0, urls: [u]}\n'],
  ['indented sequences', 'apiVersion: v1\nentries:\n  a:\n    - name: a\n      version: 1.0.0\n      urls: [u]\n'],
  ['entries last', 'entries:\n  a:\n  - {name: a, version: 1.0.0, urls: [u]}\napiVersion: v1\n'],
])('[R1] an index in %s is read too', async (_, text) => {
  const index = await read(text)
  expect([index.names, versionsOf(index, 'a')]).toEqual([['a'], ['1.0.0']])
})

test('[R2] empty and odd versions are passed over as Helm passes over them', async () => {
  const odd = `apiVersion: v1\nentries:\n  a:\n  -\n  - null\n  - 3\n  - {name: b, version: 1.0.0, urls: [u]}\n  - {name: a, urls: [u]}\n  - {name: a, version: 2.0.0}\n  - {name: a, version: 3.0.0, urls: [u]}\n  b:\n`
  const index = await read(odd)
  expect([versionsOf(index, 'a'), versionsOf(index, 'b')]).toEqual([['3.0.0'], []])
})

test.each([
  ['nothing', '', 'it is empty'],
  ['no apiVersion', 'entries:\n  a:\n', 'it has no apiVersion'],
  ['a list', '- a\n', 'it is not a map'],
  ['a chart twice', 'apiVersion: v1\nentries:\n  a:\n  - {}\n  a:\n  - {}\n', 'it has the chart a twice'],
  ['entries that are a list', 'apiVersion: v1\nentries: [a]\n', 'its entries are not a map'],
])('[R2] an index with %s is refused', async (_, text, why) => {
  await expect(read(text)).rejects.toThrow(`the index cannot be used: ${why}`)
})

test('[R2] keys that occur twice in a version, and texts that run over a chart, are refused', async () => {
  const twice = await read('apiVersion: v1\nentries:\n  a:\n  - name: a\n    version: 1.0.0\n    version: 2.0.0\n')
  expect(() => twice.versions('a')).toThrow(FailureError)
  const hidden = await read(
    'apiVersion: v1\nentries:\n  a:\n  - name: a\n    description: "x\n  b:\n  - y"\n    version: 1.0.0\n    urls: [u]\n',
  )
  expect(() => hidden.versions('a')).toThrow(FailureError)
  expect(() => hidden.versions('b')).toThrow(FailureError)
})

test('[R2] names that would become paths are not there', async () => {
  const index = await read('{"apiVersion":"v1","entries":{"..":[],"a/b":[],"__proto__":[],"constructor":[],"ok":[]}}')
  expect(index.names).toEqual(['constructor', 'ok'])
  expect(index.versions('toString')).toEqual([])
})

test('[R3] an index above its limit is given up while it arrives', async () => {
  let sent = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      sent += 1
      yield Buffer.alloc(1000, 'a')
    }
  }
  await expect(readChartIndex(endless(), { limit: 10_000 })).rejects.toMatchObject({ failure: { code: 'TooLarge' } })
  expect(sent).toBe(11)
})

test('[R2] whatever bytes arrive, the answer is an index or a failure', async () => {
  const lines = fc.array(
    fc.oneof(
      fc.constantFrom(
        'apiVersion: v1',
        'entries:',
        '  a:',
        '  b:',
        '  - name: a',
        '    version: 1.0.0',
        '    urls: [u]',
        '  - &x {}',
        '  - *x',
        '    "',
        '---',
        '\t',
        ' x',
        '- ',
        '    - |',
      ),
      fc.string(),
    ),
    { maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(lines, async (all) => {
      try {
        const index = await read(all.join('\n'))
        for (const name of index.names) index.versions(name)
      } catch (error) {
        expect(error).toBeInstanceOf(FailureError)
      }
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['', '1.10.0'],
  ['*', '1.10.0'],
  ['^1.0', '1.10.0'],
  ['~1.2', '1.2.0'],
  ['1.2.0', '1.2.0'],
  ['>=1.0.0-0', '2.0.0-rc.1'],
  ['2.0.0-rc.1', '2.0.0-rc.1'],
  ['>3', undefined],
  ['nonsense', undefined],
])('[R4] the range %j takes %s', async (range, wanted) => {
  expect((await read(plain)).choose('nginx', range)?.version).toBe(wanted)
})
