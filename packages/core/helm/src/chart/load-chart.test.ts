import { gzipSync, gunzipSync } from 'node:zlib'
import { treeFromFiles } from '@kedge/tree'
import { expect, test } from 'vitest'
import { packFiles } from '../../../../../test/pack-files.ts'
import { loadChartArchive, loadChartFiles, loadChartTree, processDependencies, type LoadOptions } from '../index.ts'
import { chartOf, renderFiles } from '../testing/render-text.ts'

const chartYaml = 'apiVersion: v2\nname: c\nversion: 1.0.0\n'
const options: LoadOptions = { gunzip: (bytes, limit) => gunzipSync(bytes, { maxOutputLength: limit }) }

test.each([
  ['*.md', ['README.md'], ['Chart.yaml', 'docs/a.txt', 'x.txt']],
  ['docs/', ['docs/a.txt'], ['Chart.yaml', 'README.md', 'x.txt']],
  ['/docs/*.txt', ['docs/a.txt'], ['Chart.yaml', 'README.md', 'x.txt']],
  ['[wx].txt', ['x.txt'], ['Chart.yaml', 'README.md', 'docs/a.txt']],
])('[C1] %s ignores files', (rule, _ignored, kept) => {
  const files = {
    'Chart.yaml': chartYaml,
    '.helmignore': `${rule}\n.helmignore\n`,
    'README.md': '',
    'x.txt': '',
    'docs/a.txt': '',
    'templates/.hidden': '',
  }
  const chart = loadChartTree(treeFromFiles(files), '', options)
  expect(chart.raw.map(({ name }) => name)).toEqual(kept)
})

test('[C2] requirements.yaml is read, and hidden subcharts are not', () => {
  const chart = chartOf({
    'Chart.yaml': 'apiVersion: v1\nname: c\nversion: 1.0.0\n',
    'requirements.yaml': 'dependencies:\n- name: s\n  version: 1.x\n',
    'charts/s/Chart.yaml': 'apiVersion: v2\nname: s\nversion: 1.2.0\n',
    'charts/_x/Chart.yaml': 'nonsense: [',
  })
  expect(chart.metadata.dependencies?.map(({ name }) => name)).toEqual(['s'])
  expect(chart.dependencies.map(({ metadata }) => metadata.name)).toEqual(['s'])
})

test('[C3] an archive is read from below its top folder', () => {
  const chart = loadChartArchive(packFiles({ 'c/Chart.yaml': chartYaml, 'c/templates/a.yaml': 'a: 1' }), options)
  expect([chart.metadata.name, chart.templates.map(({ name }) => name)]).toEqual(['c', ['templates/a.yaml']])
})

test.each([
  ['apiVersion: v4\nversion: [', 'cannot load Chart.yaml'],
  ['apiVersion: v4\nname: c\nversion: x\n', 'unsupported chart version'],
  ['apiVersion: v2\nname: c\nversion: x\n', 'chart.metadata.version "x" is invalid'],
  [
    'apiVersion: v2\nname: c\nversion: 1.0.0\nmaintainers: [null]\n',
    'maintainers must not contain empty or null nodes',
  ],
  ['apiVersion: v2\nname: c\nversion: 1.0.0\ntype: odd\nmaintainers: [null]\n', 'type must be application or library'],
  [
    'apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [null]\n',
    'dependencies must not contain empty or null nodes',
  ],
  ['maintainers: x\ndeprecated: text\n', 'into Go struct field Metadata.deprecated of type bool'],
  ['maintainers: x\n', 'into Go struct field Metadata.maintainers of type []*v2.Maintainer'],
])('a Chart.yaml of %j is refused with %s', (text, message) => {
  const files = [{ name: 'Chart.yaml', bytes: new TextEncoder().encode(text) }]
  expect(() => loadChartFiles(files, { gunzip: (packed) => packed, onlyKnown: true })).toThrow(message)
})

test('a chart of a form that Helm does not know is refused, whatever .helmignore leaves', () => {
  const tree = treeFromFiles({ 'c/Chart.yaml': 'apiVersion: v4\n', 'c/.helmignore': '!x\n' })
  const options = { gunzip: (packed: Uint8Array) => packed }
  expect(() => loadChartTree(tree, 'c', { ...options, onlyKnown: true })).toThrow('unsupported chart version')
  expect(() => loadChartTree(tree, 'c', options)).toThrow('Chart.yaml file is missing')
})

test.each([
  ['c/../../x', 'chart illegally references parent directory'],
  ['c//x', 'chart illegally contains absolute paths'],
  ['c', 'content outside the base directory'],
  ['Chart.yaml/x', 'chart yaml not in base directory'],
])('[C3] %s is refused in an archive', (name, message) => {
  expect(() => loadChartArchive(packFiles({ 'c/Chart.yaml': chartYaml, [name]: 'x' }), options)).toThrow(message)
})

test('[C3] a file over the limit, an archive cut short and one that unpacks without end are refused', () => {
  expect(() => loadChartArchive(packFiles({ 'c/big': 'x'.repeat(5 * 2 ** 20 + 1) }), options)).toThrow(
    'larger than the maximum',
  )
  const cut = gzipSync(gunzipSync(packFiles({ 'c/Chart.yaml': chartYaml })).subarray(0, 530))
  expect(() => loadChartArchive(cut, options)).toThrow('unexpected EOF')
  expect(() => loadChartArchive(gzipSync(Buffer.alloc(300 * 2 ** 20)), options)).toThrow()
})

const parent = (dependency: string): Record<string, string> => ({
  'Chart.yaml': `${chartYaml}dependencies:\n- name: s\n  version: 1.x\n${dependency}`,
  'charts/s/Chart.yaml': 'apiVersion: v2\nname: s\nversion: 1.2.0\n',
  'charts/s/values.yaml': 'port: 80\nexports:\n  shared:\n    colour: red\n',
})

test.each([
  ['  condition: a.on,b.on\n', { a: { on: false }, b: { on: true } }, []],
  ['  condition: a.on,b.on\n', { b: { on: true } }, ['s']],
  ['  condition: a.on\n  tags: [x]\n', { a: { on: true }, tags: { x: false } }, ['s']],
  ['  tags: [x, z]\n', { tags: { x: false } }, []],
  ['  tags: [x, z]\n', { tags: { x: false, z: true } }, ['s']],
  ['  alias: t\n', {}, ['t']],
])('[C4] %j with %j', (dependency, values, expected) => {
  const chart = processDependencies(chartOf(parent(dependency)), values)
  expect(chart.dependencies.map(({ metadata }) => metadata.name)).toEqual(expected)
})

test('[C4] a version out of range leaves a dependency out', () => {
  const files = { ...parent(''), 'charts/s/Chart.yaml': 'apiVersion: v2\nname: s\nversion: 2.0.0\n' }
  const chart = processDependencies(chartOf(files), {})
  // It is none of those that Chart.yaml declares, and is kept as it is.
  expect(chart.metadata.dependencies?.length).toBe(1)
  expect(chart.dependencies.map(({ metadata }) => metadata.version)).toEqual(['2.0.0'])
})

test('[C5] a parent takes in exports, and its own values win', () => {
  const files = {
    ...parent('  import-values:\n  - shared\n  - child: exports.shared\n    parent: deep.er\n'),
    'values.yaml': 'deep:\n  er:\n    colour: blue\n',
    'templates/t.yaml': 'a: {{ .Values.colour }} {{ .Values.deep.er.colour }}',
  }
  expect(renderFiles(files).manifests.map(({ content }) => content)).toEqual(['a: red blue'])
  const [dependency] = processDependencies(chartOf(files), {}).metadata.dependencies ?? []
  expect(dependency?.importValues).toEqual([
    { child: 'exports.shared', parent: '.' },
    { child: 'exports.shared', parent: 'deep.er' },
  ])
})
