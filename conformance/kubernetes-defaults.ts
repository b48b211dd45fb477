import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { LocalClient, StrategyContext } from '../packages/drivers/apiserver/src/contracts.ts'
import { sameValue } from '../packages/drivers/apiserver/src/kinds/draft.ts'
import { createStrategies } from '../packages/drivers/apiserver/src/kinds/index.ts'
import { createApiServer } from '../packages/drivers/apiserver/src/server.ts'
import type { CaseResult, SuiteContext } from './suite.ts'

interface Json {
  // oxlint-disable-next-line typescript/no-explicit-any -- objects of many kinds
  [field: string]: any
}

/** What a real kube-apiserver stored of a minimal object in a dry-run create. */
interface Golden {
  readonly path: string
  readonly input: Json
  readonly stored: Json
}

/**
 * Minimal objects of 42 kinds must come out as a real kube-apiserver stored them: once through the strategies alone, once
 * as a dry-run create on the whole server.
 */
export async function* kubernetesDefaults({ root }: SuiteContext): AsyncIterable<CaseResult> {
  const folder = path.join(root, 'kubernetes', 'defaults')
  const server = await createApiServer({
    listen: false,
    clock: { now: () => Date.UTC(2026, 0, 1) },
    timers: { after: () => () => undefined },
    random: { next: () => 0.5 },
    profile: 'off',
  })
  const client = server.local()
  await client.request({
    method: 'POST',
    path: '/api/v1/namespaces/default/serviceaccounts',
    body: { metadata: { name: 'default' } },
  })
  try {
    for (const file of readdirSync(folder).toSorted()) {
      const golden = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Golden
      yield result(file, 'strategies', differenceOf(golden, throughStrategy(golden)))
      yield result(file, 'server', differenceOf(golden, await throughServer(client, golden)))
    }
  } finally {
    await server.close()
  }
}

function result(file: string, feature: string, detail: string): CaseResult {
  return { id: `${feature}/${file}`, feature, status: detail === '' ? 'equal' : 'different', detail }
}

async function throughServer(client: LocalClient, golden: Golden): Promise<Json | string> {
  const answer = await client.request({ method: 'POST', path: `${golden.path}?dryRun=All`, body: golden.input })
  if (answer.status !== 201) return JSON.stringify(answer.body)
  return structuredClone(answer.body)
}

function throughStrategy(golden: Golden): Json | string {
  const draft = structuredClone(golden.input)
  const parts = golden.path.split('/').filter(Boolean)
  const group = parts[0] === 'api' ? '' : (parts[1] ?? '')
  const at = parts.indexOf('namespaces')
  const strategy = createStrategies().strategyFor(group, parts.at(-1) ?? '')
  strategy.applyDefaults(draft)
  if (at >= 0 && parts.length > at + 1) draft['metadata'].namespace = parts[at + 1]
  draft['metadata'].uid = '902876a0-3e32-44b2'
  strategy.prepareForCreate(draft, context)
  const errors = strategy.validateCreate(draft, context)
  if (errors.length > 0) return JSON.stringify(errors)
  if (strategy.hasGeneration) draft['metadata'].generation = 1
  return draft
}

function differenceOf(golden: Golden, got: Json | string): string {
  if (typeof got === 'string') return got
  const [ours, theirs] = [comparable(got), comparable(structuredClone(golden.stored))]
  return sameValue(ours, theirs) ? '' : `\n  ours   ${JSON.stringify(ours)}\n  theirs ${JSON.stringify(theirs)}`
}

/** The object without names and times that are drawn anew each time. */
function comparable(object: Json): Json {
  const { managedFields: _managed, uid: _uid, creationTimestamp: _created, ...metadata } = object['metadata'] as Json
  const uid = metadata['labels']?.['controller-uid'] as string | undefined
  const plain = { ...object, metadata }
  const written = uid === undefined ? JSON.stringify(plain) : JSON.stringify(plain).replaceAll(uid, 'UID')
  const masked = JSON.parse(written.replaceAll(/kube-api-access-\w{5}/g, 'kube-api-access')) as Json
  if (masked['kind'] === 'PersistentVolume') masked['status'].lastPhaseTransitionTime = ''
  // The recorded server had neither a default class nor these from a controller.
  if (masked['kind'] === 'PersistentVolumeClaim') delete masked['spec'].storageClassName
  return masked
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
