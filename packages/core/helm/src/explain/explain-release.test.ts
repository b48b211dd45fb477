import { expect, test } from 'vitest'
import {
  explainRelease,
  helmProfiles,
  printRelease,
  readValues,
  RenderTrace,
  setValues,
  type ValueLayer,
} from '../index.ts'
import { renderFiles } from '../testing/render-text.ts'

const web = {
  'values.yaml':
    'image:\n  repo: r\n  tag: "1"\nports: [80, 443]\nlabels:\n  a: b\n  c: d\ntext: "t-{{ .Values.image.tag }}"\nglobal:\n  zone: z\n',
  'templates/_helpers.tpl': '{{ define "labels" }}\nname: {{ .Release.Name }}\nkind: {{ .Chart.Name }}\n{{- end }}\n',
  'templates/a.yaml': `kind: A
image: {{ .Values.image.repo }}:{{ .Values.image.tag }}
labels:
  {{- include "labels" . | nindent 2 }}
own:
  {{- toYaml .Values.labels | nindent 2 }}
{{- range $i, $port := .Values.ports }}
port{{ $i }}: {{ $port }}
{{- end }}
{{- with .Values.image }}
{{- $t := .tag }}
with: {{ $t | quote }}
{{- end }}
tpl: {{ tpl .Values.text $ }}
none: {{ .Values.nope }}
`,
}

function explained(files: Readonly<Record<string, string>>, layers: readonly ValueLayer[] = []) {
  const trace = new RenderTrace()
  const values = Object.assign(Object.create(null), ...layers.map((layer) => layer.values))
  const release = renderFiles(files, values, { trace })
  const printed = printRelease(release)
  return explainRelease({ release, printed, trace, layers, splitting: helmProfiles['4.3'].splitting })
}

/** Of each line that a template wrote: where, through which calls, and the values with the places that won. */
function brief(lines: ReturnType<typeof explained>): Record<string, string> {
  return Object.fromEntries(
    lines.flatMap(({ text, pieces }) => {
      const piece = pieces.find(({ isLiteral }) => !isLiteral) ?? pieces[0]
      if (piece === undefined) return []
      const calls = piece.calls.map(({ what }) => ` ${what}`).join('')
      const values = pieces
        .flatMap((one) => one.values)
        .map(({ name, origins }) => ` ${name}${origins[0] === undefined ? '' : `@${origins[0].where}`}`)
      return [[text.trim(), `${piece.place.file.replace(/^c\//, '')}:${piece.place.line}${calls}${values.join('')}`]]
    }),
  )
}

const setTag = (): ValueLayer => {
  const values = Object.create(null) as Record<string, unknown>
  setValues(values, 'image.tag=2', { kind: 'value' })
  return { kind: 'flag', label: '--set image.tag=2', values }
}

test('[X1] a line tells its template, the calls on the way, and the values with what gave them', () => {
  expect(brief(explained(web))).toEqual({
    'kind: A': 'templates/a.yaml:1',
    'image: r:1': 'templates/a.yaml:2 .Values.image.repo@c/values.yaml:2 .Values.image.tag@c/values.yaml:3',
    'labels:': 'templates/a.yaml:3',
    'name: rel': 'templates/_helpers.tpl:2 include "labels" .Release.Name',
    'kind: c': 'templates/_helpers.tpl:3 include "labels" .Chart.Name',
    'own:': 'templates/a.yaml:5',
    'a: b': 'templates/a.yaml:6 .Values.labels.a@c/values.yaml:6',
    'c: d': 'templates/a.yaml:6 .Values.labels.c@c/values.yaml:7',
    'port0: 80': 'templates/a.yaml:8 .Values.ports.0@c/values.yaml:4 .Values.ports.0@c/values.yaml:4',
    'port1: 443': 'templates/a.yaml:8 .Values.ports.1@c/values.yaml:4 .Values.ports.1@c/values.yaml:4',
    'with: "1"': 'templates/a.yaml:12 .Values.image.tag@c/values.yaml:3',
    'tpl: t-1': 'gotpl:1 tpl .Values.image.tag@c/values.yaml:3',
    'none:': 'templates/a.yaml:15',
  })
})

test('[X2] flags win over files, files over defaults, and all are told', () => {
  const text = 'image:\n  repo: mine\n  tag: "1"\n'
  const file: ValueLayer = { kind: 'file', label: 'prod.yaml', values: readValues(text), text }
  const { values } = setTag()
  const merged = { image: { repo: 'mine', tag: (values['image'] as Record<string, unknown>)['tag'] } }
  const lines = explained(web, [file, { ...setTag(), values: merged }])
  const [, tag] = lines[3]?.pieces.flatMap((piece) => piece.values) ?? []
  expect(tag).toMatchObject({
    name: '.Values.image.tag',
    origins: [
      { kind: 'flag', where: '--set image.tag=2' },
      { kind: 'file', where: 'prod.yaml:3', value: '1' },
      { kind: 'default', where: 'c/values.yaml:3', value: '1' },
    ],
  })
})

test('[X3] values of subcharts, globals and imports lead to the file that has them', () => {
  const lines = explained({
    'Chart.yaml':
      'apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- name: db\n  version: 1.0.0\n  repository: ""\n  import-values:\n  - child: conn\n    parent: dbconn\n',
    'values.yaml': 'global:\n  zone: z\ndb:\n  size: 2\n',
    'templates/a.yaml': 'host: {{ .Values.dbconn.host }}\n',
    'charts/db/Chart.yaml': 'apiVersion: v2\nname: db\nversion: 1.0.0\n',
    'charts/db/values.yaml': 'size: 1\nmode: m\nconn:\n  host: h\nglobal:\n  zone: inner\n',
    'charts/db/templates/b.yaml':
      'size: {{ .Values.size }}\nmode: {{ .Values.mode }}\nzone: {{ .Values.global.zone }}\n',
  })
  expect(brief(lines)).toEqual({
    'host: h': 'templates/a.yaml:1 .Values.dbconn.host@c/charts/db/values.yaml:4',
    'size: 2': 'charts/db/templates/b.yaml:1 .Values.db.size@c/values.yaml:4',
    'mode: m': 'charts/db/templates/b.yaml:2 .Values.db.mode@c/charts/db/values.yaml:2',
    'zone: z': 'charts/db/templates/b.yaml:3 .Values.db.global.zone@c/values.yaml:2',
  })
})

test('[X4] branches and loops around a line are told with what they read', () => {
  const lines = explained({
    'values.yaml': 'flag: true\nlist: [x]\n',
    'templates/a.yaml':
      '{{ if .Values.flag }}\na: 1\n{{ else }}\n{{ end }}\n{{ range .Values.list }}\nb: {{ . }}\n{{ end }}',
  })
  const because = lines.map(({ text, pieces }) => [
    text,
    pieces.flatMap((piece) => piece.because.map(({ place, values }) => [place.line, values.map(({ name }) => name)])),
  ])
  expect(because.filter(([text]) => /^[ab]:/.test(String(text)))).toEqual([
    ['a: 1', [[1, ['.Values.flag']]]],
    [
      'b: x',
      [
        [5, ['.Values.list.0']],
        [5, ['.Values.list.0']],
      ],
    ],
  ])
})

test('[X5] recording changes no byte, and documents in another order keep their places', () => {
  const files = {
    'values.yaml': 'a: 1\n',
    'templates/z.yaml':
      '\n---\nkind: Zed\nz: {{ .Values.a }}\n---\nkind: Service\ns: {{ .Values.a }}\n---\nkind: Secret\ns: {{ .Values.a }}\n',
  }
  const lines = explained(files)
  expect(`${lines.map(({ text }) => text).join('\n')}\n`).toBe(printRelease(renderFiles(files)))
  expect(lines.filter(({ pieces }) => pieces.length > 1).map(({ pieces }) => pieces[1]?.place.line)).toEqual([10, 7, 4])
})
