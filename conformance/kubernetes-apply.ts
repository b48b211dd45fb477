/**
 * Replays recorded sequences of applies, patches and updates and compares every answer with the real server's:
 *
 *   node conformance/kubernetes-apply.ts [file …]
 *
 * KEDGE_CORPUS names the folder of test data. KEDGE_APPLY_VERBOSE prints the first difference of each failing sequence.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createFieldManager } from '../packages/drivers/apiserver/src/apply/field-manager.ts'
import type { Draft, FieldError, Strategy, StrategyContext } from '../packages/drivers/apiserver/src/contracts.ts'
import { applyJsonPatch } from '../packages/drivers/apiserver/src/http/json-patch.ts'
import { applyMergePatch } from '../packages/drivers/apiserver/src/http/merge-patch.ts'
import { createStrategies, customStrategy } from '../packages/drivers/apiserver/src/kinds/index.ts'
import { jsonEquals } from '../packages/drivers/apiserver/src/schema/json.ts'
import { createTypeSystem, type KindTypes } from '../packages/drivers/apiserver/src/schema/type-system.ts'

interface Step {
  readonly op: 'apply' | 'applyStatus' | 'update' | 'merge' | 'json'
  readonly manager: string
  readonly force?: boolean
  readonly body: unknown
  readonly status: number
  readonly result: Draft
}

interface Sequence {
  readonly name: string
  readonly steps: readonly Step[]
}

interface Answer {
  readonly status: number
  readonly body: Draft
}

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const corpus = process.env['KEDGE_CORPUS'] ?? path.join(root, '..', 'shared', 'corpus')
const folder = path.join(corpus, 'kubernetes/fixtures/ssa')
const names = process.argv.length > 2 ? process.argv.slice(2) : ['cm', 'cr', 'dep', 'svc']
const verbose = process.env['KEDGE_APPLY_VERBOSE'] !== undefined

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function replay(sequence: Sequence): string | undefined {
  const server = new TinyServer(sequence.name)
  for (const [at, step] of sequence.steps.entries()) {
    const answer = server.send(step)
    const got = comparable(answer)
    const want = comparable({ status: step.status, body: step.result })
    if (!jsonEquals(got, want)) {
      return `step ${at} (${step.op} by ${step.manager}${step.force === true ? ', forced' : ''}): ${difference(want, got, '')}\n    body ${JSON.stringify(step.body)}`
    }
  }
  return undefined
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

/** One object behind the field manager, with the defaults and checks of its kind. */
class TinyServer {
  readonly #types: KindTypes = createTypeSystem()
  readonly #fields = createFieldManager(this.#types)
  readonly #strategies = createStrategies()
  readonly #name: string
  #stored: Draft | undefined
  #clock = 1_700_000_000_000

  constructor(name: string) {
    this.#name = name
    this.#types.define(readJson(path.join(folder, 'crd.json')) as Draft)
  }

  send(step: Step): Answer {
    this.#clock += 1000
    const now = `${new Date(this.#clock).toISOString().slice(0, 19)}Z`
    switch (step.op) {
      case 'apply':
      case 'applyStatus':
        return this.#apply(step, now)
      case 'update':
        return this.#update(step, this.#withAddresses(step.body as Draft), now)
      case 'merge':
        return this.#update(step, applyMergePatch(structuredClone(this.#stored), step.body) as Draft, now, true)
      case 'json':
        return this.#update(step, applyJsonPatch(structuredClone(this.#stored), step.body) as Draft, now, true)
    }
  }

  #withAddresses(body: Draft): Draft {
    const out = structuredClone(body)
    const [spec, live] = [out['spec'] as Draft | undefined, this.#stored?.['spec'] as Draft | undefined]
    for (const name of ['clusterIP', 'clusterIPs']) if (spec?.[name] === '<ip>') spec[name] = live?.[name]
    const ports = (live?.['ports'] ?? []) as Draft[]
    for (const port of (spec?.['ports'] ?? []) as Draft[]) {
      if (port['nodePort'] !== '<np>') continue
      port['nodePort'] = ports.find(
        (other) => other['port'] === port['port'] && other['protocol'] === port['protocol'],
      )?.['nodePort']
    }
    return out
  }

  #kind(object: Draft): { readonly apiVersion: string; readonly kind: string } {
    return { apiVersion: object['apiVersion'] as string, kind: object['kind'] as string }
  }

  #strategy(kind: string): Strategy {
    switch (kind) {
      case 'ConfigMap':
        return this.#strategies.strategyFor('', 'configmaps')
      case 'Service':
        return this.#strategies.strategyFor('', 'services')
      case 'Deployment':
        return this.#strategies.strategyFor('apps', 'deployments')
      default:
        return customStrategy({ namespaced: true, hasStatus: true })
    }
  }

  #apply(step: Step, now: string): Answer {
    const applied = structuredClone(step.body) as Draft
    const subresource = step.op === 'applyStatus' ? 'status' : ''
    const result = this.#fields.apply({
      ...this.#kind(applied),
      live: this.#stored,
      applied,
      manager: step.manager,
      force: step.force === true,
      subresource,
      now,
    })
    if (result.kind === 'merged') return this.#store(result.object, subresource)
    if (result.kind === 'refused') return { status: result.code, body: { message: result.message, causes: [] } }
    const causes = result.conflicts.map(({ message, field }) => ({ reason: 'FieldManagerConflict', message, field }))
    return { status: 409, body: { message: result.message, causes } }
  }

  #update(step: Step, next: Draft, now: string, isPatch = false): Answer {
    const { apiVersion, kind } = this.#kind(next)
    if (kind === 'SsaThing' && !isPatch && (next['metadata'] as Draft)['resourceVersion'] === undefined) {
      const cause = {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0: must be specified for an update',
        field: 'metadata.resourceVersion',
      }
      return this.#invalid(kind, [cause])
    }
    const old = this.#stored as Draft
    const metadata = next['metadata'] as Draft
    for (const name of ['uid', 'namespace', 'creationTimestamp', 'generation']) {
      const value = (old['metadata'] as Draft)[name]
      if (value !== undefined) metadata[name] = value
    }
    this.#settle(next)
    this.#fields.recordUpdate({ apiVersion, kind, live: old, next, manager: step.manager, subresource: '', now })
    return this.#store(next, '')
  }

  #settle(draft: Draft): void {
    const { apiVersion, kind } = this.#kind(draft)
    this.#types.prune(apiVersion, kind, draft)
    this.#types.applySchemaDefaults(apiVersion, kind, draft)
    this.#types.normalize(apiVersion, kind, draft)
    this.#strategy(kind).applyDefaults(draft)
  }

  #store(draft: Draft, subresource: string): Answer {
    const { apiVersion, kind } = this.#kind(draft)
    const strategy = this.#strategy(kind)
    this.#settle(draft)
    const old = this.#stored
    const metadata = draft['metadata'] as Draft
    metadata['namespace'] = 'default'
    if (old === undefined) {
      metadata['uid'] = 'u'
      strategy.prepareForCreate(draft, context)
      if (strategy.hasGeneration) metadata['generation'] = 1
    } else if (subresource === '') strategy.prepareForUpdate(draft, old, context)
    if (old !== undefined && strategy.hasGeneration) {
      const generation = (old['metadata'] as Draft)['generation'] as number
      ;(draft['metadata'] as Draft)['generation'] = strategy.specChanged(draft, old) ? generation + 1 : generation
    }
    const errors =
      old === undefined ? strategy.validateCreate(draft, context) : strategy.validateUpdate(draft, old, context)
    const all = [...this.#types.validate(apiVersion, kind, draft, old), ...errors]
    if (all.length > 0) return this.#invalid(kind, all)
    this.#stored = draft
    return { status: old === undefined ? 201 : 200, body: structuredClone(draft) }
  }

  #invalid(kind: string, errors: readonly FieldError[]): Answer {
    const subject = { Deployment: 'Deployment.apps', SsaThing: 'ssathings.probe.io' }[kind] ?? kind
    const texts = errors.map(({ field, message }) => `${field}: ${message}`)
    const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
    const message = `${subject} "${this.#name}" is invalid: ${list}`
    return { status: 422, body: { message, causes: errors.map((error) => ({ ...error })) } }
  }
}

const context: StrategyContext = {
  user: { name: 'admin', groups: ['system:masters'], extra: {} },
  nowMs: 0,
  random: () => 0.5,
  dryRun: false,
  lookup: () => undefined,
  list: () => [],
}

let passed = 0
let failed = 0
for (const name of names) {
  const sequences = readJson(path.join(folder, `${name}.json`)) as Sequence[]
  const problems = sequences.flatMap((sequence) => {
    const problem = replay(sequence)
    return problem === undefined ? [] : [`${sequence.name}: ${problem}`]
  })
  if (verbose) for (const problem of problems) console.log(problem)
  passed += sequences.length - problems.length
  failed += problems.length
  console.log(`kubernetes-apply ${name}: ${sequences.length - problems.length} of ${sequences.length} sequences equal`)
}
console.log(`kubernetes-apply: ${passed} passed, ${failed} failed, 0 skipped`)
process.exitCode = passed / (passed + failed) >= 0.95 ? 0 : 1
