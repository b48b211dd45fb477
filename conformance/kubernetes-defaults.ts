/**
 * The minimal objects of the recorded corpus, taken through our strategies as a dry-run create takes them, must come
 * out as a real kube-apiserver stored them.
 *
 *   node conformance/kubernetes-defaults.ts
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createStrategies } from '../packages/drivers/apiserver/src/kinds/index.ts'
import { sameValue } from '../packages/drivers/apiserver/src/kinds/draft.ts'
import type { StrategyContext } from '../packages/drivers/apiserver/src/contracts.ts'

type Json = Record<string, any>

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const corpus = process.env['KEDGE_CORPUS'] ?? path.join(root, '..', 'shared', 'corpus')

export interface Outcome {
  readonly passed: number
  readonly failures: readonly string[]
}

/** Runs every golden through the strategies. */
export function checkDefaults(): Outcome {
  const folder = path.join(corpus, 'kubernetes', 'defaults')
  const failures: string[] = []
  let passed = 0
  for (const file of readdirSync(folder).toSorted()) {
    const golden = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Json
    const difference = compare(golden)
    if (difference === undefined) passed += 1
    else failures.push(`${file}: ${difference}`)
  }
  return { passed, failures }
}

function compare(golden: Json): string | undefined {
  const draft = structuredClone(golden['input']) as Json
  const parts = (golden['path'] as string).split('/').filter(Boolean)
  const group = parts[0] === 'api' ? '' : parts[1]!
  const at = parts.indexOf('namespaces')
  const namespaced = at >= 0 && parts.length > at + 1
  const strategy = createStrategies().strategyFor(group, parts.at(-1)!)
  strategy.applyDefaults(draft)
  if (namespaced) draft['metadata'].namespace = parts[at + 1]
  draft['metadata'].uid = golden['stored'].metadata.labels?.['controller-uid'] ?? 'uid'
  strategy.prepareForCreate(draft, context)
  const errors = strategy.validateCreate(draft, context)
  if (errors.length > 0) return JSON.stringify(errors)
  if (strategy.hasGeneration) draft['metadata'].generation = 1
  delete draft['metadata'].uid
  const stored = structuredClone(golden['stored']) as Json
  delete stored['metadata'].managedFields
  // Names and times that are drawn anew each time.
  for (const object of [draft, stored]) {
    mask(object)
  }
  return sameValue(draft, stored)
    ? undefined
    : `\n  ours   ${JSON.stringify(draft)}\n  theirs ${JSON.stringify(stored)}`
}

function mask(object: Json): void {
  if (object['kind'] === 'PersistentVolume') object['status'].lastPhaseTransitionTime = ''
  if (object['kind'] !== 'Pod') return
  for (const volume of object['spec'].volumes) volume.name = volume.name.replace(/^kube-api-access-.*/, 'token')
  for (const mount of object['spec'].containers[0].volumeMounts)
    mount.name = mount.name.replace(/^kube-api-access-.*/, 'token')
}

const context: StrategyContext = {
  user: { name: 'admin', groups: ['system:masters'], extra: {} },
  nowMs: 0,
  random: () => 0.5,
  dryRun: true,
  lookup: (group, resource) =>
    resource === 'serviceaccounts' && group === '' ? { metadata: { name: 'default' } } : undefined,
  list: () => [],
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failures } = checkDefaults()
  for (const failure of failures) console.log(failure)
  console.log(`kubernetes-defaults: ${passed} passed, ${failures.length} failed`)
  process.exitCode = failures.length === 0 ? 0 : 1
}
