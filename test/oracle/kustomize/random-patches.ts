import type { Dice } from './dice.ts'
import { scalars } from './random-objects.ts'

const containerPatches: readonly string[] = [
  '$patch: replace',
  'name: main\n        ports:\n        - containerPort: 80\n          name: p',
  'name: main\n        ports:\n        - containerPort: 80\n          protocol: UDP\n          name: p',
  'name: main\n        $patch: replace\n        image: z',
  'name: main\n        env:\n        - $patch: delete\n          name: A',
  'name: main\n        args: null',
  'name: main\n        command: []',
  'name: main\n        ports: []',
  'name: main\n        $patch: delete',
  'image: noname',
  'name: new\n        image: n:1',
  'name: main\n        env:\n        - name: B\n          value: "plain"\n          valueFrom: null',
  'name: side\n      - name: main\n        $retainKeys: [name, image]\n        image: kept',
]

const kindsOf: readonly string[] = [
  'Deployment',
  'Service',
  'Widget',
  'ConfigMap',
  '.*',
  'Deploy.*',
  '(Deployment|StatefulSet)',
  'CronJob',
  'Secret',
]

/** A strategic merge patch for an object of a text that `random-objects` made; rarely for one that is not there. */
export function mergePatch(dice: Dice, name: string, objects: string): string {
  for (let attempt = 0; attempt < 20; attempt++) {
    const patch = anyMergePatch(dice, name)
    const [, kind = '', at = ''] = /kind: (\w+)\nmetadata:\n {2}name: (\S+)/.exec(patch) ?? []
    const isThere = new RegExp(`kind: ${kind}\\nmetadata:\\n  name: ${at}\\n`).test(objects)
    if (isThere || dice.chance(0.02)) return patch
  }
  return anyMergePatch(dice, name)
}

function anyMergePatch(dice: Dice, name: string): string {
  const head = (apiVersion: string, kind: string): string =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}\n`
  const deployment = head('apps/v1', dice.pick(['Deployment', 'Deployment', 'Deployment', 'StatefulSet', 'DaemonSet']))
  const pod = '  template:\n    spec:\n'
  return dice.pick<() => string>([
    () =>
      `${deployment}spec:\n  replicas: ${dice.pick(['5', '"6"', 'null', '~'])}\n${pod}      containers:\n      - name: main\n        image: ${dice.pick(['nginx:9', 'null'])}\n        env:\n        - name: A\n          value: ${dice.pick(['"2"', '3'])}\n        - name: NEW\n          value: x\n      - name: ${dice.pick(['side', 'extra'])}\n        ${dice.pick(['$patch: delete', 'image: e:1', 'resources: {}'])}\n`,
    () =>
      `${deployment}  labels:\n    ${dice.pick(['app: other', 'app: null', 'x: y'])}\n  annotations: ${dice.pick(['null', '{a: b}', '{note: null}', '{$patch: replace, z: z}', '{}'])}\nspec:\n${pod}      volumes:\n      - name: v\n        ${dice.pick(['$patch: delete', 'emptyDir: {}\n        configMap: null', 'secret: {secretName: sec}', '$retainKeys: [name, emptyDir]\n        emptyDir: {}'])}\n`,
    () =>
      `${deployment}spec:\n${pod}      containers:\n      - ${dice.pick(containerPatches)}\n      ${dice.pick(['initContainers: null', 'tolerations: [{key: a}]', 'nodeSelector: {a: "1"}', 'nodeSelector: null', 'imagePullSecrets: [{name: other}]', '$setElementOrder/containers: [{name: side}, {name: main}]', '$deleteFromPrimitiveList/x: [a]', 'affinity: {nodeAffinity: {}}'])}\n`,
    () =>
      `${head('v1', 'Service')}spec:\n  ports:\n  - port: ${dice.pick(['80', '81', '82', '"80"'])}\n    name: q\n  ${dice.pick(['selector: null', 'selector: {$patch: replace, b: c}', 'type: NodePort', 'selector: {}', 'selector: {$patch: delete}'])}\n`,
    () =>
      `${head('example.com/v1', 'Widget')}spec:\n  items:\n  - name: z\n  nested: ${dice.pick(['{k: null}', '{$patch: delete}', '{$patch: replace, q: r}', 'null', '[]', '5', '{nul: {a: b}}'])}\n  ${dice.pick(['list: [c]', 'list: null', 'text: changed', 'folded: "other\\ntext"', `list: ${dice.pick(scalars)}`, `new: ${dice.pick(scalars)}`])}\n`,
    () =>
      `${dice.pick([head('v1', 'Service'), head('example.com/v1', 'Widget'), deployment])}${dice.pick(['$patch: delete\n', '$patch: replace\nspec: {only: this}\n', '$patch: merge\nspec: {q: 1}\n', 'spec: {q: 1}\n', 'spec:\n', 'spec: null\n', '# nothing\n'])}`,
    () =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${dice.pick(['cfg', 'plain', name])}\ndata:\n  k: ${dice.pick(['patched', 'null', '|\n    x\n    y'])}\n`,
  ])()
}

/** Operations that fit most objects. */
const easyOperations: readonly string[] = [
  '- op: add\n  path: /metadata/labels\n  value: {json: "patch", num: "1"}\n',
  '- {op: add, path: /metadata/annotations, value: {a~b: c, "d/e": "f"}}\n',
  '- op: add\n  path: /spec\n  value:\n    replaced: [1, {a: b}, "yes"]\n',
  '- op: replace\n  path: /metadata/name\n  value: renamed\n',
  '- op: copy\n  from: /kind\n  path: /copied\n',
  '- op: move\n  from: /metadata/name\n  path: /metadata/name\n',
  '- op: test\n  path: /metadata/name\n  value: web\n',
  '- op: add\n  path: /added\n  value: |\n    two\n    lines\n',
  '- op: add\n  path: /x~1y~0z\n  value: 1.50\n',
]

function operation(dice: Dice): string {
  if (dice.chance(0.75)) return dice.pick(easyOperations)
  const path = dice.pick([
    '/metadata/labels/new',
    '/spec/replicas',
    '/metadata/annotations/x~1y',
    '/spec/template',
    '/metadata/annotations',
    '/spec/ports/0/port',
    '/spec/items/-',
    '/spec/items/0',
    '/spec/items/7',
    '/spec/nested/k',
    '/spec/list/1',
    '/data/k',
    '/metadata/name',
    '/spec/template/spec/containers/0/image',
    '/',
    '',
    'spec',
    '/spec/items/-1',
    '/kind',
  ])
  const kind = dice.pick(['add', 'add', 'replace', 'replace', 'remove', 'test', 'move', 'copy'])
  const value = dice.pick(['"v"', '7', '{a: "b", c: [1, 2]}', 'yes', '"yes"', '[1]', 'null', '"a\\nb"', '1.0', '""'])
  const from = dice.pick(['/metadata/name', '/metadata/labels', '/spec/replicas', '/spec/list', '/none'])
  const operand =
    kind === 'remove' ? '' : kind === 'move' || kind === 'copy' ? `  from: ${from}\n` : `  value: ${value}\n`
  return `- op: ${kind}\n  path: ${path === '' ? '""' : path}\n${operand}`
}

/** A JSON patch in YAML or JSON. */
export function jsonPatch(dice: Dice): string {
  if (dice.chance(0.15)) return '[{"op": "add", "path": "/metadata/labels", "value": {"json": "patch"}}]\n'
  return dice.some([1, 3], () => operation(dice)).join('')
}

/** The lines of a selector, indented by four. */
export function selector(dice: Dice, name: string): string {
  return `    kind: ${dice.pick(kindsOf)}\n${dice.maybe(0.4, () => `    name: ${dice.pick([name, `${name}.*`, '.*b', `p-${name}`, `^${name}$`, 'nothing'])}\n`)}${dice.maybe(0.15, () => `    labelSelector: ${dice.pick([`app=${name}`, 'app!=zzz', 'app in (web,api)', '"!app"', 'extra', 'app notin (db)', `"app = ${name}, extra"`])}\n`)}${dice.maybe(0.1, () => '    annotationSelector: note=x\n')}${dice.maybe(0.1, () => `    group: ${dice.pick(['apps', 'example.com', '""'])}\n`)}${dice.maybe(0.1, () => `    version: ${dice.pick(['v1', 'v.*'])}\n`)}${dice.maybe(0.1, () => `    namespace: ${dice.pick(['foo', 'default', '.*'])}\n`)}`
}

/** Indents all lines but empty ones. */
export function indent(text: string, by: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(by))
}

/** One entry of `patches`, with the file that it names when it names one. */
export function patchEntry(
  dice: Dice,
  { name, file, objects }: { readonly name: string; readonly file: string; readonly objects: string },
): { readonly entry: string; readonly files: Readonly<Record<string, string>> } {
  const isJson = dice.chance(0.35)
  const text = isJson
    ? jsonPatch(dice)
    : dice.some([1, dice.chance(0.1) ? 2 : 1], () => mergePatch(dice, name, objects)).join('---\n')
  const target = isJson || dice.chance(0.35) ? `  target:\n${selector(dice, name)}` : ''
  const options = dice.maybe(
    0.1,
    () =>
      `  options: {${dice.pick(['allowNameChange: true', 'allowKindChange: true', 'allowNameChange: true, allowKindChange: true'])}}\n`,
  )
  const isFile = dice.chance(0.4)
  const source = isFile ? `path: ${file}\n` : `patch: |-\n${indent(text, 4).trimEnd()}\n`
  return { entry: `- ${source}${target}${options}`, files: isFile ? { [file]: text } : {} }
}
