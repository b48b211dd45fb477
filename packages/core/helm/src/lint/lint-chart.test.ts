import { expect, test } from 'vitest'
import { defaultApiVersions, lintChart, type LintMessage } from '../index.ts'
import { chartOf, testHost } from '../testing/render-text.ts'

function lint(files: Readonly<Record<string, string>>): readonly string[] {
  const all: Readonly<Record<string, string>> = { 'Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n', ...files }
  const messages: readonly LintMessage[] = lintChart(
    {
      load: () => chartOf(files),
      read: (name) => all[name],
      hasFolder: (folder) => Object.keys(all).some((name) => name.startsWith(folder)),
      folder: '/c',
      values: {},
      namespace: 'ns',
      capabilities: { kubeVersion: 'v1.37.0', apiVersions: defaultApiVersions, helmVersion: 'v4.3' },
    },
    { host: testHost },
  )
  return messages.map(({ severity, path, text }) => `${severity} ${path}: ${text}`)
}

const good = { 'values.yaml': 'a: 1', 'templates/a.yaml': 'kind: ConfigMap\nmetadata:\n  name: x\n' }
const icon = 'INFO Chart.yaml: icon is recommended'

test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
  ['a good chart', {}, [icon]],
  [
    'a required value that is missing',
    { 'templates/b.yaml': 'kind: A\nmetadata:\n  name: x{{ required "no" .Values.z }}' },
    [icon],
  ],
  [
    'a template that fails',
    { 'templates/b.yaml': '{{ .Values.a.b }}' },
    [icon, 'ERROR templates/: c/templates/b.yaml:1:10'],
  ],
  [
    'a document that is no YAML',
    { 'templates/b.yaml': 'a: [' },
    [icon, 'ERROR templates/b.yaml: unable to parse YAML'],
  ],
  [
    'a bad name',
    { 'templates/b.yaml': 'kind: Pod\nmetadata:\n  name: X_y\n' },
    [icon, 'WARNING templates/b.yaml: object name does not conform'],
  ],
  [
    'a workload without selector',
    { 'templates/b.yaml': 'kind: Deployment\nmetadata:\n  name: x\n' },
    [icon, 'ERROR templates/b.yaml: a Deployment must contain matchLabels'],
  ],
  [
    'a mistake after a separator at the beginning',
    { 'templates/b.yaml': '---\na: 1\nb: c: d\n' },
    [icon, 'ERROR templates/b.yaml: unable to parse YAML: error converting YAML to JSON: yaml: line 3: mapping values'],
  ],
  [
    'a mistake after a later separator',
    { 'templates/b.yaml': 'kind: A\nmetadata: {name: x}\n--- # next\na: 1\nb: c: d\n' },
    [icon, 'ERROR templates/b.yaml: unable to parse YAML: error converting YAML to JSON: yaml: line 2: mapping values'],
  ],
  [
    'a pre-release with a leading zero',
    { 'Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.2.3-0a.01\n' },
    [
      "ERROR Chart.yaml: version '1.2.3-0a.01' is not a valid SemVer",
      icon,
      "WARNING Chart.yaml: version '1.2.3-0a.01' is not a valid SemVerV2",
      'ERROR templates/: validation: chart.metadata.version "1.2.3-0a.01" is invalid',
      'ERROR : unable to load chart',
    ],
  ],
  [
    'keys of Chart.yaml that are set twice',
    {
      'Chart.yaml':
        'apiVersion: v2\nname: x\nversion: 1.0.0\nname: c\nmaintainers:\n- {name: a, name: b}\nmaintainers:\n- name: m\n',
    },
    [
      'WARNING Chart.yaml: failed to strictly parse chart metadata file\n\terror converting YAML to JSON: yaml: unmarshal errors:\n  line 4: key "name" already set in map\n  line 6: key "name" already set in map\n  line 8: key "maintainers" already set in map',
      icon,
    ],
  ],
  [
    'an empty maintainer',
    { 'Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\nmaintainers: [null]\n' },
    [
      'ERROR Chart.yaml: a maintainer entry is empty',
      icon,
      'ERROR templates/: validation: maintainers must not contain empty or null nodes',
      'ERROR : unable to load chart',
    ],
  ],
  ['a strange file', { 'templates/b.json': '{}' }, [icon, "ERROR templates/b.json: file extension '.json' not valid"]],
  [
    'a chart that does not load',
    { 'Chart.yaml': 'name: c' },
    [
      'ERROR Chart.yaml: apiVersion is required. The value must be either "v1" or "v2"',
      'ERROR Chart.yaml: version is required',
      icon,
      "WARNING Chart.yaml: version '' is not a valid SemVerV2",
      'ERROR templates/: validation: chart.metadata.version is required',
      'ERROR : unable to load chart\n\tvalidation: chart.metadata.version is required',
    ],
  ],
  [
    'a deprecated API version',
    { 'templates/a.yaml': 'apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata:\n  name: a\n' },
    [
      icon,
      'WARNING templates/a.yaml: policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget',
    ],
  ],
  [
    'files of crds/ that hold something else',
    { 'crds/a.yaml': 'apiVersion: v1\nkind: ConfigMap\n' },
    [
      icon,
      "ERROR crds/a.yaml: apiVersion is not in 'apiextensions.k8s.io'",
      "ERROR crds/a.yaml: object kind is not 'CustomResourceDefinition'",
    ],
  ],
  [
    'a list in place of a document',
    { 'templates/a.yaml': '- a\n' },
    [
      icon,
      'ERROR templates/a.yaml: unable to parse YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type rules.k8sYamlStruct',
    ],
  ],
  [
    'metadata that is a text',
    { 'templates/a.yaml': 'metadata: text\n' },
    [
      icon,
      'ERROR templates/a.yaml: unable to parse YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go struct field k8sYamlStruct.Metadata of type rules.k8sYamlMetadata',
    ],
  ],
  [
    'annotations inside of a List',
    {
      'templates/a.yaml':
        'apiVersion: v1\nkind: List\nmetadata: {name: a}\nitems:\n- metadata:\n    annotations: {helm.sh/resource-policy: keep}\n',
    },
    [icon, "ERROR templates/a.yaml: annotation 'helm.sh/resource-policy' within List objects are ignored"],
  ],
  [
    'a field that Chart.yaml does not have',
    { 'Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\nengine: x\n' },
    [
      'WARNING Chart.yaml: failed to strictly parse chart metadata file\n\terror unmarshaling JSON: while decoding JSON: json: unknown field "engine"',
      icon,
    ],
  ],
  [
    'an undeclared subchart',
    { 'charts/s/Chart.yaml': 'apiVersion: v2\nname: s\nversion: 1.0.0\n' },
    [icon, 'ERROR /c: chart metadata is missing these dependencies: s'],
  ],
])('%s', (_, files, expected) => {
  const messages = lint({ ...good, ...files })
  expect(messages.map((message, index) => message.slice(0, expected[index]?.length))).toEqual(expected)
})

const named = (kind: string, name: string): string => `kind: ${kind}\nmetadata:\n  name: ${name}\n`

test.each([
  ['Service', 'a'.repeat(64), 'must be no more than 63 characters'],
  ['Service', '1-a', "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with"],
  ['Namespace', 'a.b', 'must not contain dots'],
  ['Namespace', 'A', "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and"],
  ['ClusterRole', 'a%b', "may not contain '%'"],
  ['Pod', 'A', 'a lowercase RFC 1123 subdomain must consist of'],
  ['CertificateSigningRequest', 'A b', undefined],
  ['Role', 'A b:c', undefined],
  ['Service', `${'a'.repeat(64)}_`, '[metadata.name: Invalid value: "'],
])('a %s named %s is told of: %s', (kind, name, problem) => {
  const told = lint({ ...good, 'templates/b.yaml': named(kind, name) }).filter((line) => line !== icon)
  expect(told.length).toBe(problem === undefined ? 0 : 1)
  expect(told.join('')).toContain(problem ?? '')
})

test('what helm logs on the way is told, and the chart is loaded for templates, dependencies and crds', () => {
  const told: string[] = []
  const files = {
    'values.yaml': 'a: 1\n',
    'templates/b.yaml': '{{ fail "f" }}{{ required "r" .Values.z }}{{ required "e" .Values.e }}{{ .Values.a }}: 1\n',
    'crds/c.yaml': 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n',
  }
  const request = {
    load: () => chartOf(files),
    onLoad: () => told.push('load'),
    folder: '/c',
    values: { a: { b: 1 }, e: '' },
    namespace: 'ns',
    capabilities: { kubeVersion: 'v1.37.0', apiVersions: defaultApiVersions, helmVersion: 'v4.3' },
  }
  lintChart(request, {
    host: testHost,
    warn: (message, { level = 'WARN', attributes = {} } = {}) =>
      told.push(`${level} ${message} ${attributes['message'] ?? ''}`.trim()),
  })
  expect(told).toEqual([
    'INFO warning: destination for a is a table. Ignoring non-table value (1)',
    'load',
    'INFO warning: skipped value for c.a: Not a table.',
    'INFO warning: skipped value for c.a: Not a table.',
    'INFO funcMap fail f',
    'WARN missing required value r',
    'WARN missing required values e',
    'load',
    'load',
  ])
})
