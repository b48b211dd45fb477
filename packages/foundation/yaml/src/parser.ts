import { attachComments, type FoundComment } from './attach-comments.ts'
import { Cursor } from './cursor.ts'
import { plainScalar, type MapEntry, type ScalarNode, type YamlNode } from './node.ts'
import { resolvePlain, resolveTag, type YamlRules } from './resolve.ts'
import { Scanner } from './scanner.ts'
import { parserError } from './scanner-error.ts'
import type { Token } from './token.ts'
import { YamlError } from './yaml-error.ts'

const TAG_PREFIX = 'tag:yaml.org,2002:'

/** One document of a stream: its value (undefined when it is empty) and the line, from 1, where it begins. */
export interface YamlDocument {
  readonly root: YamlNode | undefined
  readonly line: number
  /** Whether it has anchors, aliases or merge keys, so that expandAliases has work to do. */
  readonly hasAnchors: boolean
}

/** What was written in front of a node. */
interface Properties {
  readonly tag: string
  readonly anchor: string
  readonly line: number
  readonly present: boolean
}

/**
 * Reads a stream document by document. The grammar, and the error for each text outside it, are those of Go's
 * yaml.v3, which differ from YAML 1.2 in places.
 */
export class Parser {
  readonly #scanner: Scanner
  readonly #rules: YamlRules
  #anchors = new Map<string, YamlNode>()
  /** Anchors of the nodes around. */
  readonly #open: string[] = []
  #handles = new Map<string, string>()
  #first = true
  #hasAnchors = false
  #comments: FoundComment[] = []

  /**
   * With `comments`, nodes carry theirs; without, they are skipped, which is faster. By the rules of `v2` a text is
   * refused as yaml.v2 refuses it, where that is not as yaml.v3 does (the default).
   */
  constructor(text: string, options: { readonly comments?: boolean; readonly rules?: YamlRules } = {}) {
    const cursor = new Cursor(text)
    const { rules = 'v3' } = options
    this.#rules = rules
    if (options.comments !== true) {
      this.#scanner = new Scanner(cursor, rules)
      return
    }
    this.#scanner = new Scanner(cursor, rules, (comment, line, column) => {
      const before = cursor.text.slice(cursor.pos - comment.length - column, cursor.pos - comment.length)
      this.#comments.push({ text: comment, line: line + 1, column, trails: before.trim() !== '' })
    })
  }

  /** The next document; undefined at the end of the stream. */
  next(): YamlDocument | undefined {
    if (!this.#first) while (this.#scanner.peek().kind === 'document-end') this.#scanner.take()
    const explicit = this.#startsExplicitly()
    this.#first = false
    if (explicit === undefined) return undefined
    const start = this.#scanner.peek()
    this.#anchors = new Map()
    this.#hasAnchors = false
    this.#readDirectives()
    if (explicit) this.#expectDocumentStart()
    const root = this.#documentContent(explicit)
    if (this.#scanner.peek().kind === 'document-end') this.#scanner.take()
    const line = explicit ? start.line + 1 : (root?.line ?? 1)
    return { root: this.#withComments(root), line, hasAnchors: this.#hasAnchors }
  }

  #withComments(root: YamlNode | undefined): YamlNode | undefined {
    if (root === undefined || this.#comments.length === 0) return root
    const found = this.#comments
    this.#comments = []
    return attachComments(root, found)
  }

  /** Whether a `---` or a directive begins the document; undefined when there is none. */
  #startsExplicitly(): boolean | undefined {
    const { kind } = this.#scanner.peek()
    if (kind === 'stream-end') return undefined
    if (!this.#first) return true
    return kind === 'version' || kind === 'tag-directive' || kind === 'document-start'
  }

  #readDirectives(): void {
    this.#handles = new Map([
      ['!', '!'],
      ['!!', TAG_PREFIX],
    ])
    const written = new Set<string>()
    for (;;) {
      const token = this.#scanner.peek()
      if (token.kind === 'version') {
        if (written.has('%YAML')) throw parserError('found duplicate %YAML directive', 0, token.line)
        if (token.value !== '1.1' && (token.value !== '1.2' || this.#rules === 'v2')) {
          throw parserError('found incompatible YAML document', 0, token.line)
        }
        written.add('%YAML')
      } else if (token.kind === 'tag-directive') {
        if (written.has(token.value)) throw parserError('found duplicate %TAG directive', 0, token.line)
        written.add(token.value)
        this.#handles.set(token.value, token.suffix)
      } else return
      this.#scanner.take()
    }
  }

  #expectDocumentStart(): void {
    const token = this.#scanner.peek()
    if (token.kind !== 'document-start') throw parserError('did not find expected <document start>', 0, token.line)
    this.#scanner.take()
  }

  #documentContent(explicit: boolean): YamlNode | undefined {
    const token = this.#scanner.peek()
    if (explicit && endsDocument(token)) return undefined
    return this.#node({ block: true, indentless: false })
  }

  #node(context: { block: boolean; indentless: boolean }): YamlNode {
    const first = this.#scanner.peek()
    if (first.kind === 'alias') return this.#alias()
    const properties = this.#properties()
    if (properties.anchor === '') return this.#content(properties, context)
    this.#open.push(properties.anchor)
    const node = this.#content(properties, context)
    this.#open.pop()
    this.#anchors.set(properties.anchor, node)
    this.#hasAnchors = true
    return node
  }

  #alias(): YamlNode {
    const token = this.#scanner.take()
    if (this.#open.includes(token.value)) {
      throw new YamlError({ message: `anchor '${token.value}' value contains itself`, line: token.line + 1, goLine: 0 })
    }
    const target = this.#anchors.get(token.value)
    if (target === undefined) {
      throw new YamlError({ message: `unknown anchor '${token.value}' referenced`, line: token.line + 1, goLine: 0 })
    }
    return {
      kind: 'alias',
      tag: '',
      name: token.value,
      target,
      anchor: '',
      line: token.line + 1,
      comments: undefined,
    }
  }

  #content(properties: Properties, context: { block: boolean; indentless: boolean }): YamlNode {
    const token = this.#scanner.peek()
    const { kind } = token
    if (kind === 'scalar') return this.#scalar(properties)
    if (kind === 'flow-seq') return this.#flowSequence(properties)
    if (kind === 'flow-map') return this.#flowMapping(properties)
    if (kind === 'entry' && context.indentless) return this.#indentlessSequence(properties)
    if (kind === 'block-seq' && context.block) return this.#blockSequence(properties)
    if (kind === 'block-map' && context.block) return this.#blockMapping(properties)
    if (properties.present) return emptyScalar(properties, this.#rules)
    throw parserError('did not find expected node content', properties.line - 1, token.line)
  }

  #scalar(properties: Properties): YamlNode {
    const scalar = makeScalar(this.#scanner.take(), properties)
    if (scalar.tag === '!!merge') this.#hasAnchors = true
    return scalar
  }

  #properties(): Properties {
    let token = this.#scanner.peek()
    const line = token.line + 1
    let anchor = ''
    let tag: Token | undefined
    if (token.kind !== 'anchor' && token.kind !== 'tag') return { tag: '', anchor, line, present: false }
    for (let round = 0; round < 2; round++) {
      if (token.kind === 'anchor' && anchor === '') anchor = this.#scanner.take().value
      else if (token.kind === 'tag' && tag === undefined) tag = this.#scanner.take()
      token = this.#scanner.peek()
    }
    return { tag: tag === undefined ? '' : this.#resolveTag(tag, line - 1), anchor, line, present: true }
  }

  #resolveTag(token: Token, contextLine: number): string {
    if (token.value === '') return shortTag(token.suffix)
    const prefix = this.#handles.get(token.value)
    if (prefix === undefined) throw parserError('found undefined tag handle', contextLine, token.line)
    return shortTag(prefix + token.suffix)
  }

  #blockSequence(properties: Properties): YamlNode {
    const start = this.#scanner.take()
    const items: YamlNode[] = []
    for (;;) {
      const token = this.#scanner.peek()
      if (token.kind === 'block-end') break
      if (token.kind !== 'entry') throw parserError("did not find expected '-' indicator", start.line, token.line)
      this.#scanner.take()
      const { kind, line } = this.#scanner.peek()
      const isEmpty = kind === 'entry' || kind === 'block-end'
      items.push(isEmpty ? nullAt(line) : this.#node({ block: true, indentless: false }))
    }
    this.#scanner.take()
    return makeSequence(items, properties, false)
  }

  #indentlessSequence(properties: Properties): YamlNode {
    const items: YamlNode[] = []
    while (this.#scanner.peek().kind === 'entry') {
      this.#scanner.take()
      const { kind, line } = this.#scanner.peek()
      const isEmpty = kind === 'entry' || kind === 'key' || kind === 'value' || kind === 'block-end'
      items.push(isEmpty ? nullAt(line) : this.#node({ block: true, indentless: false }))
    }
    return makeSequence(items, properties, false)
  }

  #blockMapping(properties: Properties): YamlNode {
    const start = this.#scanner.take()
    const entries: MapEntry[] = []
    for (;;) {
      const token = this.#scanner.peek()
      if (token.kind === 'block-end') break
      if (token.kind !== 'key') throw parserError('did not find expected key', start.line, token.line)
      const key = this.#blockPart()
      const value = this.#scanner.peek().kind === 'value' ? this.#blockPart() : nullAt(this.#scanner.peek().line)
      entries.push({ key, value })
    }
    this.#scanner.take()
    return makeMapping(entries, properties, false)
  }

  /** What follows a key or value indicator of a block mapping. */
  #blockPart(): YamlNode {
    const indicator = this.#scanner.take()
    const { kind } = this.#scanner.peek()
    if (kind === 'key' || kind === 'value' || kind === 'block-end') return nullAt(indicator.line)
    return this.#node({ block: true, indentless: true })
  }

  #flowSequence(properties: Properties): YamlNode {
    const start = this.#scanner.take()
    const items: YamlNode[] = []
    for (;;) {
      if (this.#scanner.peek().kind === 'flow-seq-end') break
      if (items.length > 0) this.#separator(start, "did not find expected ',' or ']'")
      const token = this.#scanner.peek()
      if (token.kind === 'key') items.push(this.#flowPair())
      else if (token.kind !== 'flow-seq-end') items.push(this.#node({ block: false, indentless: false }))
    }
    this.#scanner.take()
    return makeSequence(items, properties, true)
  }

  #separator(start: Token, message: string): void {
    const token = this.#scanner.peek()
    if (token.kind !== 'flow-entry') throw parserError(message, start.line, token.line)
    this.#scanner.take()
  }

  /** A single pair inside a flow sequence: `[a: b]`. */
  #flowPair(): YamlNode {
    const start = this.#scanner.take()
    const key = this.#flowPart(['value', 'flow-entry', 'flow-seq-end'])
    let value: YamlNode = nullAt(this.#scanner.peek().line)
    if (this.#scanner.peek().kind === 'value') {
      this.#scanner.take()
      value = this.#flowPart(['flow-entry', 'flow-seq-end'])
    }
    return makeMapping([{ key, value }], { tag: '', anchor: '', line: start.line + 1, present: false }, true)
  }

  #flowPart(ends: readonly Token['kind'][]): YamlNode {
    const token = this.#scanner.peek()
    return ends.includes(token.kind) ? nullAt(token.line) : this.#node({ block: false, indentless: false })
  }

  #flowMapping(properties: Properties): YamlNode {
    const start = this.#scanner.take()
    const entries: MapEntry[] = []
    for (;;) {
      if (this.#scanner.peek().kind === 'flow-map-end') break
      if (entries.length > 0) this.#separator(start, "did not find expected ',' or '}'")
      if (this.#scanner.peek().kind !== 'flow-map-end') entries.push(this.#flowEntry())
    }
    this.#scanner.take()
    return makeMapping(entries, properties, true)
  }

  #flowEntry(): MapEntry {
    const { kind, line } = this.#scanner.peek()
    if (kind !== 'key') return { key: this.#node({ block: false, indentless: false }), value: nullAt(line) }
    this.#scanner.take()
    const key = this.#flowPart(['value', 'flow-entry', 'flow-map-end'])
    if (this.#scanner.peek().kind !== 'value') return { key, value: nullAt(line) }
    this.#scanner.take()
    return { key, value: this.#flowPart(['flow-entry', 'flow-map-end']) }
  }
}

const documentEnds: ReadonlySet<Token['kind']> = new Set([
  'version',
  'tag-directive',
  'document-start',
  'document-end',
  'stream-end',
])

function endsDocument(token: Token): boolean {
  return documentEnds.has(token.kind)
}

function shortTag(tag: string): string {
  return tag.startsWith(TAG_PREFIX) ? `!!${tag.slice(TAG_PREFIX.length)}` : tag
}

function makeScalar(token: Token, properties: Properties): ScalarNode {
  const written = properties.tag === '!' ? '' : properties.tag
  const { style, value } = token
  return {
    kind: 'scalar',
    tag: written !== '' ? written : style === 'plain' ? plainTag(value) : '!!str',
    tagged: written !== '',
    style,
    value,
    anchor: properties.anchor,
    line: properties.present ? properties.line : token.line + 1,
    comments: undefined,
  }
}

/** The tag that yaml.v3 gives to an untagged plain scalar. */
function plainTag(value: string): string {
  return value === '<<' ? '!!merge' : resolveTag(resolvePlain(value, 'v3'))
}

function emptyScalar(properties: Properties, rules: YamlRules): ScalarNode {
  // To yaml.v2 a lone `!` is an empty text, to yaml.v3 it says nothing.
  const silent = rules === 'v2' ? '!!str' : ''
  const written = properties.tag === '!' ? silent : properties.tag
  return {
    kind: 'scalar',
    tag: written === '' ? '!!null' : written,
    tagged: written !== '',
    style: 'plain',
    value: '',
    anchor: properties.anchor,
    line: properties.line,
    comments: undefined,
  }
}

function nullAt(line: number): ScalarNode {
  return { ...plainScalar('', '!!null'), line: line + 1 }
}

function makeSequence(items: readonly YamlNode[], properties: Properties, flow: boolean): YamlNode {
  const { tag, anchor, line } = properties
  return { kind: 'seq', tag, flow, items, anchor, line, comments: undefined }
}

function makeMapping(entries: readonly MapEntry[], properties: Properties, flow: boolean): YamlNode {
  const { tag, anchor, line } = properties
  return { kind: 'map', tag, flow, entries, anchor, line, comments: undefined }
}
