import type { KubeObject } from '@kedge/manifest'
import { parseYaml, printYaml } from '@kedge/yaml'

const masked = '*****'

/** A manifest as it is stored, with the values of Secrets masked; all other documents stay byte for byte. */
export function maskManifest(manifest: string): string {
  return manifest
    .split(/^(?=---(?:\s|$))/m)
    .map(maskDocument)
    .join('')
}

function maskDocument(document: string): string {
  const value = parseYaml(document) as KubeObject | null
  const shown = maskObject(value)
  if (shown === value) return document
  // What stands behind the dashes of a document's first line is part of it.
  const head = /^---[ \t]*\n(?:#[^\n]*\n)*/.exec(document)?.[0] ?? '---\n'
  return `${head}${printYaml(shown)}`
}

/** The same object unless it is a Secret or a list with one. */
function maskObject(object: KubeObject | null): KubeObject | null {
  if (typeof object !== 'object' || object === null) return object
  const items = object['items']
  if (Array.isArray(items)) {
    const shown = items.map((item: KubeObject | null) => maskObject(item))
    return shown.every((item, index) => item === items[index])
      ? object
      : { ...object, ...identityOf(object), items: shown }
  }
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return object
  const fields = ['data', 'stringData'].flatMap((field) => {
    const values: unknown = object[field]
    if (typeof values !== 'object' || values === null) return []
    return [[field, Object.fromEntries(Object.keys(values).map((key) => [key, masked]))] as const]
  })
  return { ...object, ...identityOf(object), ...Object.fromEntries(fields) }
}

function identityOf({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata }
}
