import type { MapNode, ScalarNode, YamlNode } from './node.ts'
import { decodeBase64 } from './base64.ts'
import { formatGoFloat } from './go-number.ts'
import { goSyntax } from './go-syntax.ts'
import { emptyObject, type JsonObject } from './object.ts'
import { formatTimestamp } from './timestamp.ts'
import { resolvePlain, resolveScalar, type Resolved, type YamlRules } from './resolve.ts'
import { YamlError } from './yaml-error.ts'

/** Values that aliases may multiply out to before a document counts as an attack. */
const MAX_VALUES = 5_000_000

/** Turns a tree into plain values: objects, arrays, strings, numbers, bigints beyond 2^53, booleans and null. */
export function toValue(node: YamlNode, rules: YamlRules, duplicates: DuplicateKeys = 'refuse'): unknown {
  return new Conversion(rules, duplicates).convert(node)
}

/** What to do with a key that occurs twice in a map: refuse the document, or let the last one win as yaml.v2 does. */
export type DuplicateKeys = 'refuse' | 'last-wins'

class Conversion {
  readonly #rules: YamlRules
  readonly #duplicates: DuplicateKeys
  #values = 0
  #aliased = 0
  #depth = 0

  constructor(rules: YamlRules, duplicates: DuplicateKeys) {
    this.#rules = rules
    this.#duplicates = duplicates
  }

  convert(node: YamlNode): unknown {
    this.#values++
    if (this.#depth > 0) this.#aliased++
    if (this.#aliased > 100 && this.#values > 1000 && this.#isExcessive()) {
      throw new YamlError({ message: 'document contains excessive aliasing', line: node.line, goLine: 0 })
    }
    switch (node.kind) {
      case 'scalar':
        return this.#scalar(node)
      case 'seq':
        return node.items.map((item) => this.convert(item))
      case 'map':
        return this.#map(node)
      case 'alias': {
        this.#depth++
        const value = this.convert(node.target)
        this.#depth--
        return value
      }
    }
  }

  /** Go's rule: the share that aliases may make up falls from 99 % at 400,000 values to 10 % at 4,000,000. */
  #isExcessive(): boolean {
    const share = this.#aliased / this.#values
    if (this.#values > MAX_VALUES) return true
    if (this.#values <= 400_000) return share > 0.99
    if (this.#values >= 4_000_000) return share > 0.1
    return share > 0.99 - (0.89 * (this.#values - 400_000)) / 3_600_000
  }

  #scalar(node: ScalarNode): unknown {
    const resolved = this.#resolve(node)
    if (node.tag === '!!binary') return decodeBase64(node.value, node.line)
    if (resolved.type === 'float' && !Number.isFinite(resolved.value)) {
      throw new YamlError({ message: `unsupported value: ${node.value}`, line: node.line, goLine: node.line })
    }
    return resolved.type === 'timestamp' && this.#rules === 'v3' ? formatTimestamp(resolved.value) : resolved.value
  }

  #resolve(node: ScalarNode): Resolved {
    const resolved = resolveScalar(node, this.#rules)
    if (resolved !== undefined) return resolved
    throw new YamlError({
      message: `cannot decode !!${resolvePlain(node.value, this.#rules).type} \`${node.value}\` as a ${node.tag}`,
      line: node.line,
      goLine: 0,
    })
  }

  #map(node: MapNode): JsonObject {
    const object = emptyObject()
    const lines = new Map<string, number>()
    for (const { key, value } of node.entries) {
      if (isMergeKey(key)) {
        this.#merge(object, value)
        continue
      }
      const name = this.#key(key)
      const before = lines.get(name)
      if (before !== undefined && this.#duplicates === 'refuse') {
        throw new YamlError({
          message: `mapping key ${JSON.stringify(name)} already defined at line ${before}`,
          line: key.line,
          goLine: key.line,
        })
      }
      lines.set(name, key.line)
      object[name] = this.convert(value)
    }
    return this.#rules === 'v3' ? this.#reorderMerged(object, node) : object
  }

  /** In yaml.v3 explicit keys win over merged ones wherever they stand. */
  #reorderMerged(object: JsonObject, node: MapNode): JsonObject {
    const merges = node.entries.some((entry) => isMergeKey(entry.key))
    if (!merges) return object
    for (const { key, value } of node.entries) if (!isMergeKey(key)) object[this.#key(key)] = this.convert(value)
    return object
  }

  #merge(object: JsonObject, value: YamlNode): void {
    const target = value.kind === 'alias' ? value.target : value
    if (target.kind === 'seq') {
      for (const item of target.items.toReversed()) this.#merge(object, item)
      return
    }
    const merged = target.kind === 'map' ? this.convert(value) : undefined
    if (merged === undefined) {
      throw new YamlError({
        message: 'map merge requires map or sequence of maps as the value',
        line: value.line,
        goLine: 0,
      })
    }
    Object.assign(object, merged)
  }

  /** Keys of other types become strings, as on the way to JSON in Go. */
  #key(node: YamlNode): string {
    const scalar = node.kind === 'alias' ? node.target : node
    const resolved = scalar.kind === 'scalar' ? this.#resolve(scalar) : undefined
    if (resolved?.type === 'str') return resolved.value
    if (resolved?.type === 'bool' || resolved?.type === 'int') return String(resolved.value)
    if (resolved?.type === 'float') return formatGoFloat(Math.fround(resolved.value))
    return this.#oddKey(scalar, resolved)
  }

  /** Keys that JSON does not know, and what yaml.v2 makes of them. */
  #oddKey(key: YamlNode, resolved: Resolved | undefined): string {
    const { line } = key
    const isV2 = this.#rules === 'v2'
    if (isV2 && resolved?.type === 'timestamp') return resolved.value
    if (isV2 && resolved === undefined) {
      // A key inside the key that cannot be one either is told first.
      this.convert(key)
      throw new YamlError({ message: `invalid map key: ${goSyntax(key)}`, line, goLine: 0 })
    }
    const type = resolved === undefined ? '' : ` of type ${resolved.type}`
    throw new YamlError({ message: `unsupported map key${type}`, line, goLine: line })
  }
}

/** Whether a key is the merge mark `<<`, unquoted. */
export function isMergeKey(key: YamlNode): boolean {
  return key.kind === 'scalar' && key.tag === '!!merge'
}
