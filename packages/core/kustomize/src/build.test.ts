import { expect, test } from 'vitest'
import { build } from './build.ts'
import { deployment, treeOf } from './testing/tree.ts'

test('[K2] resources are printed sorted by kind, or in the order of the files', () => {
  const tree = treeOf({
    'kustomization.yaml': 'resources: [a.yaml, b.yaml]',
    'a.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: z}\n',
    'b.yaml':
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n',
  })
  const names = (order: 'legacy' | 'none'): readonly string[] =>
    build(tree, '', { order }).resources.map(({ kind, name }) => `${kind}/${name}`)
  expect(names('legacy')).toEqual(['Namespace/n', 'Service/a', 'Service/z'])
  expect(names('none')).toEqual(['Service/z', 'Namespace/n', 'Service/a'])
})

test('[K3] every object knows the file and line that it came from', () => {
  const tree = treeOf({
    'overlay/kustomization.yaml': 'resources: [../base]\nnamePrefix: x-\n',
    'base/kustomization.yaml': 'resources: [all.yaml]',
    'base/all.yaml':
      '# head\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\n\napiVersion: v1\nkind: Service\nmetadata: {name: b}\n',
  })
  expect(build(tree, 'overlay').resources.map(({ name, origin }) => ({ name, origin }))).toEqual([
    { name: 'x-a', origin: { file: 'base/all.yaml', line: 2 } },
    { name: 'x-b', origin: { file: 'base/all.yaml', line: 7 } },
  ])
})

test('[K5] a generated name carries a hash, and references to it follow through prefix and suffix', () => {
  const tree = treeOf({
    'kustomization.yaml': `
namePrefix: p-
nameSuffix: -s
resources: [web.yaml]
configMapGenerator:
- name: settings
  literals: [a=1]
`,
    'web.yaml': deployment,
  })
  const [configMap, web] = build(tree, '').toObjects() as never as {
    metadata: { name: string }
    spec: { template: { spec: { containers: { envFrom: unknown }[] } } }
  }[]
  expect(configMap?.metadata.name).toMatch(/^p-settings-s-[b-df-hj-np-tv-z2-9m-t]{10}$/)
  expect(web?.metadata.name).toBe('p-web-s')
  expect(web?.spec.template.spec.containers[0]?.envFrom).toEqual([{ configMapRef: { name: configMap?.metadata.name } }])
})

test('[K5] the hash is the one that kustomize computes', () => {
  const tree = treeOf({ 'kustomization.yaml': 'configMapGenerator:\n- name: game\n  literals: [a=b, c=d]\n' })
  expect(build(tree, '').resources[0]?.name).toBe('game-fh478f99mk')
})

test('[K4] transformers of one kustomization run in a fixed order', () => {
  const tree = treeOf({
    'kustomization.yaml': `
resources: [web.yaml]
namespace: prod
commonAnnotations: {note: "1"}
labels:
- pairs: {team: a}
  includeSelectors: true
images:
- name: registry.example:5000/web
  newTag: "2.0"
replicas:
- name: web
  count: 3
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 9
      template:
        spec:
          containers:
          - name: main
            command: [run]
          - name: side
            image: side
- target: {kind: Deployment}
  patch: |-
    - op: replace
      path: /metadata/name
      value: web2
`,
    'web.yaml': deployment,
  })
  expect(build(tree, '').toYaml()).toBe(`apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    note: "1"
  labels:
    team: a
  name: web2
  namespace: prod
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
      team: a
  template:
    metadata:
      annotations:
        note: "1"
      labels:
        app: web
        team: a
    spec:
      containers:
      - command:
        - run
        envFrom:
        - configMapRef:
            name: settings
        image: registry.example:5000/web:2.0
        name: main
      - image: side
        name: side
`)
})

test('[K6] a component changes what is there, once for each inclusion', () => {
  const tree = treeOf({
    'kustomization.yaml': 'resources: [web.yaml]\ncomponents: [c, d]\n',
    'web.yaml': deployment,
    'c/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: c-\n',
    'd/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: d-\n',
  })
  expect(build(tree, '').resources.map(({ name }) => name)).toEqual(['d-c-web'])
})

test('[K4] a replacement copies a part of a value to every place that its paths match', () => {
  const tree = treeOf({
    'kustomization.yaml': `
resources: [web.yaml, cm.yaml]
replacements:
- source: {kind: Deployment, fieldPath: "spec.template.spec.containers.[name=main].image", options: {delimiter: ":", index: 2}}
  targets:
  - select: {kind: ConfigMap}
    fieldPaths: [data.version, "metadata.annotations.[example.com/version]"]
    options: {create: true}
- source: {kind: Deployment}
  targets:
  - select: {kind: ConfigMap}
    fieldPaths: ["data.json.a.b"]
`,
    'web.yaml': deployment,
    'cm.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata:\n  json: '{"a": {"b": "x"}}'\n`,
  })
  expect(build(tree, '').toObjects()[0]).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'cm', annotations: { 'example.com/version': '1.0' } },
    data: { version: 1, json: '{"a":{"b":"web"}}' },
  })
})

test('[K2] objects for local use only stay out', () => {
  const tree = treeOf({
    'kustomization.yaml': 'resources: [a.yaml]',
    'a.yaml':
      'apiVersion: v1\nkind: A\nmetadata: {name: a, annotations: {config.kubernetes.io/local-config: "true"}}\n---\napiVersion: v1\nkind: B\nmetadata: {name: b}\n',
  })
  expect(build(tree, '').resources.map(({ kind }) => kind)).toEqual(['B'])
})

test('[K7] a label that a base put into several maps at once is changed in all of them by an overlay, as in kustomize', () => {
  const tree = treeOf({
    'base/kustomization.yaml': 'resources: [d.yaml]\nlabels:\n- pairs: {app: a}\n  includeSelectors: true\n',
    'base/d.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {spec: {}}}\n',
    'overlay/kustomization.yaml': 'resources: [../base]\nlabels:\n- pairs: {app: b}\n',
  })
  expect(build(tree, 'overlay').toObjects()[0]).toMatchObject({
    metadata: { labels: { app: 'b' } },
    spec: { selector: { matchLabels: { app: 'b' } }, template: { metadata: { labels: { app: 'b' } } } },
  })
})

test('[K9] a folder without a kustomization builds from the files below it when asked to', () => {
  const tree = treeOf({
    'app/b.yaml': deployment,
    'app/a/x.yml': 'apiVersion: v1\nkind: Service\nmetadata: {name: x}\n',
    'app/own/kustomization.yaml': 'namePrefix: own-\nresources: [y.yaml]\n',
    'app/own/y.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: y}\n',
    'app/notes.txt': 'nothing',
  })
  const result = build(tree, 'app', { generate: true, order: 'none', edits: { namespace: 'prod' } })
  expect(result.resources.map(({ name, namespace }) => `${namespace}/${name}`)).toEqual([
    'prod/x',
    'prod/web',
    'prod/own-y',
  ])
})

test('[K9] an empty folder builds to nothing when asked to', () => {
  expect(build(treeOf({ 'app/README.md': 'x' }), 'app', { generate: true }).toYaml()).toBe('')
})
