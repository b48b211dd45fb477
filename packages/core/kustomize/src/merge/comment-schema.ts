import type { MapEntry, YamlNode } from '@kedge/yaml'
import type { Schema } from './schema.ts'

type Fields = Readonly<Record<string, unknown>>

/** The schema in the comment of a node, of the target or else of the patch. */
export function schemaByComment(pair: {
  readonly target: YamlNode | undefined
  readonly patch: YamlNode | undefined
}): Schema | undefined {
  return schemaOf(pair.target) ?? schemaOf(pair.patch)
}

/** The schema in the comment of a field's value, or of its name. */
export function schemaOfEntry(entry: MapEntry | undefined): Schema | undefined {
  return schemaOf(entry?.value) ?? schemaOf(entry?.key)
}

function schemaOf(node: YamlNode | undefined): Schema | undefined {
  const comments = node?.comments
  if (comments === undefined) return undefined
  const text = comments.line === '' ? comments.head : comments.line
  const fields = parse(text.replace(/^#+/, ''))
  if (fields === undefined) return undefined
  const definition = refOf(fields)
  const items = refOf(recordOf(fields['items']))
  const merge = mergeKeys(fields)
  return {
    ...(definition === undefined ? {} : { definition }),
    ...(items === undefined ? {} : { items }),
    ...(merge === undefined ? {} : { merge }),
  }
}

function parse(text: string): Fields | undefined {
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    const fields = recordOf(JSON.parse(text))
    return Object.keys(fields).length === 0 ? undefined : fields
  } catch {
    return undefined
  }
}

function recordOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

function refOf(fields: Fields): string | undefined {
  const ref = fields['$ref']
  return typeof ref === 'string' ? ref.replace(/^#\/definitions\//, '') : undefined
}

function mergeKeys(fields: Fields): readonly string[] | undefined {
  const strategy = fields['x-kubernetes-patch-strategy']
  if (typeof strategy !== 'string' || !strategy.split(',').includes('merge')) return undefined
  const list = fields['x-kubernetes-list-map-keys']
  if (Array.isArray(list)) return list.map(String)
  const key = fields['x-kubernetes-patch-merge-key']
  return typeof key === 'string' ? [key] : []
}
