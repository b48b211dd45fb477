import { Emitter } from './emitter.ts'
import type { MapNode, ScalarNode, ScalarStyle, SeqNode, YamlNode } from './node.ts'
import { resolvePlain, resolveTag } from './resolve.ts'

/** Lines are never folded. */
const UNLIMITED = Number.MAX_SAFE_INTEGER
const MAX_SIMPLE_KEY = 128

interface Around {
  readonly indent: number
  readonly inMap: boolean
  readonly inFlow: boolean
}

/**
 * Prints a tree as kyaml does: keys in the order they have, styles as they were written, sequences not indented inside
 * maps, no folding. Ends with a line feed.
 */
export function printTree(node: YamlNode): string {
  const emitter = new Emitter(UNLIMITED)
  writeNode(emitter, node, { indent: -1, inMap: false, inFlow: false })
  emitter.writeIndent(0)
  return emitter.out
}

function writeNode(emitter: Emitter, node: YamlNode, around: Around): void {
  switch (node.kind) {
    case 'scalar':
      return writeScalar(emitter, node, { around, isKey: false })
    case 'alias':
      return emitter.writeIndicator(`*${node.name}`, true, false)
    case 'seq':
      writeProperties(emitter, node)
      return node.flow || around.inFlow || node.items.length === 0
        ? writeFlowSeq(emitter, node, around)
        : writeBlockSeq(emitter, node, around)
    case 'map':
      writeProperties(emitter, node)
      return node.flow || around.inFlow || node.entries.length === 0
        ? writeFlowMap(emitter, node, around)
        : writeBlockMap(emitter, node, around)
  }
}

function writeProperties(emitter: Emitter, node: YamlNode): void {
  if (node.anchor !== '') emitter.writeIndicator(`&${node.anchor}`, true, false)
  const tag = node.kind === 'scalar' ? scalarTag(node) : node.tag
  if (tag !== '') emitter.writeIndicator(tag, true, false)
}

/** The tag that must be written so that the scalar keeps its type. */
function scalarTag(node: ScalarNode): string {
  if (node.tagged) return node.tag
  if (node.tag === '' || node.tag === '!!str' || node.tag === '!!merge') return ''
  return node.tag === resolveTag(resolvePlain(node.value, 'v3')) ? '' : node.tag
}

function writeScalar(emitter: Emitter, node: ScalarNode, place: { around: Around; isKey: boolean }): void {
  const { around, isKey } = place
  writeProperties(emitter, node)
  const indent = around.indent < 0 ? 2 : around.indent + 2
  if (node.value === '' && scalarStyle(node) === 'plain' && !isKey && !around.inFlow) {
    return emitter.writeIndicator('', false, false)
  }
  emitter.writeScalar(node.value, { style: scalarStyle(node), isKey, inFlow: around.inFlow, indent })
}

function scalarStyle(node: ScalarNode): ScalarStyle {
  if (node.style !== 'plain') return node.style
  if (node.value.includes('\n')) return 'literal'
  const isForced = !node.tagged && node.tag === '!!str' && resolvePlain(node.value, 'v3').type !== 'str'
  return isForced ? 'double' : 'plain'
}

function writeBlockSeq(emitter: Emitter, node: SeqNode, around: Around): void {
  const isCompact = around.inMap && !emitter.atIndention
  const indent = around.indent < 0 ? 0 : around.indent + (isCompact ? 0 : 2)
  for (const item of node.items) {
    emitter.writeIndent(indent)
    writeAbove(emitter, item.comments?.head, indent)
    emitter.writeIndicator('-', true, true)
    writeNode(emitter, item, { indent, inMap: false, inFlow: false })
    writeBeside(emitter, item.kind === 'scalar' ? item.comments?.line : undefined)
  }
}

function writeBlockMap(emitter: Emitter, node: MapNode, around: Around): void {
  const indent = around.indent < 0 ? 0 : around.indent + 2
  const inner = { indent, inMap: true, inFlow: false }
  for (const { key, value } of node.entries) {
    emitter.writeIndent(indent)
    writeAbove(emitter, key.comments?.head, indent)
    if (isSimpleKey(key)) {
      if (key.kind === 'scalar') writeScalar(emitter, key, { around: inner, isKey: true })
      else writeNode(emitter, key, inner)
      emitter.writeIndicator(':', false, false)
    } else {
      emitter.writeIndicator('?', true, true)
      writeNode(emitter, key, inner)
      emitter.writeIndent(indent)
      emitter.writeIndicator(':', true, true)
    }
    writeBeside(emitter, key.comments?.line)
    writeNode(emitter, value, inner)
    writeBeside(emitter, value.kind === 'scalar' ? value.comments?.line : undefined)
    if (key.comments !== undefined && key.comments.foot !== '') {
      emitter.writeIndent(indent)
      emitter.writeComment(key.comments.foot.replaceAll('\n', `\n${' '.repeat(indent)}`))
    }
  }
}

/** Comment lines above what begins at the present place, each at the same column. */
function writeAbove(emitter: Emitter, text: string | undefined, indent: number): void {
  if (text === undefined || text === '') return
  for (const line of text.split('\n')) {
    emitter.writeComment(line)
    emitter.writeIndent(indent)
  }
}

/** A comment at the end of the line. */
function writeBeside(emitter: Emitter, text: string | undefined): void {
  if (text !== undefined && text !== '') emitter.writeComment(` ${text}`)
}

function isSimpleKey(key: YamlNode): boolean {
  if (key.kind === 'scalar') return key.value.length <= MAX_SIMPLE_KEY && !/[\n\r\x85\u2028\u2029]/.test(key.value)
  return key.kind === 'alias'
}

function writeFlowSeq(emitter: Emitter, node: SeqNode, around: Around): void {
  emitter.writeIndicator('[', true, false)
  const inner = flowInside(around)
  node.items.forEach((item, index) => {
    if (index > 0) emitter.writeIndicator(',', false, false)
    emitter.openFlow(index === 0)
    writeNode(emitter, item, inner)
  })
  emitter.writeIndicator(']', false, false)
}

function writeFlowMap(emitter: Emitter, node: MapNode, around: Around): void {
  emitter.writeIndicator('{', true, false)
  const inner = flowInside(around)
  node.entries.forEach(({ key, value }, index) => {
    if (index > 0) emitter.writeIndicator(',', false, false)
    emitter.openFlow(index === 0)
    if (key.kind === 'scalar') writeScalar(emitter, key, { around: inner, isKey: true })
    else writeNode(emitter, key, inner)
    emitter.writeIndicator(':', false, false)
    writeNode(emitter, value, inner)
  })
  emitter.writeIndicator('}', false, false)
}

function flowInside(around: Around): Around {
  return { indent: around.indent < 0 ? 2 : around.indent + 2, inMap: false, inFlow: true }
}
