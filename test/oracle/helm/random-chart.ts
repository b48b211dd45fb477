/** Random charts with subcharts, and the command lines they are rendered and linted with. */
import type { Dice } from '../kustomize/dice.ts'
import type { Case } from './case.ts'

const names = ['sub', 'lib', 'other']

const valueTexts = [
  'a: 1', 'a: null', 'b: {c: 1, d: null}', 'b: text', 'b:', 'sub: {a: 2, b: {c: null, e: x}}', 'sub: null', 'sub: text', 'sub: {enabled: false}',
  'sub: {enabled: true, global: {g: 2}}', 'global: {g: 1, m: {x: 1}}', 'global: null', 'tags: {one: false, two: true}', 'tags: {one: true}', 'other: {a: [1, 2], enabled: "true"}',
  'other: {a: {b: c}}', 'alias: {a: 5}', 'list: [1, {a: b}]', 'list: {a: 1}', 'exports: {data: {x: 1, y: {z: 2}}}', 'lib: {z: 1}', 'n: 1.5', 'big: 12345678901', 'e: ""', 'sub: {sub2: {a: 1}}',
  'enabled: false', 'sub: {nested: {enabled: null}}', 'x: {y: {z: 1}}', 'x: null', 'x: {y: null}', 'x: {y: {z: null}}', 'global: {m: null}', 'global: text', 'tags: text',
] // prettier-ignore

const dependencyLines = [
  'condition: sub.enabled', 'condition: sub.enabled,other.enabled', 'condition: enabled', 'condition: missing.enabled', 'condition: global.g', 'tags: [one]', 'tags: [one, two]', 'tags: [three]', 'alias: alias',
  'alias: sub2', 'import-values: [data]', 'import-values: [{child: b, parent: imported}]', 'import-values: [{child: missing, parent: x}]', 'import-values: [{child: exports.data, parent: .}]', 'import-values: [missing]',
  'repository: "https://example.com"', 'repository: file://../x', 'enabled: true', 'import-values: [{child: x, parent: x}]', 'import-values: [{child: b.c, parent: x.y}]',
] // prettier-ignore

const templateLines = [
  'a: {{ .Values.a }}', 'v: {{ .Values | toJson }}', 'g: {{ .Values.global | toJson }}', 'n: {{ .Release.Name }}-{{ .Chart.Name }}-{{ .Chart.Version }}', 'i: {{ include "lib.name" . }}', 'i: {{ include "shared" . }}',
  'x: {{ .Values.x.y.z }}', 'd: {{ .Values.b.c | default "none" }}', 'q: {{ .Values.e | quote }}', 'r: {{ required "need a" .Values.a }}', 't: {{ .Template.Name }} {{ .Template.BasePath }}', 'c: {{ .Capabilities.KubeVersion.Version }}',
  'l: {{ len .Values.list }}', 's: {{ .Subcharts | keys | sortAlpha | toJson }}', 'sc: {{ .Subcharts.sub.Values | toJson }}', 'f: {{ .Files.Get "file.txt" | quote }}', 'fail: {{ fail "no" }}', 'p: {{ tpl "{{ .Values.a }}" . }}', 'k: {{ .Chart.Type | quote }}', 'y: {{ .Values.imported | toJson }}',
  'dep: {{ range .Chart.Dependencies }}{{ .Name }}/{{ .Alias }}/{{ .Enabled }} {{ end }}', 'h: {{ .Capabilities.APIVersions.Has "v1" }}', 'bad: [', 'm: {{ .Chart.Maintainers | toJson }}', 'z: {{ .Values.n | int }} {{ .Values.big }}',
] // prettier-ignore

const documents = [
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}', 'apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n  annotations:\n    helm.sh/hook: pre-install', 'kind: ConfigMap', '# only a comment', '',
  'apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\n  annotations: {helm.sh/hook: "post-install,test", helm.sh/hook-weight: "5"}', 'apiVersion: v1\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test-success}}', 'a: b: c', '- list', 'apiVersion: v1\nkind: List\nitems: []', 'apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: i}', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: UPPER_case', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: n}', 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}',
] // prettier-ignore

const metadataLines = [
  'description: d', 'type: library', 'type: application', 'type: odd', 'appVersion: "1.0"', 'appVersion: 1', 'icon: https://x/i.png', 'icon: x', 'kubeVersion: ">=1.20.0"', 'kubeVersion: "<1.0"', 'kubeVersion: x', 'maintainers: [{name: m, email: a@b.c, url: https://x}]', 'maintainers: [{email: bad}]',
  'keywords: [a]', 'sources: [https://x]', 'home: https://x', 'annotations: {a: b}', 'annotations: {a: 1}', 'deprecated: true', 'condition: x', 'unknown: 1', 'maintainers: [null]',
] // prettier-ignore

const schemas = [
  '{"type":"object","required":["a"]}', '{"properties":{"a":{"type":"string"}}}', '{"properties":{"b":{"type":"object","additionalProperties":false}}}', '{"properties":{"list":{"type":"array","maxItems":1}}}', '{"additionalProperties":false}', '{', '{"type":"odd"}',
  '{"properties":{"n":{"minimum":2,"multipleOf":1}}}', '{"properties":{"global":{"type":"object","properties":{"g":{"enum":[3]}}}}}', '{"$schema":"http://json-schema.org/draft-07/schema#","if":{"required":["x"]},"then":{"required":["y"]}}', '{"properties":{"sub":{"$ref":"#/definitions/s"}},"definitions":{"s":{"type":"string"}}}', '{"oneOf":[{"required":["a"]},{"required":["b"]}]}', '{"properties":{"e":{"minLength":1,"pattern":"^x"}}}', 'true', '{"not":{"required":["a"]}}', '{"properties":{"x":{"properties":{"y":{"properties":{"z":{"const":2}}}}}}}',
] // prettier-ignore

function metadata(dice: Dice, name: string, extra: readonly string[]): string {
  const version = dice.chance(0.95)
    ? dice.pick(['1.0.0', '0.1.0', '1.2.3-rc.1'])
    : dice.pick(['1', 'x', '1.0', 'v1.0.0'])
  const api = dice.chance(0.95) ? 'v2' : dice.pick(['v1', 'v3', ''])
  const lines = dice.some([0, 2], () =>
    dice.chance(0.8)
      ? dice.pick(['description: d', 'appVersion: "1.0"', 'icon: https://x/i.png', 'keywords: [a]'])
      : dice.pick(metadataLines),
  )
  return [`apiVersion: ${api}`, `name: ${name}`, `version: ${version}`, ...new Set(lines), ...extra].join('\n') + '\n'
}

function template(dice: Dice): string {
  const docs = dice.some([1, 2], () => {
    const head = dice.chance(0.75) ? (documents[dice.below(2)] ?? '') : dice.pick(documents)
    const lines = dice.some([0, 3], () => dice.pick(templateLines))
    return [
      head,
      ...(head.startsWith('apiVersion') && !head.includes('{')
        ? ['data:', ...lines.map((line) => `  ${line}`)]
        : lines),
    ].join('\n')
  })
  return `${dice.maybe(0.2, () => '---\n')}${docs.join('\n---\n')}\n`
}

function values(dice: Dice): string {
  const seen = new Set<string>()
  return dice
    .some([0, 4], () => dice.pick(valueTexts))
    .filter((line) => {
      const key = line.split(':')[0] ?? ''
      return !seen.has(key) && seen.add(key)
    })
    .map((line) => `${line}\n`)
    .join('')
}

function chosen(dice: Dice, of: readonly string[]): readonly string[] {
  const names = dice.some([0, 3], () => dice.pick(of))
  return dice.chance(0.05) ? names : [...new Set(names)]
}

function dependencies(dice: Dice, of: readonly string[]): readonly string[] {
  const listed = of.length === 0 ? [] : chosen(dice, of)
  if (listed.length === 0) return []
  const entries = listed.map((name) => {
    const lines = dice.some([0, 2], () => dice.pick(dependencyLines))
    const range = dice.pick(['1.0.0', '^1', '*', '>=0.1.0', '~0.1', '2.x', '""', 'x y'])
    const seen = new Map(lines.map((line) => [line.split(':')[0], line]))
    return [`- name: ${name}`, `version: "${range.replaceAll('"', '')}"`, ...seen.values()].join('\n  ')
  })
  return ['dependencies:', ...entries]
}

function chart(
  dice: Dice,
  at: { readonly folder: string; readonly name: string; readonly depth: number },
): Record<string, string> {
  const { folder, name, depth } = at
  const below = depth > 0 ? names.filter((each) => each !== name && dice.chance(0.5)) : []
  const extra = dice.chance(0.8) ? dependencies(dice, dice.chance(0.95) || depth === 0 ? below : names) : []
  const files: Record<string, string> = { [`${folder}/Chart.yaml`]: metadata(dice, name, extra) }
  if (dice.chance(0.9)) files[`${folder}/values.yaml`] = values(dice)
  if (dice.chance(0.1)) files[`${folder}/values.schema.json`] = dice.pick(schemas)
  if (dice.chance(0.9)) files[`${folder}/templates/${dice.pick(['a', 'b', 'z'])}.yaml`] = template(dice)
  if (dice.chance(0.3)) files[`${folder}/templates/sub/c.yaml`] = template(dice)
  if (dice.chance(0.7))
    files[`${folder}/templates/_helpers.tpl`] =
      `{{- define "lib.name" }}${name}-lib{{ end -}}{{ define "shared" }}${name}{{ .Values.a }}{{ end }}`
  if (dice.chance(0.1)) files[`${folder}/templates/NOTES.txt`] = 'Notes {{ .Release.Name }} {{ .Values.a }}\n'
  if (dice.chance(0.1))
    files[`${folder}/crds/crd.yaml`] =
      'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\n'
  if (dice.chance(0.1))
    files[`${folder}/.helmignore`] = dice.pick([
      '*.txt\n',
      'templates/sub\n',
      '!a\n',
      'charts/lib\n',
      '# c\n/templates/z.yaml\n',
    ])
  if (dice.chance(0.2)) files[`${folder}/file.txt`] = 'content "x"\n'
  for (const each of below)
    Object.assign(files, chart(dice, { folder: `${folder}/charts/${each}`, name: each, depth: depth - 1 }))
  return files
}

/** A random chart and a command line over it. */
export function randomChart(dice: Dice): Case {
  const files = chart(dice, { folder: 'top', name: 'top', depth: 2 })
  const flags: string[] = []
  if (dice.chance(0.5)) {
    files['own.yaml'] = values(dice)
    flags.push('-f', 'own.yaml')
  }
  if (dice.chance(0.3))
    flags.push(
      dice.pick(['--set', '--set-string']),
      dice.pick([
        'a=3',
        'sub.enabled=true',
        'sub=null',
        'global.g=7',
        'b.c=null',
        'tags.one=true',
        'other.enabled=false',
        'list[0]=9',
        'x.y.z=1',
        'alias.a=6',
      ]),
    )
  if (dice.chance(0.3))
    return {
      kind: 'command',
      words: [
        'lint',
        'top',
        ...flags,
        ...(dice.chance(0.3) ? ['--strict'] : []),
        ...(dice.chance(0.3) ? ['--with-subcharts'] : []),
      ],
      files,
    }
  const others = dice.pick([
    [],
    [],
    [],
    ['--include-crds'],
    ['--no-hooks'],
    ['--skip-tests'],
    ['--is-upgrade'],
    ['-n', 'ns'],
    ['--skip-schema-validation'],
    ['--kube-version', '1.30'],
    ['-a', 'x/v1'],
    ['-s', 'templates/a.yaml'],
  ])
  return { kind: 'command', words: ['template', 'rel', 'top', ...flags, ...others], files }
}
