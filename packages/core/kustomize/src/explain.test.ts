import { overlay } from '@kedge/tree'
import { expect, test } from 'vitest'
import { explain } from './explain.ts'
import { deployment, failureOf, treeOf } from './testing/tree.ts'

const tree = treeOf({
  'base/kustomization.yaml': 'resources: [web.yaml]\n',
  'base/web.yaml': deployment,
  'over/kustomization.yaml': `
resources:
- ../base
patches:
- path: patch.yaml
replicas:
- name: web
  count: 7
`,
  'over/patch.yaml': '# more\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n',
})

test('[K12] a field is explained by every file and line that set it', () => {
  expect(explain(tree, 'over', { field: 'spec.replicas' })).toEqual([
    {
      object: 'Deployment/web',
      settings: [
        { by: 'resources', origin: { file: 'base/web.yaml', line: 6 }, value: '1' },
        { by: 'PatchTransformer', origin: { file: 'over/patch.yaml', line: 6 }, value: '2' },
        { by: 'ReplicaCountTransformer', origin: { file: 'over/kustomization.yaml', line: 6 }, value: '7' },
      ],
    },
  ])
})

test('[K12] a field that no object has is a failure', () => {
  expect(failureOf(() => explain(tree, 'over', { field: 'spec.nope' })).message).toBe(
    "no object has a field 'spec.nope'",
  )
})

const patched = treeOf({
  'kustomization.yaml': `
resources: [web.yaml]
patches:
- target: {kind: Deployment}
  patch: |-
    - op: test
      path: /kind
      value: Deployment
    - op: replace
      path: /spec/replicas
      value: 5
- path: json.yaml
  target: {kind: Deployment}
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 6
- path: smp.yaml
replacements:
- source: {kind: Deployment, fieldPath: metadata.name}
  targets:
  - select: {kind: Deployment}
    fieldPaths: [spec.template.metadata.labels.app]
- path: replacement.yaml
patchesJson6902:
- target: {version: v1, kind: Deployment, name: web}
  patch: '[{"op": "add", "path": "/spec/paused", "value": true}]'
`,
  'web.yaml': deployment,
  'json.yaml':
    '# a\n- op: remove\n  path: /spec/selector\n- op: add\n  path: /spec/strategy\n  value:\n    type: Recreate\n',
  'smp.yaml':
    'apiVersion: v1\nkind: Service\nmetadata: {name: s}\n$patch: delete\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: null\n',
  'replacement.yaml':
    '# b\n- source: {kind: Deployment, fieldPath: kind}\n  targets:\n  - select: {name: web}\n    fieldPaths: [spec.strategy.type]\n',
})

const placesOf = (field: string): readonly string[] =>
  explain(patchedWithService, '', { field }).flatMap(({ settings }) =>
    settings.map(({ origin: { file, line } }) => `${file}:${line}`),
  )

const patchedWithService = overlay(
  patched,
  new Map([['web.yaml', `${deployment.trimStart()}---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n`]]),
)

test.each([
  ['spec.replicas', ['web.yaml:6', 'kustomization.yaml:10', 'kustomization.yaml:18', 'smp.yaml:10']],
  ['spec.selector', ['web.yaml:8', 'json.yaml:2']],
  ['spec.strategy.type', ['json.yaml:7', 'replacement.yaml:2']],
  ['spec.template.metadata.labels.app', ['web.yaml:11']],
  ['spec.paused', ['kustomization.yaml:28']],
])(
  '[K12] %s is explained by the lines of patches and replacements, in files and in the kustomization',
  (field, places) => {
    expect(placesOf(field)).toEqual(places)
  },
)
