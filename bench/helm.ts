/** Renders of charts: whole commands beside the real helm, and in one process. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { templateHost } from '@kedge/cryptography'
import { ParsedTemplates, defaultApiVersions, loadChartTree, printRelease, renderRelease } from '@kedge/helm'
import { DiskTree } from '../apps/cli/src/disk-tree.ts'
import { gunzip } from '../apps/cli/src/helm/load-chart.ts'
import { median, type BenchRow } from './row.ts'

const AREA = 'helm'
const kedge = path.resolve('apps/cli/bin/kedge.js')
const runs = 7

/** With the path of a helm binary, each figure stands beside that of the binary. */
export function benchHelm(oracle?: string): readonly BenchRow[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-bench-'))
  try {
    return charts(folder).flatMap((chart) => benchChart(chart, oracle))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface BenchChart {
  readonly name: string
  readonly folder: string
  readonly goal: 'small' | 'large'
}

/** A small and a large chart made here, and real ones where the test data is. */
function charts(folder: string): readonly BenchChart[] {
  const small = path.join(folder, 'small')
  const large = path.join(folder, 'large')
  writeChart(small, 4)
  writeChart(large, 400)
  const corpus = path.resolve(process.env['KEDGE_CORPUS'] ?? '../shared/corpus')
  const real = ['istiod', 'strimzi-kafka-operator'].map((name) => ({
    name,
    folder: path.join(corpus, 'charts', name, 'chart'),
    goal: 'small' as const,
  }))
  return [
    { name: 'small chart', folder: small, goal: 'small' },
    { name: 'chart of 400 templates', folder: large, goal: 'large' },
    ...real.filter((chart) => existsSync(chart.folder)),
  ]
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "c.name" . }}-NUMBER
  labels: {{- include "c.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas | default 1 }}
  selector:
    matchLabels: {{- include "c.labels" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "c.labels" . | nindent 8 }}
      annotations:
        checksum: {{ toYaml .Values | sha256sum }}
    spec:
      containers:
      {{- range $name, $image := .Values.images }}
      - name: {{ $name }}
        image: {{ printf "%s:%s" $image.repository ($image.tag | default $.Chart.AppVersion) | quote }}
        {{- with $.Values.resources }}
        resources: {{- toYaml . | nindent 10 }}
        {{- end }}
      {{- end }}
`

const partials = `{{- define "c.name" -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}{{- end }}
{{- define "c.labels" -}}
app.kubernetes.io/name: {{ include "c.name" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
`

const defaults = `replicas: 2
images:
  web: { repository: example.com/web, tag: "1.2" }
  log: { repository: example.com/log }
resources:
  limits: { cpu: 100m, memory: 128Mi }
  requests: { cpu: 50m, memory: 64Mi }
`

function writeChart(folder: string, templates: number): void {
  mkdirSync(path.join(folder, 'templates'), { recursive: true })
  writeFileSync(path.join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: bench\nversion: 1.0.0\nappVersion: "3"\n')
  writeFileSync(path.join(folder, 'values.yaml'), defaults)
  writeFileSync(path.join(folder, 'templates/_partials.tpl'), partials)
  for (let at = 0; at < templates; at += 1)
    writeFileSync(path.join(folder, `templates/d${at}.yaml`), deployment.replace('NUMBER', String(at)))
}

function benchChart(chart: BenchChart, oracle: string | undefined): readonly BenchRow[] {
  const ours = commandTime(process.execPath, [kedge, 'helm', 'template', 'rel', chart.folder])
  const theirs = oracle === undefined ? undefined : commandTime(oracle, ['template', 'rel', chart.folder])
  const warm = warmTime(chart.folder)
  const isSmall = chart.goal === 'small'
  const ratio = theirs === undefined ? undefined : theirs / ours
  const goal = isSmall
    ? { text: '<= 150 ms', met: ours <= 150 }
    : ratio === undefined
      ? undefined
      : { text: '>= 2 x', met: ratio >= 2 }
  return [
    { ...row(`${chart.name}, whole command`, ours), ...beside(theirs), ...(goal === undefined ? {} : { goal }) },
    { ...row(`${chart.name}, in process and warm`, warm), ...beside(theirs) },
  ]
}

function row(what: string, value: number): Pick<BenchRow, 'area' | 'what' | 'value' | 'unit'> {
  return { area: AREA, what, value, unit: 'ms' }
}

function beside(value: number | undefined): Pick<BenchRow, 'baseline'> {
  return value === undefined ? {} : { baseline: { what: 'helm, whole command', value, unit: 'ms' } }
}

function commandTime(program: string, args: readonly string[]): number {
  const once = (): number => {
    const from = performance.now()
    const done = spawnSync(program, args, { maxBuffer: 2 ** 28 })
    if (done.status !== 0)
      throw new Error(`${program} ${args.join(' ')} ended with ${String(done.status)}: ${done.stderr.toString()}`)
    return performance.now() - from
  }
  once()
  return median(Array.from({ length: runs }, once))
}

/** Loading, rendering, sorting and printing, with the templates parsed before. */
function warmTime(folder: string): number {
  const parsed = new ParsedTemplates()
  const host = templateHost()
  const capabilities = { kubeVersion: 'v1.37.0', apiVersions: defaultApiVersions, helmVersion: 'v4.3' }
  const release = { values: {}, name: 'rel', namespace: 'ns', revision: 1, isUpgrade: false, capabilities }
  const once = (): number => {
    const from = performance.now()
    const chart = loadChartTree(new DiskTree(folder), '', { gunzip })
    printRelease(renderRelease({ ...release, chart }, { host, parsed }))
    return performance.now() - from
  }
  for (let at = 0; at < runs; at += 1) once()
  return median(Array.from({ length: runs * 3 }, once))
}
