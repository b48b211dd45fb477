import type { Dice } from './dice.ts'
import { indent, jsonPatch, mergePatch } from './random-patches.ts'

const head = (kind: string): string => `apiVersion: builtin\nkind: ${kind}\nmetadata:\n  name: notImportantHere\n`

const fieldSpecs =
  'fieldSpecs:\n- path: metadata/labels\n  create: true\n- path: spec/selector/matchLabels\n  kind: Deployment\n'

/** The configuration of a built-in transformer. */
export function transformer(dice: Dice, name: string, objects: string): string {
  return dice.pick<() => string>([
    () =>
      `${head('PrefixTransformer')}prefix: ${dice.pick(['t-', '"1"', '""'])}\nfieldSpecs:\n- path: metadata/name\n${dice.maybe(0.3, () => '- {path: spec/ref, kind: Widget}\n')}`,
    () =>
      `${head('SuffixTransformer')}suffix: ${dice.pick(['-t', '-2'])}\nfieldSpecs:\n- path: metadata/name\n  ${dice.pick(['kind: Service', 'version: v1', 'group: apps'])}\n`,
    () => `${head('PrefixSuffixTransformer')}prefix: a-\nsuffix: -b\nfieldSpecs:\n- {path: metadata/name}\n`,
    () =>
      `apiVersion: builtin\nkind: NamespaceTransformer\nmetadata:\n  name: x\n  namespace: ${dice.pick(['foo', 'tns'])}\n${dice.maybe(0.5, () => `unsetOnly: ${dice.pick(['true', 'false'])}\n`)}${dice.maybe(0.3, () => `setRoleBindingSubjects: ${dice.pick(['none', 'defaultOnly', 'allServiceAccounts', 'wrong'])}\n`)}${dice.maybe(0.6, () => 'fieldSpecs:\n- path: metadata/namespace\n  create: true\n')}`,
    () => `${head('LabelTransformer')}labels:\n  ${dice.pick(['a: b', 'app: t', 'num: "1"'])}\n${fieldSpecs}`,
    () =>
      `${head('AnnotationsTransformer')}annotations:\n  ${dice.pick(['a: b', 'num: "1"'])}\nfieldSpecs:\n- path: metadata/annotations\n  create: true\n`,
    () =>
      `${head('ImageTagTransformer')}imageTag:\n  name: ${dice.pick(['nginx', 'side', 'busybox'])}\n  ${dice.pick(['newTag: v9', 'newName: other', 'digest: sha256:feed'])}\n${dice.maybe(0.3, () => 'fieldSpecs:\n- path: spec/image\n  kind: Widget\n')}`,
    () =>
      `${head('ReplicaCountTransformer')}replica:\n  name: ${name}\n  count: ${dice.pick([0, 7])}\nfieldSpecs:\n- path: spec/replicas\n  create: ${dice.pick(['true', 'false'])}\n  kind: Deployment\n`,
    () =>
      `${head('PatchTransformer')}${dice.chance(0.5) ? `patch: |-\n${indent(jsonPatch(dice), 2).trimEnd()}\ntarget:\n  kind: ${dice.pick(['Deployment', 'Service'])}\n` : `patch: |-\n${indent(mergePatch(dice, name, objects), 2).trimEnd()}\n`}`,
    () =>
      `${head('PatchStrategicMergeTransformer')}patches: |-\n${indent(mergePatch(dice, name, objects), 2).trimEnd()}\n`,
    () =>
      `${head('PatchJson6902Transformer')}target:\n  kind: Deployment\n  group: apps\n  version: v1\n  name: ${name}\njsonOp: |-\n${indent(jsonPatch(dice), 2).trimEnd()}\n`,
    () =>
      `${head('ValueAddTransformer')}value: ${dice.pick(['added', '"1"'])}\ntargets:\n- fieldPath: ${dice.pick(['metadata/labels/added', 'spec/replicas', 'metadata/name'])}\n  ${dice.maybe(0.4, () => `selector: {kind: Service}`)}\n`,
    () =>
      `${head('ReplacementTransformer')}replacements:\n- source: {kind: Service, name: ${name}, fieldPath: metadata.name}\n  targets:\n  - select: {kind: ${dice.pick(['Deployment', 'Widget'])}}\n    fieldPaths: [${dice.pick(['metadata.annotations.from', 'spec.template.metadata.labels.app'])}]\n    ${dice.maybe(0.6, () => 'options: {create: true}')}\n`,
    () => head('HashTransformer'),
  ])()
}

/** The configuration of a built-in generator. */
export function generator(dice: Dice): string {
  return dice.pick<() => string>([
    () =>
      `apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata:\n  name: gen-cm${dice.maybe(0.3, () => '\n  namespace: foo')}\n${dice.maybe(0.4, () => 'name: other\n')}literals:\n- a=b\n${dice.maybe(0.3, () => 'options: {disableNameSuffixHash: true}\n')}${dice.maybe(0.2, () => `behavior: ${dice.pick(['merge', 'create'])}\n`)}`,
    () => `apiVersion: builtin\nkind: SecretGenerator\nmetadata:\n  name: gen-sec\nliterals: [x=y]\ntype: Opaque\n`,
    () =>
      `apiVersion: builtin\nkind: IAMPolicyGenerator\nmetadata:\n  name: iam\ncloud: gke\nkubernetesService: {namespace: k, name: n}\nserviceAccount: {name: g, projectId: p}\n`,
  ])()
}

/** A file of `configurations`. */
export function configuration(dice: Dice): string {
  return dice
    .some([1, 3], () =>
      dice.pick([
        'nameReference:\n- kind: Deployment\n  fieldSpecs:\n  - path: spec/deploy\n    kind: Widget\n',
        'commonLabels:\n- path: spec/nested/labels\n  create: true\n  kind: Widget\n',
        'commonAnnotations:\n- path: spec/anns\n  create: true\n  kind: Widget\n',
        'varReference:\n- path: spec/text\n  kind: Widget\n- path: data/file\n  kind: ConfigMap\n',
        'images:\n- path: spec/image\n  kind: Widget\n',
        'replicas:\n- path: spec/size\n  create: true\n  kind: Widget\n',
        'namePrefix:\n- path: metadata/name\n- path: spec/ref\n  kind: Widget\n',
        'namespace:\n- path: spec/namespace\n  create: true\n  kind: Widget\n',
        'nameSuffix:\n- path: metadata/name\n  kind: Widget\n',
      ]),
    )
    .filter((text, index, all) => all.findIndex((other) => other.split(':')[0] === text.split(':')[0]) === index)
    .join('')
}

/** An OpenAPI definition file of `crds`. */
export const crdFile = `{"example.com.v1.Widget": {"Schema": {"properties": {"kind": {"type": "string"}, "apiVersion": {"type": "string"}, "metadata": {"type": "object"}, "spec": {"$ref": "example.com.v1.WidgetSpec"}}}}, "example.com.v1.WidgetSpec": {"Schema": {"properties": {"secretName": {"type": "string", "x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "Secret", "x-kubernetes-object-ref-name-key": "name"}, "nested": {"x-kubernetes-label-selector": ""}}}}}\n`

/** A custom schema with a list that merges by name. */
export const schemaFile = `{"definitions": {"v1.Widget": {"type": "object", "properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}, "spec": {"properties": {"items": {"type": "array", "items": {"type": "object"}, "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge"}}}}, "x-kubernetes-group-version-kind": [{"group": "example.com", "kind": "Widget", "version": "v1"}]}}}\n`
