import { isObject, text, type JsonObject } from './json.ts'
import { builtInSchemas } from './load.ts'

/** Name of ObjectMeta among the components; every kind's metadata is one. */
export const objectMetaComponent = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

let byKind: ReadonlyMap<string, string> | undefined

/** The component that describes a built-in kind, undefined when there is no such kind: `apps/v1`, `Deployment`. */
export function builtInComponent(apiVersion: string, kind: string): string | undefined {
  byKind ??= indexKinds()
  return byKind.get(`${apiVersion}/${kind}`)
}

function indexKinds(): ReadonlyMap<string, string> {
  const out = new Map<string, string>()
  for (const [name, schema] of Object.entries(builtInSchemas())) {
    for (const { apiVersion, kind } of kindsOf(schema)) out.set(`${apiVersion}/${kind}`, name)
  }
  return out
}

/** The kinds that a component says it is, from its `x-kubernetes-group-version-kind`. */
export function kindsOf(schema: JsonObject): { readonly apiVersion: string; readonly kind: string }[] {
  const kinds = schema['x-kubernetes-group-version-kind']
  if (!Array.isArray(kinds)) return []
  return kinds.filter(isObject).map((each) => {
    const group = text(each, 'group') ?? ''
    const version = text(each, 'version') ?? ''
    return { apiVersion: group === '' ? version : `${group}/${version}`, kind: text(each, 'kind') ?? '' }
  })
}

/** A component by name. */
export function component(name: string): JsonObject | undefined {
  return builtInSchemas()[name]
}
