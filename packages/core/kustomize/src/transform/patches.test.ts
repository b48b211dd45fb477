import { expect, test } from 'vitest'
import { build } from '../build.ts'
import { failureOf, treeOf } from '../testing/tree.ts'

const object = `
apiVersion: example.org/v1
kind: Widget
metadata:
  name: w
  labels: {app: web, tier: front}
  annotations: {on: "yes"}
spec:
  a/b: 1
  list: [x, y, z]
  map: {k: v}
`

function patched(patch: string, target = '{kind: Widget}'): unknown {
  const indented = patch.trim().replaceAll('\n', '\n    ')
  const tree = treeOf({
    'kustomization.yaml': `resources: [w.yaml]\npatches:\n- target: ${target}\n  patch: |-\n    ${indented}\n`,
    'w.yaml': object,
  })
  return build(tree, '').toObjects()[0]?.['spec']
}

const unpatched = { 'a/b': 1, list: ['x', 'y', 'z'], map: { k: 'v' } }

test.each<[string, object]>([
  ['- {op: add, path: /spec/n, value: [1]}', { ...unpatched, n: [1] }],
  ['- {op: add, path: /spec/list/1, value: w}', { ...unpatched, list: ['x', 'w', 'y', 'z'] }],
  ['- {op: add, path: /spec/list/-, value: w}', { ...unpatched, list: ['x', 'y', 'z', 'w'] }],
  ['- {op: replace, path: /spec/a~1b, value: 2}', { ...unpatched, 'a/b': 2 }],
  ['- {op: remove, path: /spec/list/0}', { ...unpatched, list: ['y', 'z'] }],
  ['- {op: copy, from: /spec/map, path: /spec/copy}', { ...unpatched, copy: { k: 'v' } }],
  ['- {op: move, from: /spec/map/k, path: /spec/k}', { ...unpatched, map: {}, k: 'v' }],
  ['- {op: test, path: /spec/map/k, value: v}\n- {op: remove, path: /spec/map}', { 'a/b': 1, list: ['x', 'y', 'z'] }],
])('[K4] the JSON patch %s applies', (patch, expected) => {
  expect(patched(patch)).toEqual(expected)
})

test.each([
  ['- {op: test, path: /spec/map/k, value: w}', 'testing value /spec/map/k failed'],
  ['- {op: remove, path: /spec/list/9}', 'index'],
  ['- {op: replace, path: /spec/none/x, value: 1}', 'missing path'],
])('[K1] the JSON patch %s fails', (patch, says) => {
  expect(failureOf(() => patched(patch)).message).toContain(says)
})

test.each<[string, object]>([
  ['spec: {list: [q], map: {m: 1}}', { 'a/b': 1, list: ['q'], map: { k: 'v', m: 1 } }],
  ['spec: {list: null}', { 'a/b': 1, map: { k: 'v' } }],
  ['spec: {map: {$patch: delete}}', { 'a/b': 1, list: ['x', 'y', 'z'] }],
  ['spec: {map: {$patch: replace, m: 1}}', { 'a/b': 1, list: ['x', 'y', 'z'], map: { m: 1 } }],
])('[K4] the strategic merge patch %s applies', (fields, expected) => {
  expect(patched(`apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: any}\n${fields}`)).toEqual(expected)
})

test.each([
  ['{kind: Wid.*}', true],
  ['{kind: Wid}', false],
  ['{name: "w|x"}', true],
  ['{group: example.org, version: v1}', true],
  ['{group: example.com}', false],
  ['{labelSelector: "app=web,tier in (front, back)"}', true],
  ['{labelSelector: "app!=web"}', false],
  ['{labelSelector: "!nope"}', true],
  ['{annotationSelector: "on=yes"}', true],
  ['{annotationSelector: "on=no"}', false],
])('[K4] the target %s matches: %s', (target, matches) => {
  const spec = patched('- {op: add, path: /spec/hit, value: true}', target) as { hit?: boolean }
  expect(spec.hit ?? false).toBe(matches)
})
