import { Dice } from './dice.ts'
import { names, randomObjects, scalars } from './random-objects.ts'
import { indent, jsonPatch, mergePatch, patchEntry } from './random-patches.ts'
import { configuration, crdFile, generator, schemaFile, transformer } from './random-plugins.ts'

/** A random tree, and the folder of it to build. */
export interface RandomTree {
  readonly files: Readonly<Record<string, string>>
  readonly top: string
}

interface Draft {
  readonly dice: Dice
  readonly name: string
  readonly level: number
  /** The objects of the base. */
  readonly objects: string
  /** Files of this kustomization, by their paths from its folder. */
  readonly files: Record<string, string>
}

const envFile = 'A=1\nB=two words\n# comment\n\nC="quoted"\nD=\'single\'\n E = spaced \nF=\nexport=x\nG=a=b\n'

function generators({ dice, level, files }: Draft): string {
  const name = dice.chance(level === 0 ? 0.8 : 0.2) ? 'cfg' : `cfg${level}`
  const behavior = level > 0 && name === 'cfg' ? dice.pick(['merge', 'replace']) : dice.pick(['create', '""'])
  files['file.txt'] = dice.pick([
    'hello\nworld\n',
    'no end',
    '',
    'tab\t\n',
    ' lead\n',
    'trail \n',
    'é\n',
    '\u0000\u0001',
    'a: b\nc: d\n',
    '---\nx\n',
  ])
  files['my.env'] = envFile
  const sources = dice
    .some([1, 3], () =>
      dice.pick([
        `  literals:\n  - a=${dice.pick(['1', "'x y'", '"q"', '', 'x=y', '\\n'])}\n  - b${level}=2\n  - ${JSON.stringify(`l=${dice.pick(scalars)}`)}\n`,
        `  files:\n  - ${dice.pick(['file.txt', 'k=file.txt', './file.txt', 'my.env'])}\n`,
        `  envs: [my.env]\n`,
        `  env: my.env\n`,
      ]),
    )
    .filter((text, index, all) => all.findIndex((other) => other.slice(0, 5) === text.slice(0, 5)) === index)
  const options = dice.maybe(
    0.3,
    () =>
      `  options: {${dice.pick(['disableNameSuffixHash: true', 'labels: {g: h}', 'annotations: {g: "1"}', 'immutable: true', 'disableNameSuffixHash: true, labels: {g: h}'])}}\n`,
  )
  const config = `configMapGenerator:\n- name: ${name}\n  behavior: ${behavior}\n${dice.maybe(0.1, () => '  namespace: foo\n')}${sources.join('')}${options}`
  const secret = dice.maybe(
    0.4,
    () =>
      `secretGenerator:\n- name: ${level > 0 ? dice.pick([`sec${level}`, 'sec']) : 'sec'}\n  literals: [b=secret${level}]\n${dice.maybe(0.4, () => `  type: ${dice.pick(['Opaque', 'kubernetes.io/tls'])}\n`)}${dice.maybe(level > 0 ? 0.2 : 0, () => `  behavior: ${dice.pick(['merge', 'replace'])}\n`)}`,
  )
  const all = dice.maybe(
    0.2,
    () =>
      `generatorOptions: {annotations: {gen: "true"}, labels: {all: x}${dice.maybe(0.3, () => ', disableNameSuffixHash: true')}${dice.maybe(0.2, () => ', immutable: true')}}\n`,
  )
  return config + secret + all
}

function patches({ dice, name, files, objects }: Draft): string {
  const made = dice.some([1, 3], (index) => patchEntry(dice, { name, file: `patch-${index}.yaml`, objects }))
  for (const { files: own } of made) Object.assign(files, own)
  return `patches:\n${made.map(({ entry }) => entry).join('')}`
}

function legacyPatches({ dice, name, files, objects }: Draft): string {
  files['smp.yaml'] = mergePatch(dice, name, objects)
  files['json.yaml'] = jsonPatch(dice)
  const merge = dice.pick(['- smp.yaml\n', `- |-\n${indent(mergePatch(dice, name, objects), 2).trimEnd()}\n`])
  const json = `- target: {group: apps, version: v1, kind: Deployment, name: ${name}}\n  ${dice.pick(['path: json.yaml', `patch: |-\n${indent(jsonPatch(dice), 4).trimEnd()}`])}\n`
  return dice.pick([`patchesStrategicMerge:\n${merge}`, `patchesJson6902:\n${json}`])
}

/** A kind that is there, mostly. */
function kindIn(dice: Dice, objects: string): string {
  return dice.pick(['Service', ...[...objects.matchAll(/^kind: (\w+)$/gm)].map(([, kind = '']) => kind)])
}

const sourcePaths = [
  'metadata.name',
  'metadata.name',
  'kind',
  'metadata.name',
  'spec.replicas',
  'spec.template.spec.containers.0.image',
  'spec.nested',
  'metadata.namespace',
  'spec.items.[name=x].v',
  'data.k',
  'metadata.labels.app',
  'spec.cfg',
  '',
]
const targetPaths = [
  'metadata.annotations.note',
  'spec.template.spec.containers.[name=main].env.[name=A].value',
  'spec.text',
  'spec.cfg.a.b',
  'spec.template.spec.containers.*.image',
  'spec.new.field',
  'metadata.labels.app',
  'spec.items.*.v',
  'spec.items.0.v',
  'spec.items.-.v',
  'metadata.annotations.[a.b/c]',
  'metadata.annotations.a\\.b',
  'spec.list.1',
  'spec.template.spec.containers.[name=zz].image',
  'data.k',
  'metadata.name',
  'spec.*',
]
const sourceOptions = [
  'delimiter: ":", index: 0',
  'delimiter: "-", index: 1',
  'delimiter: "/"',
  'index: 2',
  'delimiter: ":", index: 9',
]
const targetOptions = [
  'create: true',
  'delimiter: ":", index: 1',
  'delimiter: "/", index: -1',
  'delimiter: ":", index: 9',
  'delimiter: "-"',
  'create: true, delimiter: ":", index: 0',
  'encoding: base64',
]

function replacements({ dice, name, files, objects }: Draft): string {
  const entry = (): string => {
    const source = `source: {${dice.maybe(0.9, () => `kind: ${kindIn(dice, objects)}, `)}${dice.maybe(0.3, () => `name: ${name}, `)}fieldPath: ${JSON.stringify(dice.pick(sourcePaths))}${dice.maybe(0.3, () => `, options: {${dice.pick(sourceOptions)}}`)}}`
    const rejects = dice.maybe(
      0.2,
      () => `    reject: [{${dice.pick(['name: api', 'kind: Service', `name: ${name}`, 'labelSelector: app=web'])}}]\n`,
    )
    return `- ${dice.chance(0.93) ? source : `sourceValue: ${dice.pick(['x', '"1"', '"a b"'])}`}\n  targets:\n${dice.some([1, 2], () => `  - select: {${dice.pick(['kind: Deployment', 'kind: Widget', 'kind: Service', `name: ${name}`, 'kind: Nothing', 'kind: ConfigMap, version: v1'])}}\n${rejects}    fieldPaths:\n${dice.some([1, 2], () => `    - ${JSON.stringify(dice.pick(targetPaths))}\n`).join('')}${dice.maybe(0.5, () => `    options: {${dice.pick(targetOptions)}}\n`)}`).join('')}`
  }
  const entries = dice.some([1, 2], entry).join('')
  if (dice.chance(0.7)) return `replacements:\n${entries}`
  files['repl.yaml'] = entries
  return 'replacements:\n- path: repl.yaml\n'
}

function plugins(draft: Draft): string {
  const { dice, name, files, objects } = draft
  const parts: string[] = []
  if (dice.chance(0.5)) {
    files['tr.yaml'] = dice.some([1, 2], () => transformer(dice, name, objects)).join('---\n')
    parts.push(
      dice.chance(0.7)
        ? 'transformers: [tr.yaml]\n'
        : `transformers:\n- |-\n${indent(transformer(dice, name, objects), 2).trimEnd()}\n`,
    )
  }
  if (dice.chance(0.2)) {
    files['gen.yaml'] = generator(dice)
    parts.push('generators: [gen.yaml]\n')
  }
  if (dice.chance(0.3)) {
    files['conf.yaml'] = configuration(dice)
    parts.push('configurations: [conf.yaml]\n')
  }
  if (dice.chance(0.1)) {
    files['crd.json'] = crdFile
    parts.push('crds: [crd.json]\n')
  }
  if (dice.chance(0.1)) {
    files['schema.json'] = schemaFile
    parts.push('openapi: {path: schema.json}\n')
  }
  return parts.join('')
}

function transforms({ dice, name, objects }: Draft): string {
  const fields = [
    dice.maybe(0.35, () => `namespace: ${dice.pick(['foo', 'bar', 'baz', 'default', '""'])}\n`),
    dice.maybe(0.35, () => `namePrefix: ${dice.pick(['p-', '"1"', 'q-', '""'])}\n`),
    dice.maybe(0.3, () => `nameSuffix: ${dice.pick(['-s', '-t', '"2"'])}\n`),
    dice.maybe(0.2, () => `commonLabels: {${dice.pick(['team: x', 'app: over', 'num: "1"'])}}\n`),
    dice.maybe(
      0.3,
      () =>
        `labels:\n- pairs: {${dice.pick(['l: m', 'app: lab', 'num: "1"'])}}\n  ${dice.pick(['includeSelectors: true', 'includeTemplates: true', 'includeSelectors: false', 'fields: [{path: spec/extra/labels, create: true, kind: Widget}]', 'includeTemplates: true\n  fields: [{path: spec/items/l, create: true}]'])}\n`,
    ),
    dice.maybe(0.25, () => `commonAnnotations: {c: ${dice.pick(['d', '"1"', '"a b"'])}}\n`),
    dice.maybe(
      0.4,
      () =>
        `images:\n${dice.some([1, 2], () => `- name: ${dice.pick(['nginx', 'side', 'reg.io:5000/nginx', 'busybox', '.*', 'library/nginx', 'reg.io/team/nginx'])}\n  ${dice.pick(['newTag: v2', 'newName: other', 'digest: sha256:beef', 'tagSuffix: -x', 'newName: o\n  newTag: "3"', 'newName: r:5/o\n  digest: "sha256:1"', 'newTag: ""'])}\n`).join('')}`,
    ),
    dice.maybe(
      /kind: (?:Deployment|StatefulSet|ReplicaSet)/.test(objects) ? 0.3 : 0.01,
      () => `replicas:\n- name: ${dice.chance(0.95) ? name : 'none'}\n  count: ${dice.pick([0, 4])}\n`,
    ),
    dice.maybe(
      0.15,
      () =>
        `buildMetadata: [${dice.pick(['originAnnotations', 'transformerAnnotations', 'managedByLabel', 'originAnnotations, transformerAnnotations'])}]\n`,
    ),
    dice.maybe(
      0.1,
      () =>
        `sortOptions: {order: ${dice.pick(['fifo', 'legacy'])}${dice.maybe(0.3, () => ', legacySortOptions: {orderFirst: [Secret], orderLast: [Deployment, Service]}')}}\n`,
    ),
    dice.maybe(
      0.15,
      () =>
        `vars:\n- name: VAR\n  objref: {apiVersion: apps/v1, kind: Deployment, name: ${name}}\n${dice.maybe(0.6, () => `  fieldref: {fieldpath: "${dice.pick(['spec.replicas', 'metadata.name', 'spec.template.spec.containers[0].image', 'spec.none'])}"}\n`)}`,
    ),
  ]
  return fields.join('')
}

function kustomization(draft: Draft, bases: readonly string[], kind: 'Kustomization' | 'Component'): string {
  const { dice, level } = draft
  const components = bases.filter((base) => base.includes('comp'))
  const resources = [
    ...bases.filter((base) => !base.includes('comp')),
    ...(level === 0 || dice.chance(0.3) ? ['res.yaml'] : []),
  ]
  const head =
    dice.chance(0.8) || kind === 'Component'
      ? `apiVersion: kustomize.config.k8s.io/${kind === 'Component' ? 'v1alpha1' : 'v1beta1'}\nkind: ${kind}\n`
      : ''
  const list = (field: string, entries: readonly string[]): string =>
    entries.length === 0 ? '' : `${field}:\n${entries.map((entry) => `- ${entry}\n`).join('')}`
  return [
    head,
    list(dice.chance(0.05) ? 'bases' : 'resources', resources),
    list('components', components),
    transforms(draft),
    dice.maybe(0.35, () => generators(draft)),
    dice.maybe(0.35, () => patches(draft)),
    dice.maybe(0.07, () => legacyPatches(draft)),
    dice.maybe(0.1, () => replacements(draft)),
    dice.maybe(0.2, () => plugins(draft)),
  ].join('')
}

/** A tree of a base, mostly an overlay, and at times a component, a second base and an overlay of the overlay. */
export function randomTree(seed: number): RandomTree {
  const dice = new Dice(seed)
  const name = dice.pick(names)
  const files: Record<string, string> = {}
  let base = ''
  const place = (
    folder: string,
    level: number,
    bases: readonly string[],
    kind: 'Kustomization' | 'Component' = 'Kustomization',
  ): void => {
    const own: Record<string, string> = {}
    const objects = randomObjects(dice, level === 0 ? name : `${name}${level}`)
    if (level === 0) base = objects
    own['res.yaml'] = objects
    own['kustomization.yaml'] = kustomization(
      { dice, name, level: kind === 'Component' ? 9 : level, files: own, objects: base },
      bases,
      kind,
    )
    for (const [file, text] of Object.entries(own)) files[`${folder}/${file}`] = text
  }
  place('base', 0, [])
  if (dice.chance(0.25)) return { files, top: 'base' }
  const bases = ['../base']
  if (dice.chance(0.25)) {
    place('second', 3, dice.chance(0.2) ? ['../base'] : [])
    bases.push('../second')
  }
  if (dice.chance(0.3)) {
    place('comp', 4, [], 'Component')
    bases.push('../comp')
  }
  place('over', 1, bases)
  if (dice.chance(0.7)) return { files, top: 'over' }
  place('top', 2, dice.chance(0.2) && bases.includes('../comp') ? ['../over', '../comp'] : ['../over'])
  return { files, top: 'top' }
}
