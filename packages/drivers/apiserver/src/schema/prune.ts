import { isObject, type JsonObject } from './json.ts'
import { memberSchema, opaqueComponents, resolve } from './resolve.ts'

/** Removes what no schema declares from a draft. */
export function pruneUnknown(schema: JsonObject, draft: Record<string, unknown>): void {
  prune(schema, draft)
}

const embedded = new Set(['apiVersion', 'kind', 'metadata'])

function prune(declared: JsonObject, value: unknown): void {
  const { schema, component } = resolve(declared)
  if (component !== undefined && opaqueComponents.has(component)) return
  // What is frozen is stored: a draft only carries it along.
  if (Object.isFrozen(value)) return
  if (Array.isArray(value)) {
    const items = schema['items']
    if (isObject(items)) for (const item of value) prune(items, item)
    return
  }
  if (!isObject(value)) return
  const isResource = schema['x-kubernetes-embedded-resource'] === true
  for (const name of Object.keys(value)) {
    const below = memberSchema(schema, name)
    if (below !== undefined) prune(below, value[name])
    else if (!(isResource && embedded.has(name))) delete value[name]
  }
}
