import { readFileSync } from 'node:fs'
import path from 'node:path'
import { templateHost } from '@kedge/cryptography'
import { loadChartFiles, renderChart, setValues, type Chart, type SetKind } from '@kedge/helm'
import { compareOutcomes, outcomeOf, readTable, type TableCase } from './helm-table.ts'
import type { CaseResult, SuiteContext } from './suite.ts'

interface FunctionCase extends TableCase {
  readonly id: string
  readonly tpl: string
  readonly values: Readonly<Record<string, unknown>>
  readonly extra?: Readonly<Record<string, string>>
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Template functions, one template each, against helm's engine. */
export function* helmFunctions({ root }: SuiteContext): Iterable<CaseResult> {
  const apiVersions = JSON.parse(
    readFileSync(path.join(root, 'kustomize-data/helm-4.3.1-default-api-versions.json'), 'utf8'),
  ) as readonly string[]
  const capabilities = { kubeVersion: 'v1.37.0', apiVersions, helmVersion: 'v4.3' }
  const release = { name: 'rel', namespace: 'ns', revision: 1, isInstall: true, service: 'Helm' }
  const host = templateHost()
  for (const [number, one] of (readTable(root, 'helm-funcs', 'cases.json') as readonly FunctionCase[]).entries()) {
    const chart = chartOf(one)
    const got = outcomeOf(() =>
      renderChart({ chart, values: one.values, release, capabilities }, { host }).get('c/templates/t'),
    )
    yield { id: `${one.id}/${number}`, feature: one.id, ...compareOutcomes(got, one) }
  }
}

function chartOf({ tpl, extra = {} }: FunctionCase): Chart {
  const files = Object.entries(extra).map(([name, text]) => ({ name, bytes: bytes(text) }))
  const metadata = 'apiVersion: v2\nname: c\nversion: 1.2.3\nappVersion: 4.5.6\n'
  return loadChartFiles(
    [{ name: 'Chart.yaml', bytes: bytes(metadata) }, { name: 'templates/t', bytes: bytes(tpl) }, ...files],
    { gunzip: (packed) => packed },
  )
}

interface SetCase extends TableCase {
  readonly fn: string
  readonly s: string
  readonly base?: Record<string, unknown>
}

const kinds: Readonly<Record<string, SetKind>> = {
  set: 'value',
  'set-string': 'string',
  'set-literal': 'literal',
  'set-file': 'file',
  'set-json': 'json',
}

/** The parsers of `--set` and its kin. */
export function* helmStrvals({ root }: SuiteContext): Iterable<CaseResult> {
  for (const [number, one] of (readTable(root, 'helm-funcs', 'strvals.json') as readonly SetCase[]).entries()) {
    const values = structuredClone(one.base ?? {})
    const kind = kinds[one.fn] ?? 'value'
    const got = outcomeOf(() => {
      setValues(values, one.s, { kind, readFile: (name) => `<${name}>` })
      return tagged(values)
    })
    const want = one.err === undefined ? { out: plainTags(one.out) } : { err: one.err }
    yield { id: `${one.fn}/${number}`, feature: one.fn, ...compareOutcomes(got, want) }
  }
}

/** Integers told from floats, keys in order. */
function tagged(value: unknown): unknown {
  if (typeof value === 'bigint') return { $int64: String(value) }
  if (typeof value === 'number') return { $float64: value }
  return mapBelow(value, tagged)
}

function plainTags(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && '$float64' in value) return { $float64: Number(value.$float64) }
  return mapBelow(value, plainTags)
}

function mapBelow(value: unknown, of: (inner: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(of)
  if (typeof value !== 'object' || value === null) return value
  const sorted = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(sorted.map(([key, inner]) => [key, of(inner)]))
}
