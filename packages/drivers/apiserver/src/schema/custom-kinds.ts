import { objectMetaComponent } from './built-in.ts'
import { isObject, member, text, type JsonObject } from './json.ts'
import { hasRules } from './rules.ts'

/** One served version of a custom resource definition. */
export interface CustomKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  /** The version's schema with the fields that every object has; free when the definition has none. */
  readonly schema: JsonObject
  /** The schema that objects are checked against: as declared, with the type and name that rules may look at. */
  readonly declared: JsonObject
  readonly hasRules: boolean
  readonly hasStatus: boolean
  readonly hasScale: boolean
}

/** The versions of all definitions, by `<group>/<version>/<kind>`. */
export class CustomKinds {
  readonly #kinds = new Map<string, CustomKind>()

  get(apiVersion: string, kind: string): CustomKind | undefined {
    return this.#kinds.get(`${apiVersion}/${kind}`)
  }

  /** Takes the versions of a definition in, in place of those it had. */
  put(crd: JsonObject): void {
    const versions = readVersions(crd)
    const [first] = versions
    if (first !== undefined) this.remove(first.group, first.kind)
    for (const version of versions) {
      this.#kinds.set(`${version.group}/${version.version}/${version.kind}`, version)
    }
  }

  remove(group: string, kind: string): void {
    for (const [key, known] of this.#kinds) if (known.group === group && known.kind === kind) this.#kinds.delete(key)
  }

  /** The kinds of one group-version. */
  in(apiVersion: string): readonly CustomKind[] {
    return [...this.#kinds.values()].filter((kind) => `${kind.group}/${kind.version}` === apiVersion)
  }
}

function readVersions(crd: JsonObject): readonly CustomKind[] {
  const spec = member(crd, 'spec')
  const names = member(spec, 'names')
  const versions = member(spec, 'versions')
  if (!Array.isArray(versions)) return []
  return versions.filter(isObject).map((version) => {
    const subresources = member(version, 'subresources')
    const declared = declaredSchema(member(member(version, 'schema'), 'openAPIV3Schema'))
    return {
      group: text(spec, 'group') ?? '',
      version: text(version, 'name') ?? '',
      kind: text(names, 'kind') ?? '',
      plural: text(names, 'plural') ?? '',
      schema: rootSchema(declared),
      declared,
      hasRules: hasRules(declared),
      hasStatus: isObject(member(subresources, 'status')),
      hasScale: isObject(member(subresources, 'scale')),
    }
  })
}

const free: JsonObject = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/** A definition's schema with what rules at the root may look at: the type and the name of the object. */
export function declaredSchema(given: unknown): JsonObject {
  const schema = isObject(given) ? given : free
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  const metadata = isObject(properties['metadata']) ? properties['metadata'] : {}
  const restricted = isObject(metadata['properties']) ? metadata['properties'] : {}
  return {
    ...schema,
    properties: {
      ...properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: {
        ...metadata,
        type: 'object',
        properties: { name: { type: 'string' }, generateName: { type: 'string' }, ...restricted },
      },
    },
  }
}

/** The same with all of ObjectMeta, for merging, pruning and publishing. */
function rootSchema(declared: JsonObject): JsonObject {
  const properties = isObject(declared['properties']) ? declared['properties'] : {}
  return {
    ...declared,
    properties: { ...properties, metadata: { $ref: `#/components/schemas/${objectMetaComponent}` } },
  }
}
