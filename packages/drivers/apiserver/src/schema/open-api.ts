import type { Draft } from '../contracts.ts'
import { builtInSchemas } from './load.ts'
import { kindsOf } from './built-in.ts'
import type { CustomKind } from './custom-kinds.ts'
import { isObject, type JsonObject } from './json.ts'

const refPrefix = '#/components/schemas/'

/** The OpenAPI v3 document of one group-version with the schemas of its kinds; undefined when it has none. No paths. */
export function openApiDocument(groupVersion: string, custom: readonly CustomKind[]): Draft | undefined {
  const components = new Map<string, JsonObject>()
  for (const kind of custom) addCustom(components, kind)
  for (const [name, schema] of Object.entries(builtInSchemas())) {
    if (kindsOf(schema).some(({ apiVersion }) => apiVersion === groupVersion) && isOwn(name, groupVersion)) {
      addComponent(components, name)
    }
  }
  if (components.size === 0) return undefined
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.37.2' },
    paths: {},
    components: { schemas: Object.fromEntries([...components].toSorted(([a], [b]) => (a < b ? -1 : 1))) },
  }
}

/** DeleteOptions and WatchEvent belong to every group; alone they make none. */
function isOwn(name: string, groupVersion: string): boolean {
  return !name.includes('.apis.meta.v1.') || groupVersion === 'v1'
}

function addComponent(components: Map<string, JsonObject>, name: string): void {
  const schema = builtInSchemas()[name]
  if (components.has(name) || schema === undefined) return
  components.set(name, schema)
  for (const ref of refsIn(schema)) addComponent(components, ref)
}

function addCustom(components: Map<string, JsonObject>, kind: CustomKind): void {
  const { group, version } = kind
  const name = `${group.split('.').toReversed().join('.')}.${version}.${kind.kind}`
  const list = `${name}List`
  const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
  components.set(name, {
    ...kind.schema,
    'x-kubernetes-group-version-kind': [{ group, kind: kind.kind, version }],
  })
  components.set(list, {
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string' },
      items: { type: 'array', items: { $ref: `${refPrefix}${name}` } },
      kind: { type: 'string' },
      metadata: { $ref: `${refPrefix}${meta}ListMeta` },
    },
    'x-kubernetes-group-version-kind': [{ group, kind: `${kind.kind}List`, version }],
  })
  for (const each of ['ObjectMeta', 'ListMeta', 'DeleteOptions', 'Status', 'Patch'])
    addComponent(components, meta + each)
}

function* refsIn(value: unknown): Generator<string> {
  if (Array.isArray(value)) {
    for (const item of value) yield* refsIn(item)
  } else if (isObject(value)) {
    for (const [name, below] of Object.entries(value)) {
      if (name === '$ref' && typeof below === 'string') yield below.slice(refPrefix.length)
      else yield* refsIn(below)
    }
  }
}
