import { effectiveValue } from './effective.ts'
import { Emitter } from './emitter.ts'
import { compareKeys, mayBeNumbered } from './natural-order.ts'
import { keyText } from './node-value.ts'
import type { MapNode, SeqNode, YamlNode } from './node.ts'
import { PRINT_WIDTH, formatNumber, writeKey, writeString } from './print-value.ts'
import { throughJson } from './through-json.ts'
import { YamlError } from './yaml-error.ts'

interface Around {
  readonly indent: number
  readonly inMap: boolean
  readonly inFlow: boolean
}

interface Fragment {
  readonly text: string
  /** The column where it ends. */
  readonly column: number
}

/** Printed values of the fields of root maps. Trees never change, so what was printed once stays true. */
const printed = new WeakMap<YamlNode, Fragment>()

/**
 * Prints a tree without aliases as `kustomize build` prints an object: comments and styles are gone, keys sorted,
 * scalars normalised. Ends with a line feed. Throws YamlError for what JSON cannot hold.
 */
export function printNode(node: YamlNode): string {
  const emitter = new Emitter(PRINT_WIDTH)
  if (node.kind === 'map' && node.entries.length > 0) writeRoot(emitter, node)
  else writeNode(emitter, node, { indent: -1, inMap: false, inFlow: false })
  emitter.writeIndent(0)
  return emitter.out
}

function writeRoot(emitter: Emitter, node: MapNode): void {
  const around = { indent: 0, inMap: true, inFlow: node.flow }
  for (const { key, value } of sortedFields(node, rootKey)) {
    writeKey(emitter, throughJson(key), 0)
    if (value.kind === 'scalar' || node.flow) writeNode(emitter, value, around)
    else {
      const fragment = fragmentOf(value, emitter.column)
      emitter.writeFragment(fragment.text, fragment.column)
    }
  }
}

/** Keys of the root may be of any scalar type: there Go decodes into a map of strings. */
function rootKey(key: YamlNode): string {
  return key.kind === 'scalar' ? key.value : keyText(key)
}

function fragmentOf(value: YamlNode, column: number): Fragment {
  const known = printed.get(value)
  if (known !== undefined) return known
  const emitter = new Emitter(PRINT_WIDTH)
  emitter.continueAt(column)
  writeNode(emitter, value, { indent: 0, inMap: true, inFlow: false })
  const fragment = { text: emitter.out, column: emitter.column }
  printed.set(value, fragment)
  return fragment
}

function writeNode(emitter: Emitter, node: YamlNode, around: Around): void {
  switch (node.kind) {
    case 'scalar': {
      const value = effectiveValue(node, around.inFlow)
      if (typeof value === 'string') {
        const indent = around.indent < 0 ? 2 : around.indent + 2
        return writeString(emitter, throughJson(value), { isKey: false, indent })
      }
      return emitter.writeSimple(value === null || typeof value === 'boolean' ? String(value) : formatNumber(value))
    }
    case 'seq':
      return writeSeq(emitter, node, around)
    case 'map':
      return writeMap(emitter, node, around)
    case 'alias':
      return writeNode(emitter, node.target, around)
  }
}

function writeSeq(emitter: Emitter, node: SeqNode, around: Around): void {
  if (node.items.length === 0) return emitter.writeIndicator('[]', true, false)
  const isCompact = around.inMap && !emitter.atIndention
  const indent = around.indent < 0 ? 0 : around.indent + (isCompact ? 0 : 2)
  const inner = { indent, inMap: false, inFlow: around.inFlow || node.flow }
  for (const item of node.items) {
    emitter.writeIndent(indent)
    emitter.writeIndicator('-', true, true)
    writeNode(emitter, item, inner)
  }
}

function writeMap(emitter: Emitter, node: MapNode, around: Around): void {
  if (node.entries.length === 0) return emitter.writeIndicator('{}', true, false)
  const indent = around.indent < 0 ? 0 : around.indent + 2
  const inner = { indent, inMap: true, inFlow: around.inFlow || node.flow }
  for (const { key, value } of sortedFields(node, keyText)) {
    writeKey(emitter, throughJson(key), indent)
    writeNode(emitter, value, inner)
  }
}

interface Field {
  readonly key: string
  readonly value: YamlNode
}

function sortedFields(node: MapNode, textOf: (key: YamlNode) => string): readonly Field[] {
  const fields: Field[] = []
  let isSorted = true
  let isNumbered = false
  for (const { key, value } of node.entries) {
    const text = textOf(key)
    const last = fields.at(-1)
    if (mayBeNumbered(text)) isNumbered = true
    if (last !== undefined && isSorted && compareKeys(last.key, text) >= 0) isSorted = false
    fields.push({ key: text, value })
  }
  if (isSorted && !isNumbered) return fields
  // As in sortKeys: the result must not depend on the order that the keys come in.
  if (isNumbered) fields.sort((a, b) => (a.key < b.key ? -1 : 1))
  fields.sort((a, b) => compareKeys(a.key, b.key))
  requireUnique(fields, node)
  return fields
}

function requireUnique(fields: readonly Field[], node: MapNode): void {
  for (let i = 1; i < fields.length; i++) {
    if (fields[i]?.key !== fields[i - 1]?.key) continue
    const [first, second] = node.entries.filter(({ key }) => key.kind === 'scalar' && key.value === fields[i]?.key)
    throw new YamlError({
      message: `mapping key ${JSON.stringify(fields[i]?.key)} already defined at line ${first?.key.line ?? 0}`,
      line: second?.key.line ?? node.line,
      goLine: second?.key.line ?? 0,
    })
  }
}
