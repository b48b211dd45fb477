import { objectMetaComponent } from './built-in.ts'
import { isObject, member, text, type JsonObject } from './json.ts'

/** One served version of a custom resource definition. */
export interface CustomKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  /** The version's schema with the fields that every object has; free when the definition has none. */
  readonly schema: JsonObject
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
    return {
      group: text(spec, 'group') ?? '',
      version: text(version, 'name') ?? '',
      kind: text(names, 'kind') ?? '',
      plural: text(names, 'plural') ?? '',
      schema: rootSchema(member(member(version, 'schema'), 'openAPIV3Schema')),
      hasStatus: isObject(member(subresources, 'status')),
      hasScale: isObject(member(subresources, 'scale')),
    }
  })
}

const free: JsonObject = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/** A definition's schema with apiVersion, kind and metadata, whatever it says of them. */
function rootSchema(declared: unknown): JsonObject {
  const schema = isObject(declared) ? declared : free
  const properties = member(schema, 'properties')
  const own = isObject(properties) ? properties : {}
  return {
    ...schema,
    properties: {
      ...own,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { ...metadataRules(own['metadata']), $ref: `#/components/schemas/${objectMetaComponent}` },
    },
  }
}

/** A definition may restrict metadata.name and generateName. */
function metadataRules(declared: unknown): JsonObject {
  const properties = member(declared, 'properties')
  return isObject(properties) ? { 'x-kedge-rules': properties } : {}
}
