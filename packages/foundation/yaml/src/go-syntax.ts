import { formatGoFloat } from './go-number.ts'
import type { YamlNode } from './node.ts'
import { resolveScalar, type Resolved } from './resolve.ts'

/** A tree as Go's `%#v` prints what yaml.v2 makes of it: yaml.v2 names a key so that cannot be one. */
export function goSyntax(node: YamlNode): string {
  switch (node.kind) {
    case 'alias':
      return goSyntax(node.target)
    case 'seq':
      return `[]interface {}{${node.items.map(goSyntax).join(', ')}}`
    case 'map': {
      const fields = node.entries.map(({ key, value }) => ({ key: goSyntax(key), value: goSyntax(value) }))
      fields.sort((a, b) => rankOf(a.key) - rankOf(b.key) || compareKeys(a.key, b.key))
      return `map[interface {}]interface {}{${fields.map(({ key, value }) => `${key}:${value}`).join(', ')}}`
    }
    case 'scalar':
      return scalarSyntax(resolveScalar(node, 'v2') ?? { type: 'str', value: node.value })
  }
}

function scalarSyntax(resolved: Resolved): string {
  switch (resolved.type) {
    case 'null':
      return 'interface {}(nil)'
    case 'bool':
    case 'int':
      return String(resolved.value)
    case 'float':
      return formatGoFloat(resolved.value)
    case 'timestamp':
    case 'str':
      return quote(resolved.value)
  }
}

/** Texts come before numbers, and nothing before both. */
function rankOf(key: string): number {
  if (key.startsWith('interface')) return 0
  return key.startsWith('"') ? 1 : 2
}

function compareKeys(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)]
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y
  return a < b ? -1 : 1
}

function quote(text: string): string {
  return JSON.stringify(text)
    .replaceAll('\\u0007', String.raw`\a`)
    .replaceAll('\\u000b', String.raw`\v`)
    .replace(/\\u00([0-9a-f]{2})/g, String.raw`\x$1`)
    .replaceAll('\u007f', String.raw`\x7f`)
}
