import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'

/** An OpenAPI v3 schema as the server publishes it, references and Kubernetes extensions included. */
export type OpenApiSchema = Readonly<Record<string, unknown>>

/** One column of a Table. */
export interface TableColumn {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  readonly priority: number
}

/** A resource in aggregated discovery (apidiscovery.k8s.io/v2). An empty responseKind group or version means the enclosing one. */
export interface DiscoveredResource {
  readonly resource: string
  readonly responseKind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly scope: 'Namespaced' | 'Cluster'
  readonly singularResource: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly subresources?: readonly {
    readonly subresource: string
    readonly responseKind?: { readonly group: string; readonly version: string; readonly kind: string }
    readonly verbs: readonly string[]
    readonly acceptedTypes?: readonly { readonly group: string; readonly version: string; readonly kind: string }[]
  }[]
}

/** A group in aggregated discovery, its versions most preferred first. The core group has no metadata.name. */
export interface DiscoveredGroup {
  readonly metadata: { readonly name?: string }
  readonly versions: readonly {
    readonly version: string
    readonly resources: readonly DiscoveredResource[]
    readonly freshness: string
  }[]
}

/** An aggregated discovery document. */
export interface DiscoveryList {
  readonly kind: 'APIGroupDiscoveryList'
  readonly apiVersion: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly items: readonly DiscoveredGroup[]
}

/** One field of a protobuf message: JSON name (`` for an inlined struct), type and flags. See protobuf/messages.ts. */
export type MessageField = readonly [name: string, type: string, flags: number]

/** The 624 component schemas of the built-in groups by name (`io.k8s.api.core.v1.Pod`). Shared: never change it. */
export function builtInSchemas(): Readonly<Record<string, OpenApiSchema>> {
  return schemas()
}

/** Aggregated discovery of the built-in groups as recorded: what `/api` (core) and `/apis` (groups) answer. Shared: never change it. */
export function builtInDiscovery(): { readonly core: DiscoveryList; readonly groups: DiscoveryList } {
  return discovery()
}

/** Table columns by `<group>/<version>/<resource>`, the group empty for core: `/v1/pods`. Shared: never change it. */
export function builtInTables(): Readonly<Record<string, readonly TableColumn[]>> {
  return tables()
}

/** Fields by message name and field number, for decoding protobuf bodies. Shared: never change it. */
export function protobufMessages(): Readonly<Record<string, Readonly<Record<string, MessageField>>>> {
  return messages()
}

/**
 * Objects a new server starts with, by resource: namespaces, priorityclasses, clusterroles, clusterrolebindings, roles,
 * rolebindings, apiservices; without uid, times, resourceVersion, status. Shared: copy before changing.
 */
export function bootstrapObjects(): Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> {
  return bootstrap()
}

/** What `/version` answers. */
export function serverVersion(): Readonly<Record<string, string>> {
  return version()
}

const schemas = once<ReturnType<typeof builtInSchemas>>(() => JSON.parse(unpack('schemas')))
const discovery = once<ReturnType<typeof builtInDiscovery>>(() => JSON.parse(unpack('discovery')))
const tables = once<ReturnType<typeof builtInTables>>(() => JSON.parse(unpack('tables')))
const messages = once<ReturnType<typeof protobufMessages>>(() => JSON.parse(unpack('messages')))
const bootstrap = once<ReturnType<typeof bootstrapObjects>>(() => JSON.parse(unpack('bootstrap')))
const version = once<Readonly<Record<string, string>>>(() => JSON.parse(readFileSync(dataFile('version.json'), 'utf8')))

/** The data is large and part of it is seldom needed, so each file is read when it is first asked for. */
function once<T>(read: () => T): () => T {
  let value: T | undefined
  return () => (value ??= read())
}

function unpack(name: string): string {
  return brotliDecompressSync(readFileSync(dataFile(`${name}.json.br`))).toString('utf8')
}

function dataFile(name: string): URL {
  return new URL(`../../data/${name}`, import.meta.url)
}
