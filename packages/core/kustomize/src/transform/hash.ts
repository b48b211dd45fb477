import { goJson } from '../nodes/go-json.ts'
import { sha256Hex } from '@kedge/tree'
import { fieldAt, fieldOf, textOf } from '../nodes/node-access.ts'
import type { Resource } from '../model/resource.ts'
import type { Transformer } from './transformer.ts'
import { jsonValue } from '../nodes/json-value.ts'

/** Adds the hash of their content to the names of generated objects. */
export const hashTransformer: Transformer = (resources) => {
  for (const resource of resources.list) {
    if (!resource.trail.needsHash) continue
    const hash = hashOf(resource)
    resource.rememberName()
    resource.setName(`${resource.name}-${hash}`)
  }
}

const letters: Readonly<Record<string, string>> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' }

/** Ten letters that follow from the content of an object; no vowels and no digits that look like letters. */
export function hashOf(resource: Resource): string {
  const hex = sha256Hex(new TextEncoder().encode(encode(resource)))
  return hex.slice(0, 10).replaceAll(/[013ae]/g, (digit) => letters[digit] ?? digit)
}

function encode(resource: Resource): string {
  const { node, kind } = resource
  const value = (path: readonly string[]): unknown => {
    const found = fieldAt(node, path)
    if (found === undefined) return ''
    return found.kind === 'scalar' ? found.value : jsonValue(found)
  }
  // Kustomize looks for a field called `metadata/name`, finds none, and hashes an empty name; so must everyone else.
  const name = ''
  if (kind === 'Secret') {
    const fields = { kind, type: value(['type']), name, data: value(['data']) }
    return goJson(withMap(fields, 'stringData', value(['stringData'])))
  }
  if (kind === 'ConfigMap') {
    return goJson(withMap({ kind, name, data: value(['data']) }, 'binaryData', value(['binaryData'])))
  }
  return goJson({ kind, apiVersion: textOf(fieldOf(node, 'apiVersion')), value: jsonValue(node) })
}

function withMap(fields: Record<string, unknown>, name: string, value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...fields, [name]: value } : fields
}
