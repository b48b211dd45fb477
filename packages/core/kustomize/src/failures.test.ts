import { expect, test } from 'vitest'
import { build } from './build.ts'
import { failureOf, treeOf } from './testing/tree.ts'

const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n'

test.each<[string, Record<string, string>, { code: string; says: string; file?: string; line?: number }]>([
  ['no kustomization', { 'a.yaml': service }, { code: 'kustomize-no-file', says: 'unable to find one of' }],
  [
    'two of them',
    { 'kustomization.yaml': 'resources: []\n', Kustomization: 'resources: []\n' },
    { code: 'kustomize-no-file', says: 'Found multiple kustomization files' },
  ],
  ['an empty one', { 'kustomization.yaml': '# nothing\n' }, { code: 'kustomize-invalid', says: 'is empty' }],
  [
    'an unknown field',
    { 'kustomization.yaml': '\n\nresources: []\nresource: [a]\n' },
    { code: 'kustomize-invalid', says: 'unknown field "resource"', file: 'kustomization.yaml', line: 3 },
  ],
  [
    'a field of the wrong type',
    { 'kustomization.yaml': 'resources: []\nnamePrefix: 1\n' },
    { code: 'kustomize-invalid', says: 'cannot unmarshal number', file: 'kustomization.yaml', line: 2 },
  ],
  [
    'a file that is not there',
    { 'kustomization.yaml': 'resources:\n- a.yaml\n- b.yaml\n', 'a.yaml': service },
    { code: 'kustomize-not-found', says: "'b.yaml' is not a directory", file: 'kustomization.yaml', line: 3 },
  ],
  [
    'a file outside',
    { 'x/kustomization.yaml': 'resources:\n- ../a.yaml\n', 'a.yaml': service },
    { code: 'kustomize-load-restricted', says: 'is not in or below', file: 'x/kustomization.yaml', line: 2 },
  ],
  [
    'broken YAML',
    { 'kustomization.yaml': 'resources: [a.yaml]\n', 'a.yaml': `${service}---\nkind: [x\n` },
    { code: 'kustomize-resource', says: "did not find expected ',' or ']'", file: 'a.yaml', line: 6 },
  ],
  [
    'an object without a name',
    { 'kustomization.yaml': 'resources: [a.yaml]\n', 'a.yaml': `${service}---\nkind: X\n` },
    { code: 'kustomize-resource', says: 'missing metadata.name', file: 'a.yaml', line: 5 },
  ],
  [
    'a key that occurs twice',
    {
      'kustomization.yaml': 'resources: [a.yaml]\n',
      'a.yaml': `${service}---\n${service}spec:\n  b: 1\n  b: 2\n`.replace('name: a}\nspec', 'name: c}\nspec'),
    },
    { code: 'kustomize-resource', says: 'mapping key "b" already defined', file: 'a.yaml', line: 10 },
  ],
  [
    'two objects of one name',
    { 'kustomization.yaml': 'resources: [a.yaml, b.yaml]\n', 'a.yaml': service, 'b.yaml': service },
    { code: 'kustomize-conflict', says: 'already registered id', file: 'b.yaml', line: 1 },
  ],
  [
    'a patch that fits nothing',
    {
      'kustomization.yaml': 'resources: [a.yaml]\npatches:\n- patch: |-\n    kind: Other\n    metadata: {name: x}\n',
      'a.yaml': service,
    },
    { code: 'kustomize-patch', says: 'no resource matches strategic merge patch', file: 'kustomization.yaml', line: 4 },
  ],
  [
    'a patch file that is not there',
    { 'kustomization.yaml': 'resources: [a.yaml]\npatches:\n- path: p.yaml\n', 'a.yaml': service },
    { code: 'kustomize-not-found', says: 'p.yaml', file: 'kustomization.yaml', line: 3 },
  ],
  [
    'a JSON patch that does not apply',
    {
      'kustomization.yaml':
        'resources: [a.yaml]\npatches:\n- target: {kind: Service}\n  patch: |-\n    - {op: remove, path: /spec/x}\n',
      'a.yaml': service,
    },
    { code: 'kustomize-patch', says: 'doc is missing path', file: 'kustomization.yaml', line: 5 },
  ],
  [
    'a cycle of bases',
    { 'a/kustomization.yaml': 'resources: [../b]\n', 'b/kustomization.yaml': 'resources: [../a]\n' },
    { code: 'kustomize-cycle', says: 'cycle detected', file: 'b/kustomization.yaml', line: 1 },
  ],
  [
    'a base that contains the overlay',
    { 'kustomization.yaml': 'resources: [x]\n', 'x/kustomization.yaml': 'resources: [..]\n' },
    { code: 'kustomize-cycle', says: 'cycle detected', file: 'x/kustomization.yaml', line: 1 },
  ],
  [
    'a component among the resources',
    { 'kustomization.yaml': 'resources: [c]\n', 'c/kustomization.yaml': 'kind: Component\nnamePrefix: x\n' },
    { code: 'kustomize-invalid', says: "expected kind != 'Component'", file: 'c/kustomization.yaml', line: 1 },
  ],
  [
    'an image pattern that is no regular expression',
    { 'kustomization.yaml': "resources: [a.yaml]\nimages:\n- name: '['\n  newTag: x\n", 'a.yaml': service },
    { code: 'kustomize-invalid', says: 'error parsing regexp' },
  ],
])('[K1] %s fails with its cause, file and line', (_what, files, expected) => {
  const folder = ['a', 'x'].find((name) => files[`${name}/kustomization.yaml`] !== undefined) ?? ''
  const path = files['kustomization.yaml'] === undefined ? folder : ''
  const failure = failureOf(() => build(treeOf(files), path).toYaml())
  expect(failure.code).toBe(expected.code)
  expect(failure.message).toContain(expected.says)
  if (expected.file !== undefined) expect(failure.origin).toEqual({ file: expected.file, line: expected.line })
})

test('[K8] functions and plugins are refused, and the failure names the field, the file and the line', () => {
  const tree = treeOf({
    'kustomization.yaml': 'resources: [a.yaml]\ntransformers: [fn.yaml]\n',
    'a.yaml': service,
    'fn.yaml': `
apiVersion: example.com/v1
kind: Fancy
metadata:
  name: fancy
  annotations:
    config.kubernetes.io/function: |
      container: {image: example.com/fancy}
`,
  })
  const failure = failureOf(() => build(tree, ''))
  expect(failure).toMatchObject({ code: 'kustomize-function', origin: { file: 'fn.yaml', line: 1 } })
  expect(failure.message).toContain("field 'transformers'")
})

test('[K8] Helm charts are refused where no renderer is given', () => {
  const tree = treeOf({ 'kustomization.yaml': 'helmCharts:\n- name: x\n' })
  expect(failureOf(() => build(tree, ''))).toMatchObject({
    code: 'kustomize-helm',
    origin: { file: 'kustomization.yaml', line: 2 },
  })
})

test('[K8] a chart is rendered with its values merged, in the namespace of the kustomization', () => {
  const tree = treeOf({
    'kustomization.yaml': 'namespace: prod\nhelmCharts:\n- name: x\n  releaseName: r\n  valuesInline: {a: {b: 2}}\n',
    'charts/x/values.yaml': 'a: {b: 1, c: 3}\n',
  })
  const requests: unknown[] = []
  const result = build(tree, '', {
    charts: {
      render: ({ chart, path, values }) => {
        requests.push({ namespace: chart.namespace, path, values })
        return service
      },
    },
  })
  expect(requests).toEqual([{ namespace: 'prod', path: 'charts/x', values: [{ a: { b: 2, c: 3 } }] }])
  expect(result.resources.map(({ name, namespace }) => `${namespace}/${name}`)).toEqual(['/a'])
})

test('[K8] remote bases and files are refused without a loader, and the failure names the file and line', () => {
  const tree = treeOf({ 'kustomization.yaml': 'resources:\n- https://github.com/org/repo//path?ref=v1\n' })
  expect(failureOf(() => build(tree, ''))).toMatchObject({
    code: 'kustomize-remote',
    origin: { file: 'kustomization.yaml', line: 2 },
  })
})
