import { YamlError, nodeValue, type YamlNode } from '@kedge/yaml'
import { buildFailure } from '../build-failure.ts'

/**
 * A node as a JSON value; a FailureError for what kustomize cannot convert: maps whose keys are no texts, and maps in
 * which a key occurs twice.
 */
export function jsonValue(node: YamlNode): unknown {
  try {
    refuseDuplicates(node)
    return nodeValue(node)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw buildFailure('kustomize-resource', error.message, { cause: error })
  }
}

function refuseDuplicates(node: YamlNode): void {
  if (node.kind === 'seq') for (const item of node.items) refuseDuplicates(item)
  if (node.kind !== 'map') return
  const lines = new Map<string, number>()
  for (const { key, value } of node.entries) {
    refuseDuplicates(value)
    if (key.kind !== 'scalar') continue
    const before = lines.get(key.value)
    if (before !== undefined) {
      const message = `mapping key ${JSON.stringify(key.value)} already defined at line ${before}`
      throw new YamlError({ message, line: key.line, goLine: key.line })
    }
    lines.set(key.value, key.line)
  }
}
