import { expect, test } from 'vitest'
import { build } from './build.ts'
import { failureOf, treeOf } from './testing/tree.ts'

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations: {note: x}\ndata: {k: v}\n'
const widget = 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {secretName: s}\n'
const deployment =
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: "3"\n  template: {spec: {containers: [{name: c, env: [{name: A, value: $(VAR)}]}]}}\n'

type Files = Readonly<Record<string, string>>

const treeWith = (kustomization: string, more: Files = {}) =>
  treeOf({ 'kustomization.yaml': `resources: [r.yaml]\n${kustomization}`, 'r.yaml': configMap, ...more })

const jsonPatch = (patch: string): string => `patches:\n- target: {kind: ConfigMap}\n  patch: |-\n    ${patch}\n`

const renaming = (annotations: string): string =>
  `patches:\n- options: {allowNameChange: true}\n  patch: |-\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: a, annotations: ${annotations}}\n`

const numberKind = (kind: string, fields: string): string =>
  `{apiVersion: builtin, kind: ${kind}, metadata: {name: x}, ${fields}, fieldSpecs: [{path: metadata/name, kind: 5}]}\n`

const both = `${configMap}---\n${widget}`
const widgetSuffix = { 'c.yaml': 'nameSuffix:\n- {path: metadata/name, kind: Widget}\n', 'r.yaml': both }

test.each<readonly [string, string, Files, string]>([
  [
    'a field spec for one kind takes the place of the general one for the same path',
    'nameSuffix: -s\nconfigurations: [c.yaml]\n',
    widgetSuffix,
    'name: a\n',
  ],
  [
    'components bring their field specs in the same way',
    'nameSuffix: -s\ncomponents: [c]\n',
    {
      'r.yaml': both,
      'c/kustomization.yaml':
        'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nconfigurations: [c.yaml]\n',
      'c/c.yaml': widgetSuffix['c.yaml'],
    },
    'name: a\n',
  ],
  [
    'a patch that replaces a whole object replaces nothing',
    'patches:\n- patch: |-\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: a}\n    $patch: replace\n',
    {},
    'k: v\n',
  ],
  [
    'a field that is not there is copied as null',
    jsonPatch('- {op: copy, from: /none, path: /data/copied}'),
    {},
    'copied: null\n',
  ],
  [
    'of two keys of an operation the last wins',
    jsonPatch('- {op: add, path: /data/a, path: /data/b, value: x}'),
    {},
    'b: x\n',
  ],
  [
    'an operation of no kind does no harm where it is not applied',
    'patches:\n- target: {kind: Secret}\n  patch: "-\\n"\n',
    {},
    'k: v\n',
  ],
  [
    'the count of a var is a number, though it stands in quotes',
    'replicas: [{name: d, count: 0}]\nvars:\n- {name: VAR, objref: {apiVersion: apps/v1, kind: Deployment, name: d}, fieldref: {fieldpath: spec.replicas}}\n',
    { 'r.yaml': deployment },
    'value: 0\n',
  ],
  ['a patch that may rename takes no annotations away', renaming('null'), {}, 'note: x\n'],
  [
    'the field specs of an affix may hold numbers for texts',
    `transformers:\n- |-\n  ${numberKind('PrefixTransformer', 'prefix: 5')}`,
    {},
    'name: a\n',
  ],
  [
    'a moment inside brackets stays as it is written',
    '',
    { 'r.yaml': configMap.replace('k: v', 'k: 2001-12-14t21:59:43.10-05:00') },
    'k: "2001-12-14t21:59:43.10-05:00"\n',
  ],
])('[K16] %s', (_what, kustomization, more, expected) => {
  expect(build(treeWith(kustomization, more), '').toYaml()).toContain(expected)
})

test.each<readonly [string, string, Files, string, string]>([
  [
    'a pointer without a slash',
    jsonPatch('- {op: replace, path: data, value: {}}'),
    {},
    'doc is missing path: data',
    'kustomization.yaml:5',
  ],
  [
    'a test below what is not there',
    jsonPatch('- {op: test, path: /none/x, value: null}'),
    {},
    'doc is missing path',
    'kustomization.yaml:5',
  ],
  [
    'a reference to a name in a field that holds none, though nothing was renamed',
    'configurations: [c.yaml]\n',
    {
      'r.yaml': widget,
      'c.yaml': 'nameReference:\n- kind: Secret\n  fieldSpecs: [{path: spec/secretName/name, kind: Widget}]\n',
    },
    'expected sequence or mapping node',
    'r.yaml:1',
  ],
  [
    'a key twice in an item of a list',
    '',
    {
      'r.yaml':
        'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  kind: ConfigMap\n  metadata: {name: l}\n',
    },
    'mapping key "kind" already defined',
    'r.yaml:6',
  ],
  [
    'a key that is no text, where a JSON patch is applied',
    jsonPatch('- {op: add, path: /x, value: 1}'),
    { 'r.yaml': configMap.replace('{k: v}', '{true: v}') },
    'map key true is not a string',
    'kustomization.yaml:3',
  ],
  [
    'a kind of null',
    'patches:\n- target: {kind: Deployment}\n  patch: "- {op: replace, path: /kind}"\n',
    { 'r.yaml': deployment },
    "'Kind' mismatch",
    'r.yaml:1',
  ],
  [
    'an inline transformer that is no YAML',
    'transformers:\n- |-\n  apiVersion: builtin\n  - x\n',
    {},
    'did not find expected key',
    'kustomization.yaml:3',
  ],
  [
    'a kind that is a number in the field specs of a plugin',
    `transformers:\n- |-\n  ${numberKind('LabelTransformer', 'labels: {a: 5}')}`,
    {},
    'cannot unmarshal number into field fieldSpecs[0].kind of type string',
    'kustomization.yaml:3',
  ],
  [
    'definitions of types that are none',
    'crds: [c.json]\n',
    { 'c.json': '{"a": "b"}' },
    'cannot unmarshal string into a definition of a type',
    'c.json',
  ],
])('[K16] %s fails', (_what, kustomization, more, message, place) => {
  const failure = failureOf(() => build(treeWith(kustomization, more), '').toYaml())
  expect(failure.message).toContain(message)
  const { file = '', line } = failure.origin ?? {}
  expect(line === undefined ? file : `${file}:${line}`).toBe(place)
})

test('[K16] a kustomization whose texts are all empty is empty, one with an empty list is not', () => {
  const failure = failureOf(() => build(treeOf({ 'kustomization.yaml': 'namePrefix: ""\n' }), ''))
  expect(failure).toMatchObject({
    message: 'kustomization.yaml is empty',
    origin: { file: 'kustomization.yaml', line: 1 },
  })
  expect(build(treeOf({ 'kustomization.yaml': 'resources: []\n' }), '').toYaml()).toBe('')
})
