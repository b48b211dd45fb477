import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Draft } from '../packages/drivers/apiserver/src/contracts.ts'
import { jsonEquals } from '../packages/drivers/apiserver/src/schema/json.ts'
import { bareBackend, serverBackend, type Answer, type Backend, type Step } from './apply-backends.ts'
import type { CaseResult, SuiteContext } from './suite.ts'

interface Sequence {
  readonly name: string
  readonly steps: readonly Step[]
}

/**
 * Recorded sequences of applies, patches and updates: every answer must equal the real server's, managedFields included.
 * Each sequence runs twice, on the field manager alone and on the server.
 */
export async function* kubernetesApply(context: SuiteContext): AsyncIterable<CaseResult> {
  const folder = path.join(context.root, 'kubernetes/fixtures/ssa')
  if (!existsSync(folder)) return
  const crd = readJson(path.join(folder, 'crd.json')) as Draft
  const onServer = await serverBackend(crd)
  for (const file of ['cm', 'cr', 'dep', 'svc']) {
    for (const sequence of readJson(path.join(folder, `${file}.json`)) as Sequence[]) {
      for (const [kind, backend] of [
        ['field manager', bareBackend(sequence.name, crd)],
        ['server', onServer(sequence.name)],
      ] as const) {
        const detail = await replay(sequence, backend)
        const status = detail === '' ? 'equal' : 'different'
        yield { id: `${sequence.name} ${kind}`, feature: `${kind}, ${file}`, status, detail }
      }
    }
  }
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}

async function replay(sequence: Sequence, backend: Backend): Promise<string> {
  for (const [at, step] of sequence.steps.entries()) {
    const got = comparable(await backend.send(step))
    const want = comparable({ status: step.status, body: step.result })
    if (jsonEquals(got, want)) continue
    const forced = step.force === true ? ', forced' : ''
    return `step ${at} (${step.op} by ${step.manager}${forced}): ${difference(want, got, '')}; body ${JSON.stringify(step.body)}`
  }
  return ''
}

/** Entries may come in any order, for times are not in the recording; addresses differ between servers. */
function comparable(answer: Answer): unknown {
  const body = structuredClone(answer.body)
  if (answer.status >= 400) {
    const { message, causes } = body as { message: string; causes?: Draft[] }
    return { status: answer.status, message, causes: (causes ?? []).toSorted(byText) }
  }
  const metadata = body['metadata'] as Draft
  for (const name of ['uid', 'resourceVersion', 'creationTimestamp']) delete metadata[name]
  const entries = (metadata['managedFields'] ?? []) as Draft[]
  metadata['managedFields'] = entries.map(({ time: _time, ...entry }) => entry).toSorted(byText)
  const spec = body['spec'] as Draft | undefined
  for (const name of ['clusterIP', 'clusterIPs']) {
    if (spec !== undefined && spec[name] !== undefined && spec[name] !== 'None') spec[name] = '<ip>'
  }
  for (const port of (body['kind'] === 'Service' ? (spec?.['ports'] ?? []) : []) as Draft[]) {
    if (port['nodePort'] !== undefined) port['nodePort'] = '<port>'
  }
  return { status: answer.status, body }
}

function byText(a: Draft, b: Draft): number {
  const [left, right] = [JSON.stringify(sorted(a)), JSON.stringify(sorted(b))]
  return left < right ? -1 : Number(left > right)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, below]) => [name, sorted(below)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}

function difference(want: unknown, got: unknown, at: string): string {
  const key = differingKey(want, got)
  if (key !== undefined) return difference((want as Draft)[key], (got as Draft)[key], `${at}.${key}`)
  const show = (value: unknown): string => (JSON.stringify(sorted(value)) ?? 'nothing').slice(0, 1500)
  return `${at}: want ${show(want)}\n    got ${show(got)}`
}

function differingKey(want: unknown, got: unknown): string | undefined {
  if (typeof want !== 'object' || typeof got !== 'object' || want === null || got === null) return undefined
  if (Array.isArray(want) !== Array.isArray(got)) return undefined
  const keys = [...new Set([...Object.keys(want), ...Object.keys(got)])]
  return keys.find((key) => !jsonEquals((want as Draft)[key], (got as Draft)[key]))
}
