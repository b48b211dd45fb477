import { buildFailure, located } from '../build-failure.ts'
import { decodeUtf8 } from '../generate/pairs.ts'
import { looseValue } from '../read/loose-value.ts'
import type { Loader } from '../load/loader.ts'
import type { SchemaData, SchemaField, Schemas } from '../merge/schema.ts'
import type { Scopes } from '../model/scopes.ts'
import type { KustomizationFile } from '../read/read-kustomization.ts'

type Fields = Readonly<Record<string, unknown>>

/** The one document that is built in. */
const BUILT_IN = 'v1.21.2'

export interface OpenApiContext {
  readonly loader: Loader
  readonly schemas: Schemas
  readonly scopes: Scopes
}

/** Takes the document that `openapi` names for this build; the first one that a build meets stays. */
export function useOpenApi(source: KustomizationFile, context: OpenApiContext, isTop: boolean): void {
  const { openapi } = source.fields
  if (openapi !== undefined || isTop) located(source.originOf('openapi'), () => choose(openapi, context, isTop))
}

function choose(openapi: Readonly<Record<string, string>> | undefined, context: OpenApiContext, isTop: boolean): void {
  const path = openapi?.['path']
  const version = openapi?.['version']
  const file = path === undefined ? undefined : context.loader.load(path)
  if (context.schemas.chosen && !isTop) return
  if (file !== undefined) {
    if (version !== undefined) {
      throw buildFailure('kustomize-invalid', 'builtin version and custom schema provided, cannot use both')
    }
    const document = recordOf(looseValue(decodeUtf8(file.bytes) ?? '', file.name))
    context.schemas.use(projectSchema(recordOf(document['definitions'])), context.scopes.askedForUnknown)
    addScopes(recordOf(document['paths']), context.scopes)
    return
  }
  if (version === undefined || version === '') return
  if (version !== BUILT_IN) throw buildFailure('kustomize-invalid', 'the specified OpenAPI version is not built in')
  context.schemas.chosen = true
}

function recordOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

const KINDS = 'x-kubernetes-group-version-kind'

/** Keeps of a document what merging needs. */
export function projectSchema(definitions: Fields): SchemaData {
  const projected: Record<string, Record<string, SchemaField>> = {}
  const kinds: Record<string, string> = {}
  const queue: [string, Fields][] = Object.entries(definitions).map(([name, raw]) => [name, recordOf(raw)])
  for (const [name, definition] of queue) {
    for (const kind of kindsOf(definition[KINDS])) kinds[kind] = name
    const fields: Record<string, SchemaField> = {}
    const add = (field: string, raw: unknown): void => {
      fields[field] = projectField(recordOf(raw), (inner) => {
        const inline = `${name}/${field}`
        queue.push([inline, inner])
        return inline
      })
    }
    for (const [field, raw] of Object.entries(recordOf(definition['properties']))) add(field, raw)
    if (Object.keys(recordOf(definition['additionalProperties'])).length > 0)
      add('*', definition['additionalProperties'])
    projected[name] = fields
  }
  return { definitions: projected, kinds }
}

function kindsOf(raw: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(raw) ? raw : []
  return list.map((item) => {
    const { group, version, kind } = recordOf(item)
    const apiVersion = typeof group === 'string' && group !== '' ? `${group}/${String(version)}` : String(version)
    return `${apiVersion}/${String(kind)}`
  })
}

/** A field of a definition; schemas written in place get names of their own. */
function projectField(property: Fields, inline: (definition: Fields) => string): SchemaField {
  const ref = refOf(property)
  const items = recordOf(property['items'])
  const isArray = property['type'] === 'array'
  const strategy = property['x-kubernetes-patch-strategy']
  const merges = typeof strategy === 'string' && strategy.split(',').includes('merge')
  const isMap = ref === undefined && (hasFields(property['properties']) || hasFields(property['additionalProperties']))
  const itemRef = refOf(items) ?? (hasFields(items['properties']) ? inline(items) : undefined)
  return {
    ...(ref !== undefined ? { ref } : isMap ? { ref: inline(property) } : {}),
    ...(isArray && itemRef !== undefined ? { items: itemRef } : {}),
    ...(merges ? { merge: mergeKeys(property) } : {}),
  }
}

function hasFields(value: unknown): boolean {
  return Object.keys(recordOf(value)).length > 0
}

function refOf(property: Fields): string | undefined {
  const ref = property['$ref']
  return typeof ref === 'string' ? ref.replace(/^#\/definitions\//, '') : undefined
}

function mergeKeys(property: Fields): readonly string[] {
  const list = property['x-kubernetes-list-map-keys']
  if (Array.isArray(list)) return list.map(String)
  const key = property['x-kubernetes-patch-merge-key']
  return typeof key === 'string' ? [key] : []
}

function addScopes(paths: Fields, scopes: Scopes): void {
  for (const [path, raw] of Object.entries(paths)) {
    const kind = recordOf(recordOf(raw)['get'])[KINDS]
    if (kind === undefined) continue
    for (const key of kindsOf([kind])) scopes.add(key, path.includes('namespaces/{namespace}'))
  }
}
