import { decodeBase64 } from './base64.ts'
import { Emitter } from './emitter.ts'
import type { ScalarNode } from './node.ts'
import { Parser } from './parser.ts'
import { resolvePlain, resolveTag, type Resolved } from './resolve.ts'
import { formatTimestamp } from './timestamp.ts'
import { YamlError } from './yaml-error.ts'

/**
 * The JSON value of a scalar after kustomize has written it with yaml.v3 and read it again: quotes and block styles make
 * strings whatever the tag says, a program's tag decides where the text alone would not.
 */
export function effectiveValue(node: ScalarNode, inFlow: boolean): string | number | bigint | boolean | null {
  const { value, style } = node
  if (node.tagged) return explicitValue(node)
  if (style === 'folded' && value.includes('\n')) return refold(value)
  if (isText(node)) return value
  // An empty plain scalar cannot be written inside brackets, so it is written as ''.
  if (value === '' && inFlow) return ''
  const resolved = resolvePlain(value, 'v3')
  if (node.tag !== '' && node.tag !== resolveTag(resolved)) return explicitValue(node)
  // Nor can a plain scalar with a colon, such as a moment.
  if (style !== 'plain' || (inFlow && resolved.type === 'timestamp' && value.includes(':'))) return value
  return finite(resolved, node)
}

/** Whether a scalar is a string before its text is looked at. */
function isText({ tag, style, value }: ScalarNode): boolean {
  return tag === '!!str' || (tag === '' && (style !== 'plain' || value.includes('\n')))
}

/** Kustomize writes folded scalars in a way that does not always read back the same; so the way is gone here too. */
function refold(value: string): string {
  const emitter = new Emitter(Number.MAX_SAFE_INTEGER)
  emitter.writeScalar(value, { style: 'folded', isKey: false, inFlow: false, indent: 2 })
  emitter.writeIndent(0)
  const root = new Parser(emitter.out).next()?.root
  return root?.kind === 'scalar' ? root.value : value
}

function explicitValue(node: ScalarNode): string | number | bigint | boolean | null {
  const { tag, value } = node
  if (tag === '!!binary') return decodeBase64(value, node.line)
  const wanted = tag.slice(2)
  if (tag === '!!str' || !isTyped(tag)) return value
  const resolved = resolvePlain(value, 'v3')
  if (resolved.type === wanted) return finite(resolved, node)
  if (wanted === 'float' && resolved.type === 'int') return Number(resolved.value)
  throw new YamlError({
    message: `cannot decode ${resolveTag(resolved)} \`${value}\` as a ${tag}`,
    line: node.line,
    goLine: 0,
  })
}

function finite(resolved: Resolved, node: ScalarNode): string | number | bigint | boolean | null {
  if (resolved.type === 'timestamp') return formatTimestamp(resolved.value)
  if (resolved.type === 'float' && !Number.isFinite(resolved.value)) {
    throw new YamlError({ message: `json: unsupported value: ${goName(resolved.value)}`, line: node.line, goLine: 0 })
  }
  return resolved.value
}

function goName(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}

function isTyped(tag: string): boolean {
  return tag === '!!int' || tag === '!!float' || tag === '!!bool' || tag === '!!null' || tag === '!!timestamp'
}
