import { createFieldManager } from '../packages/drivers/apiserver/src/apply/field-manager.ts'
import type { Draft, FieldError, Strategy, StrategyContext } from '../packages/drivers/apiserver/src/contracts.ts'
import { applyJsonPatch } from '../packages/drivers/apiserver/src/http/json-patch.ts'
import { applyMergePatch } from '../packages/drivers/apiserver/src/http/merge-patch.ts'
import { createStrategies, customStrategy } from '../packages/drivers/apiserver/src/kinds/index.ts'
import { createTypeSystem, type KindTypes } from '../packages/drivers/apiserver/src/schema/type-system.ts'
import { createTestServer, type TestServer } from '../packages/drivers/apiserver/src/testing/test-server.ts'

/** One request of a recorded sequence, and what the real server answered. */
export interface Step {
  readonly op: 'apply' | 'applyStatus' | 'update' | 'merge' | 'json'
  readonly manager: string
  readonly force?: boolean
  readonly body: unknown
  readonly status: number
  readonly result: Draft
}

/** What a backend answers. */
export interface Answer {
  readonly status: number
  readonly body: Draft
}

/** Something that takes the requests of one sequence, all for one object. */
export interface Backend {
  send(step: Step): Answer | Promise<Answer>
}

/** The field manager alone, with one object behind it. */
export function bareBackend(name: string, crd: Draft): Backend {
  return new TinyServer(name, crd)
}

/** The server, without a socket. */
export async function serverBackend(crd: Draft): Promise<(name: string) => Backend> {
  const server = await createTestServer()
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const created = await server.send('POST', path, { body: { ...crd, kind: 'CustomResourceDefinition' } })
  if (created.status !== 201) throw new Error(created.text)
  return (name) => new ServerObject(server, name)
}

const places: Readonly<Record<string, string>> = {
  cm: '/api/v1/namespaces/default/configmaps',
  svc: '/api/v1/namespaces/default/services',
  dep: '/apis/apps/v1/namespaces/default/deployments',
  cr: '/apis/probe.io/v1/namespaces/default/ssathings',
}

const mediaTypes = {
  apply: 'application/apply-patch+yaml',
  applyStatus: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  update: 'application/json',
} as const

class ServerObject implements Backend {
  readonly #server: TestServer
  readonly #path: string

  constructor(server: TestServer, name: string) {
    this.#server = server
    this.#path = `${places[name.split('-')[1] ?? ''] ?? ''}/${name}`
  }

  async send(step: Step): Promise<Answer> {
    const query = new URLSearchParams({ fieldManager: step.manager })
    if (step.op === 'apply' || step.op === 'applyStatus') query.set('force', String(step.force === true))
    const path = `${this.#path}${step.op === 'applyStatus' ? '/status' : ''}?${query}`
    const live = step.op === 'update' ? (await this.#server.send('GET', this.#path)).body : undefined
    const body = live === undefined ? step.body : withAddresses(step.body as Draft, live)
    const method = step.op === 'update' ? 'PUT' : 'PATCH'
    const { status, body: answer } = await this.#server.send(method, path, { body, contentType: mediaTypes[step.op] })
    if (status < 400) return { status, body: answer }
    const causes = (answer['details'] as Draft | undefined)?.['causes'] ?? []
    return { status, body: { message: answer['message'], causes } }
  }
}

/** The recording has placeholders for what servers allot. */
function withAddresses(body: Draft, stored: Readonly<Draft>): Draft {
  const out = structuredClone(body)
  const [spec, live] = [out['spec'] as Draft | undefined, stored['spec'] as Draft | undefined]
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

/** One object behind the field manager, with the defaults and checks of its kind. */
class TinyServer implements Backend {
  readonly #types: KindTypes = createTypeSystem()
  readonly #fields = createFieldManager(this.#types)
  readonly #strategies = createStrategies()
  readonly #name: string
  #stored: Draft | undefined
  #clock = 1_700_000_000_000

  constructor(name: string, crd: Draft) {
    this.#name = name
    this.#types.define(crd)
  }

  send(step: Step): Answer {
    this.#clock += 1000
    const now = `${new Date(this.#clock).toISOString().slice(0, 19)}Z`
    switch (step.op) {
      case 'apply':
      case 'applyStatus':
        return this.#apply(step, now)
      case 'update':
        return this.#update(step, withAddresses(step.body as Draft, this.#stored ?? {}), now)
      case 'merge':
        return this.#update(step, applyMergePatch(structuredClone(this.#stored), step.body) as Draft, now, true)
      case 'json':
        return this.#update(step, applyJsonPatch(structuredClone(this.#stored), step.body) as Draft, now, true)
    }
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
