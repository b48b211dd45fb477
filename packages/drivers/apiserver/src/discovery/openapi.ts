import { createHash } from 'node:crypto'
import type { Draft, ResourceKind } from '../contracts.ts'
import { objectAnswer, payloadOf, type Answer, type Payload } from '../http/call.ts'
import { metadataOf, textOf } from '../http/draft.ts'
import type { Parts } from '../http/parts.ts'
import { apiVersionOf } from '../http/scope.ts'
import { serverVersion } from '../schema/load.ts'
import { definitionShelf } from './definitions.ts'
import { encodeSwagger, swaggerDocument, swaggerProtobuf } from './openapi-v2.ts'

/** Answers /openapi/v2, /openapi/v3 and the documents below it; undefined for other paths. */
export function openApiAnswer(parts: Parts, path: string, accept: string): Answer | undefined {
  if (path === '/openapi/v2') return swaggerAnswer(parts, accept)
  if (path === '/openapi/v3') return { kind: 'object', status: 200, payload: payloadOf(indexOf(parts)) }
  if (!path.startsWith('/openapi/v3/')) return undefined
  const name = path.slice('/openapi/v3/'.length)
  const payload = documentOf(parts, name)
  return payload === undefined ? undefined : { kind: 'object', status: 200, payload }
}

interface KnownSwagger {
  readonly generation: number
  readonly document: Draft
  protobuf?: Buffer
}

const swaggers = new WeakMap<Parts, KnownSwagger>()

/** kubectl checks the items of a List with it, in every version, and before 1.29 everything. */
function swaggerAnswer(parts: Parts, accept: string): Answer {
  const { generation } = parts.registry
  let known = swaggers.get(parts)
  if (known?.generation !== generation) {
    const versions = new Set(parts.registry.all().map((kind) => apiVersionOf(kind.group, kind.version)))
    const documents = [...versions].map((version) => parts.types.openApiV3(version) ?? {})
    known = { generation, document: swaggerDocument(documents) }
    swaggers.set(parts, known)
  }
  // Clients name the type with and without an @.
  if (!accept.replace('@', '.').includes(swaggerProtobuf)) return objectAnswer(200, known.document)
  known.protobuf ??= encodeSwagger(known.document)
  return { kind: 'text', status: 200, contentType: swaggerProtobuf, text: known.protobuf }
}

/** The documents there are; clients keep each as long as its hash stays. */
function indexOf(parts: Parts): Draft {
  const names = new Set(parts.registry.all().map((kind) => nameOf(kind.group, kind.version)))
  const entries = [...names].map((name) => [
    name,
    { serverRelativeURL: `/openapi/v3/${name}?hash=${hashOf(parts, name)}` },
  ])
  return { paths: Object.fromEntries(entries) }
}

function nameOf(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`
}

/** Stable while the kinds of the group-version stay the same, also from one start to the next. */
function hashOf(parts: Parts, name: string): string {
  const { group } = partsOf(name)
  const hash = createHash('sha512').update(`${serverVersion()['gitVersion'] ?? ''} ${name}`)
  const custom = parts.registry.all().filter((kind) => kind.custom && kind.group === group)
  for (const resource of new Set(custom.map((kind) => kind.resource))) {
    const definition = parts.storage.get(definitionShelf, `${resource}.${group}`)?.object ?? {}
    const metadata = metadataOf(definition)
    hash.update(` ${textOf(metadata, 'uid')} ${String(metadata['generation'])}`)
  }
  return hash.digest('hex').toUpperCase()
}

function partsOf(name: string): { readonly group: string; readonly version: string } {
  const [, first = '', second] = name.split('/')
  return second === undefined ? { group: '', version: first } : { group: first, version: second }
}

interface KnownDocument {
  readonly generation: number
  readonly payload: Payload
}

const documents = new WeakMap<Parts, Map<string, KnownDocument>>()

/** The document of a group-version, made once until the served kinds change. */
function documentOf(parts: Parts, name: string): Payload | undefined {
  const known = documents.get(parts) ?? new Map<string, KnownDocument>()
  documents.set(parts, known)
  const generation = parts.registry.generation
  const found = known.get(name)
  if (found?.generation === generation) return found.payload
  const { group, version } = partsOf(name)
  const document = parts.types.openApiV3(apiVersionOf(group, version))
  const kinds = parts.registry.all().filter((kind) => kind.group === group && kind.version === version)
  if (document === undefined || kinds.length === 0) return undefined
  const paths = Object.fromEntries(kinds.flatMap(pathsOf))
  const payload = payloadOf({ ...document, paths: { ...(document['paths'] as Draft), ...paths } })
  known.set(name, { generation, payload })
  return payload
}

/** What kubectl looks for: the kind behind the list and the object, and the parameters that a patch understands. */
function pathsOf(kind: ResourceKind): readonly (readonly [string, Draft])[] {
  const root = `/${nameOf(kind.group, kind.version)}`
  const list = kind.namespaced ? `${root}/namespaces/{namespace}/${kind.resource}` : `${root}/${kind.resource}`
  const known = { 'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind } }
  const namespace = kind.namespaced ? [pathParameter('namespace')] : []
  const collection = {
    ...(kind.verbs.includes('list')
      ? { get: { 'x-kubernetes-action': 'list', ...known, parameters: [], responses: {} } }
      : {}),
    ...(kind.verbs.includes('create')
      ? { post: { 'x-kubernetes-action': 'post', ...known, parameters: writeParameters, responses: {} } }
      : {}),
    parameters: namespace,
  }
  const one = {
    ...(kind.verbs.includes('get')
      ? { get: { 'x-kubernetes-action': 'get', ...known, parameters: [], responses: {} } }
      : {}),
    ...(kind.verbs.includes('update')
      ? { put: { 'x-kubernetes-action': 'put', ...known, parameters: writeParameters, responses: {} } }
      : {}),
    ...(kind.verbs.includes('patch')
      ? { patch: { 'x-kubernetes-action': 'patch', ...known, parameters: patchParameters, responses: {} } }
      : {}),
    parameters: [pathParameter('name'), ...namespace],
  }
  const everywhere =
    kind.namespaced && kind.verbs.includes('list')
      ? [[`${root}/${kind.resource}`, { get: collection.get }] as const]
      : []
  return [[list, collection], [`${list}/{name}`, one], ...everywhere]
}

function pathParameter(name: string): Draft {
  return { name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } }
}

function queryParameter(name: string, type = 'string'): Draft {
  return { name, in: 'query', schema: { type, uniqueItems: true } }
}

const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => queryParameter(name))
const patchParameters = [...writeParameters, queryParameter('force', 'boolean')]
