import type { DefinitionFile } from '@kedge/release'
import { parseYamlDocuments } from '@kedge/yaml'

interface Definition {
  readonly kind?: unknown
  readonly spec?: {
    readonly group?: unknown
    readonly names?: { readonly kind?: unknown }
    readonly versions?: unknown
  }
}

/** The API versions that definitions would have the cluster serve, as charts ask for them: `group/v1`, `group/v1/Kind`. */
export function definedVersions(files: readonly DefinitionFile[]): readonly string[] {
  return files.flatMap(({ path, text }) =>
    parseYamlDocuments(text, { file: path }).flatMap(({ value }) => versionsOf(value as Definition | null)),
  )
}

function versionsOf(definition: Definition | null): readonly string[] {
  const { group, names, versions } = definition?.kind === 'CustomResourceDefinition' ? (definition.spec ?? {}) : {}
  if (typeof group !== 'string' || typeof names?.kind !== 'string' || !Array.isArray(versions)) return []
  const kind = names.kind
  return versions.flatMap((version: { readonly name?: unknown; readonly served?: unknown } | null) =>
    typeof version?.name === 'string' && version.served !== false
      ? [`${group}/${version.name}`, `${group}/${version.name}/${kind}`]
      : [],
  )
}
