/** Renders of charts: whole commands beside the real helm, and in one process. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { templateHost } from '@kedge/cryptography'
import { ParsedTemplates, defaultApiVersions, loadChartTree, printRelease, renderRelease } from '@kedge/helm'
import { buildHelm, namedHelm } from '../test/cluster/helm/helm-programs.ts'
import { DiskTree } from '../apps/cli/src/disk-tree.ts'
import { gunzip } from '../apps/cli/src/helm/load-chart.ts'
import { median, type BenchRow } from './row.ts'

const AREA = 'helm'
const kedge = path.resolve('apps/cli/bin/kedge.js')
const runs = 7
/** V8 goes on optimizing for about as long, whatever the size of a chart. */
const warmMs = 1500
const rounds = 11

/** Each whole command stands beside that of helm, and each render in one process beside that of helm's engine in Go. */
export async function benchHelm(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-bench-'))
  try {
    const beside = await findHelm()
    return charts(folder).flatMap((chart) => benchChart(chart, beside))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface BenchChart {
  readonly name: string
  readonly folder: string
  readonly goal: 'small' | 'large'
}

/** A small and a large chart made here, real ones where the test data is, and large ones that KEDGE_CHARTS names. */
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
    ...namedCharts(),
  ]
}

/** Folders with the separator of paths between them. */
function namedCharts(): readonly BenchChart[] {
  const folders = (process.env['KEDGE_CHARTS'] ?? '').split(path.delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => ({ name: path.basename(folder), folder, goal: 'large' }))
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

/** The programs to stand beside; undefined where there is none. */
interface Beside {
  readonly helm: string | undefined
  readonly engine: string | undefined
}

/** The cluster tier's programs, which are built where they are not yet; without Go only a helm that KEDGE_HELM names. */
async function findHelm(): Promise<Beside> {
  try {
    const programs = await buildHelm((line) => console.error(line))
    return { helm: programs.helm, engine: programs['engine-time'] }
  } catch (error) {
    console.error(`helm's engine in Go is not timed: ${error instanceof Error ? error.message : String(error)}`)
    return { helm: namedHelm(), engine: undefined }
  }
}

function goTime(engine: string, folder: string): number {
  const done = spawnSync(engine, [folder], { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${engine} ${folder}: ${done.stderr}`)
  return (JSON.parse(done.stdout) as { readonly ms: number }).ms
}

function benchChart(chart: BenchChart, { helm, engine }: Beside): readonly BenchRow[] {
  const { folder } = chart
  const [ours = Number.NaN, theirs] = inTurn([
    () => commandTime(process.execPath, [kedge, 'helm', 'template', 'rel', folder]),
    ...(helm === undefined ? [] : [() => commandTime(helm, ['template', 'rel', folder])]),
  ])
  const [warm = Number.NaN, go] = inTurn([
    warmRender(folder),
    ...(engine === undefined ? [] : [() => goTime(engine, folder)]),
  ])
  const isSmall = chart.goal === 'small'
  const ratio = theirs === undefined ? undefined : theirs / ours
  const goal = isSmall
    ? { text: '<= 150 ms', met: ours <= 150 }
    : ratio === undefined
      ? undefined
      : { text: '>= 2 x', met: ratio >= 2 }
  return [
    { ...row(`${chart.name}, whole command`, ours), ...beside(theirs), ...(goal === undefined ? {} : { goal }) },
    {
      ...row(`${chart.name}, in process and warm`, warm),
      ...(go === undefined
        ? beside(theirs)
        : {
            baseline: { what: 'the Go engine, in process', value: go, unit: 'ms' },
            goal: { text: '>= 5 x', met: go / warm >= 5 },
          }),
    },
  ]
}

function row(what: string, value: number): Pick<BenchRow, 'area' | 'what' | 'value' | 'unit'> {
  return { area: AREA, what, value, unit: 'ms' }
}

function beside(value: number | undefined): Pick<BenchRow, 'baseline'> {
  return value === undefined ? {} : { baseline: { what: 'helm, whole command', value, unit: 'ms' } }
}

/** The least that each of some took when they are measured by turns, for whatever else the machine does only adds. */
function inTurn(measures: readonly (() => number)[]): readonly number[] {
  const least = measures.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round < runs; round += 1)
    for (const [index, measure] of measures.entries()) least[index] = Math.min(least[index] ?? 0, measure())
  return least
}

function commandTime(program: string, args: readonly string[]): number {
  const from = performance.now()
  const done = spawnSync(program, args, { maxBuffer: 2 ** 28 })
  if (done.status !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${String(done.status)}: ${done.stderr.toString()}`)
  return performance.now() - from
}

/** Measures loading, rendering, sorting and printing, with the templates parsed before. */
function warmRender(folder: string): () => number {
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
  for (const from = performance.now(); performance.now() - from < warmMs;) once()
  return () => median(Array.from({ length: rounds }, once))
}
