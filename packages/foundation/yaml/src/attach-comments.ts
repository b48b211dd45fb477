import type { Comments, MapEntry, YamlNode } from './node.ts'

/** A comment as the scanner met it; lines count from 1, columns from 0. */
export interface FoundComment {
  readonly text: string
  readonly line: number
  readonly column: number
  /** Whether something stands before it on its line. */
  readonly trails: boolean
}

/** Comments on lines of their own that follow each other without a gap. */
interface Block {
  readonly text: string
  readonly first: number
  readonly last: number
}

/**
 * Gives the comments of a document to its nodes: those at the end of a line to the value there, or to the key of a
 * collection that begins below; those above a key or member to it; others to what stands before them.
 */
export function attachComments(root: YamlNode, found: readonly FoundComment[]): YamlNode {
  if (found.length === 0) return root
  const trailing = new Map(found.filter(({ trails }) => trails).map(({ line, text }) => [line, text]))
  const blocks = blocksOf(found.filter(({ trails }) => !trails))
  const attached = new Attachment(trailing, blocks).visit(root)
  // What is left stands below everything.
  return blocks.length === 0 ? attached : withFoot(attached, blocks.map(({ text }) => text).join('\n\n'))
}

function withFoot(root: YamlNode, foot: string): YamlNode {
  const last = root.kind === 'map' ? root.entries.at(-1) : undefined
  if (root.kind !== 'map' || last === undefined) return root
  const { head = '', line = '' } = last.key.comments ?? {}
  const key = withComments(last.key, { head, line, foot })
  return { ...root, entries: [...root.entries.slice(0, -1), { key, value: last.value }] }
}

function blocksOf(found: readonly FoundComment[]): Block[] {
  const blocks: Block[] = []
  for (const { line, text } of found) {
    const last = blocks.at(-1)
    if (last !== undefined && last.last === line - 1) {
      blocks[blocks.length - 1] = { text: `${last.text}\n${text}`, first: last.first, last: line }
    } else blocks.push({ text, first: line, last: line })
  }
  return blocks
}

class Attachment {
  readonly #trailing: Map<number, string>
  readonly #blocks: Block[]

  constructor(trailing: Map<number, string>, blocks: Block[]) {
    this.#trailing = trailing
    this.#blocks = blocks
  }

  visit(node: YamlNode): YamlNode {
    if (node.kind === 'map') {
      return { ...node, entries: node.entries.map((entry) => this.#visitEntry(entry)) }
    }
    if (node.kind !== 'seq') return this.#withLine(node)
    return { ...node, items: node.items.map((item) => this.#visitItem(item)) }
  }

  #visitEntry({ key, value }: MapEntry): MapEntry {
    const head = this.#takeAbove(key.line)
    const begins = value.kind === 'map' || value.kind === 'seq'
    const isBelow = begins && value.line > key.line
    const line = isBelow ? this.#takeLine(key.line) : ''
    return { key: withComments(key, { head, line, foot: '' }), value: this.visit(value) }
  }

  #visitItem(item: YamlNode): YamlNode {
    const head = this.#takeAbove(item.line)
    const visited = this.visit(item)
    return head === '' ? visited : withComments(visited, { head, line: visited.comments?.line ?? '', foot: '' })
  }

  #withLine(node: YamlNode): YamlNode {
    const line = this.#takeLine(node.line)
    return line === '' ? node : withComments(node, { head: '', line, foot: '' })
  }

  #takeAbove(line: number): string {
    const texts: string[] = []
    while (this.#blocks[0] !== undefined && this.#blocks[0].last < line) texts.push(this.#blocks.shift()?.text ?? '')
    return texts.join('\n\n')
  }

  #takeLine(line: number): string {
    const text = this.#trailing.get(line) ?? ''
    this.#trailing.delete(line)
    return text
  }
}

/** The node with comments, or with none when all are empty. */
export function withComments(node: YamlNode, comments: Comments): YamlNode {
  const isNone = comments.head === '' && comments.line === '' && comments.foot === ''
  return { ...node, comments: isNone ? undefined : comments }
}
