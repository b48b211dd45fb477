import { isObject, type JsonObject } from './json.ts'
import { resolve } from './resolve.ts'

/**
 * Fills the defaults of a custom kind's schema: absent fields get theirs, and so do nulls where null is not allowed;
 * a null without a default that is not allowed is dropped.
 */
export function fillDefaults(schema: JsonObject, draft: Record<string, unknown>): void {
  fill(schema, draft)
}

function fill(declared: JsonObject, value: unknown): void {
  const { schema, component } = resolve(declared)
  // What is frozen is stored, and got its defaults when it came.
  if (component !== undefined || Object.isFrozen(value)) return
  if (Array.isArray(value)) {
    const items = schema['items']
    if (isObject(items)) for (const item of value) fill(items, item)
    return
  }
  if (!isObject(value)) return
  const properties = schema['properties']
  if (isObject(properties)) {
    for (const [name, below] of Object.entries(properties))
      if (isObject(below)) fillMember(below, value, { name, isEntry: false })
  }
  const additional = schema['additionalProperties']
  if (!isObject(additional)) return
  for (const name of Object.keys(value)) {
    if (!(isObject(properties) && Object.hasOwn(properties, name)))
      fillMember(additional, value, { name, isEntry: true })
  }
}

function fillMember(
  schema: JsonObject,
  parent: Record<string, unknown>,
  { name, isEntry }: { readonly name: string; readonly isEntry: boolean },
): void {
  const preset = isEntry && !Object.hasOwn(parent, name) ? undefined : schema['default']
  const present = Object.hasOwn(parent, name) ? parent[name] : undefined
  const mustReplace = present === undefined || (present === null && schema['nullable'] !== true)
  if (mustReplace && preset !== undefined && preset !== null) parent[name] = structuredClone(preset)
  else if (present === null && mustReplace && isTyped(schema)) delete parent[name]
  if (parent[name] !== undefined) fill(schema, parent[name])
}

/** A schema that says nothing, or that keeps unknown fields, also takes null. */
function isTyped(schema: JsonObject): boolean {
  return schema['type'] !== undefined || schema['x-kubernetes-int-or-string'] === true
}
