import { gunzipSync } from 'node:zlib'
import { loadChartArchive, loadChartFiles } from '@kedge/helm'
import { expect, test } from 'vitest'
import { lockDigest, printLock, readLock } from './dependency-lock.ts'
import { printAnsiTime, printPlainTime, printTime, secondsOf } from './go-time.ts'
import { matchesLabels } from './label-selector.ts'
import { gunzip } from './load-chart.ts'
import { packChart } from './pack-chart.ts'
import { paddedTable } from './padded-table.ts'

test('times are printed as Go prints them', () => {
  const time = '2026-01-02T03:04:05.600Z'
  expect(printTime(time)).toBe('2026-01-02 03:04:05.6 +0000 UTC')
  expect(printTime('2026-01-02T03:04:05+01:00')).toBe('2026-01-02 03:04:05 +0100 +0100')
  expect(printAnsiTime(time)).toBe('Fri Jan  2 03:04:05 2026')
  expect(printAnsiTime('')).toBe('Mon Jan  1 00:00:00 0001')
  expect(printPlainTime(time)).toBe('2026-01-02T03:04:05Z')
  expect(secondsOf('1970-01-01T01:00:05.9+01:00')).toBe(5)
})

test('tables pad every column, the last one too, and count what a terminal shows', () => {
  expect(
    paddedTable([
      ['A', 'BB'],
      ['\u001b[1mlong\u001b[22m', '日本'],
    ]),
  ).toBe('A   \tBB  \n\u001b[1mlong\u001b[22m\t日本\n')
  expect(paddedTable([['a\nb', 'c']])).toBe('a\tc\nb\t \n')
  expect(paddedTable([])).toBe('\n')
})

const labels = { app: 'web', tier: 'front' }

test.each([
  ['', true],
  ['app=web', true],
  ['app==web,tier!=back', true],
  ['app!=web', false],
  ['none!=x', true],
  ['app in (api, web)', true],
  ['app notin (api,web)', false],
  ['app,!none', true],
  ['!app', false],
  ['constructor', false],
])('the selector %j: %s', (selector, wanted) => {
  expect(matchesLabels(selector, labels)).toBe(wanted)
})

test('a malformed selector is refused', () => {
  expect(() => matchesLabels('a=b=c', labels)).toThrow('is no selector')
})

const chart = loadChartFiles(
  [
    { name: 'Chart.yaml', bytes: Buffer.from('apiVersion: v2\nname: web\nversion: 1.0.0\n') },
    { name: 'values.yaml', bytes: Buffer.from('# kept\na: 1\n') },
    { name: `templates/${'long'.repeat(40)}.yaml`, bytes: Buffer.from('ä') },
    { name: 'charts/sub/Chart.yaml', bytes: Buffer.from('apiVersion: v2\nname: sub\nversion: 2.0.0\n') },
  ],
  { gunzip },
)

test('a packed chart is the chart, and the same bytes every time', () => {
  const packed = packChart(chart, 7)
  const again = loadChartArchive(packed, { gunzip })
  expect(again.raw.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])).toEqual([
    ['Chart.yaml', 'apiVersion: v2\nname: web\nversion: 1.0.0\n'],
    ['values.yaml', '# kept\na: 1\n'],
    [`templates/${'long'.repeat(40)}.yaml`, 'ä'],
    ['charts/sub/Chart.yaml', 'apiVersion: v2\nname: sub\nversion: 2.0.0\n'],
  ])
  expect(Buffer.from(packChart(chart, 7))).toEqual(Buffer.from(packed))
  expect(gunzipSync(packed).length % 512).toBe(0)
})

test('a lock is read back, and its digest tells the dependencies apart', () => {
  const wanted = {
    name: 'web',
    version: '^1',
    repository: 'https://a',
    condition: '',
    tags: [],
    enabled: false,
    importValues: [],
    alias: '',
  }
  const locked = [{ name: 'web', version: '1.0.0', repository: 'https://a' }]
  const digest = lockDigest([wanted], locked)
  const lock = { digest, dependencies: locked }
  expect(readLock(printLock(lock, '2026-01-01T00:00:00Z'))).toEqual(lock)
  expect(lockDigest([{ ...wanted, alias: 'b' }], locked)).not.toBe(digest)
  expect(() => readLock('[]')).toThrow('the lock file is malformed')
})
