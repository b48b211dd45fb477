import { BREAK, END, GAP, type Cursor } from './cursor.ts'
import type { ScalarStyle } from './node.ts'
import { scanBlock } from './scan-block.ts'
import { scanPlain } from './scan-plain.ts'
import { scanAnchor, scanDirective, scanTag } from './scan-property.ts'
import { scanQuoted } from './scan-quoted.ts'
import { scannerError } from './scanner-error.ts'
import type { YamlRules } from './resolve.ts'
import type { Token, TokenKind } from './token.ts'

/** Nesting that no manifest needs; deeper texts are refused before they can exhaust the stack. */
export const MAX_DEPTH = 1000
/** How long an implicit key may be, by the YAML specification. */
const MAX_KEY_LENGTH = 1024
/**
 * Tokens read ahead of the one in hand, as many as Go's scanners read, so that the same error is met first: yaml.v3
 * looks ahead for comments.
 */
const LOOKAHEAD = { v2: 0, v3: 2 } as const

/** A place where an implicit key may have begun. */
interface PossibleKey {
  possible: boolean
  required: boolean
  /** Whether the token is handed out without waiting for a colon: yaml.v2 forgets `{}` and `[]`, which cannot be keys. */
  forgotten: boolean
  /** Number of the token, counted from the start of the text. */
  token: number
  pos: number
  line: number
  column: number
}

interface TokenText {
  readonly value?: string
  readonly suffix?: string
  readonly style?: ScalarStyle
}

interface Place {
  readonly line: number
  readonly column: number
}

/** Comments of a text are handed to this, with the place where each begins. */
export type CommentSink = (text: string, line: number, column: number) => void

/** Turns a text into tokens, resolving indentation and implicit keys. */
export class Scanner {
  readonly #cursor: Cursor
  readonly #rules: YamlRules
  readonly #onComment: CommentSink | undefined
  readonly #indents: number[] = []
  readonly #keys: PossibleKey[] = [noKey(0)]
  #tokens: Token[] = []
  #head = 0
  #taken = 0
  #indent = -1
  #flowLevel = 0
  #keyAllowed = true

  constructor(cursor: Cursor, rules: YamlRules, onComment?: CommentSink) {
    this.#cursor = cursor
    this.#rules = rules
    this.#onComment = onComment
  }

  /** The next token, without consuming it. */
  peek(): Token {
    while (this.#needsMore()) this.#fetch()
    return this.#tokens[this.#head] as Token
  }

  /** Consumes the next token. */
  take(): Token {
    const token = this.peek()
    this.#head++
    this.#taken++
    if (this.#head > 256) {
      this.#tokens = this.#tokens.slice(this.#head)
      this.#head = 0
    }
    return token
  }

  #needsMore(): boolean {
    const ahead = this.#tokens.length - this.#head
    if (ahead <= LOOKAHEAD[this.#rules]) return ahead === 0 || this.#tokens.at(-1)?.kind !== 'stream-end'
    return this.#keys.some((key) => key.token === this.#taken && !key.forgotten && this.#isAlive(key))
  }

  #fetch(): void {
    const cursor = this.#cursor
    this.#skipToToken()
    this.#unroll(cursor.column)
    const c = cursor.peek()
    if (c === 0 && cursor.pos >= cursor.text.length - 1) return this.#fetchStreamEnd()
    if (cursor.pos === cursor.lineStart && (c === 37 || cursor.atDocumentMark())) return this.#fetchDocumentLevel(c)
    const fetcher = c < 128 ? fetchers[c] : undefined
    if (fetcher !== undefined && this.#isIndicator(c)) return fetcher.call(this)
    if (this.#canStartPlain(c)) return this.#fetchPlain()
    throw scannerError('found character that cannot start any token', cursor.line, cursor.line)
  }

  /** Whether a character with a meaning has it here; `-`, `?` and `:` need a gap after them, `|` and `>` a block. */
  #isIndicator(c: number): boolean {
    if (c === 45) return this.#cursor.is(GAP, 1)
    if (c === 63 || c === 58) return this.#flowLevel > 0 || this.#cursor.is(GAP, 1)
    if (c === 124 || c === 62) return this.#flowLevel === 0
    return true
  }

  #canStartPlain(c: number): boolean {
    if (c === 45) return !this.#cursor.is(GAP & ~(BREAK | END), 1)
    if (c === 63 || c === 58) return this.#flowLevel === 0 && !this.#cursor.is(GAP, 1)
    return c >= 128 || !(this.#cursor.is(GAP) || c === 35 || c === 37 || c === 64 || c === 96 || c === 124 || c === 62)
  }

  #skipToToken(): void {
    const cursor = this.#cursor
    for (;;) {
      for (;;) {
        const c = cursor.peek()
        if (c !== 32 && (c !== 9 || (this.#flowLevel === 0 && this.#keyAllowed))) break
        cursor.pos++
      }
      if (cursor.peek() === 35) this.#skipComment()
      if (!cursor.is(BREAK)) return
      cursor.readBreak()
      if (this.#flowLevel === 0) this.#keyAllowed = true
    }
  }

  #skipComment(): void {
    const cursor = this.#cursor
    const start = cursor.pos
    const column = cursor.column
    while (!cursor.is(BREAK | END)) cursor.pos++
    this.#onComment?.(cursor.text.slice(start, cursor.pos), cursor.line, column)
  }

  #place(): Place {
    return { line: this.#cursor.line, column: this.#cursor.column }
  }

  #push(kind: TokenKind, place: Place, text?: TokenText): void {
    this.#tokens.push(makeToken(kind, place, text))
  }

  /** Pushes the token of an indicator that is `length` characters long. */
  #pushIndicator(kind: TokenKind, length = 1): void {
    this.#push(kind, this.#place())
    this.#cursor.pos += length
  }

  #isAlive(key: PossibleKey): boolean {
    if (!key.possible) return false
    const cursor = this.#cursor
    if (key.line >= cursor.line && key.pos + MAX_KEY_LENGTH >= cursor.pos) return true
    if (key.required) throw scannerError("could not find expected ':'", key.line, cursor.line)
    key.possible = false
    return false
  }

  #dropKey(): void {
    const key = this.#keys.at(-1) as PossibleKey
    if (key.possible && key.required) throw scannerError("could not find expected ':'", key.line, this.#cursor.line)
    key.possible = false
  }

  #saveKey(): void {
    if (!this.#keyAllowed) return
    this.#dropKey()
    const { pos, line, column } = this.#cursor
    this.#keys[this.#keys.length - 1] = {
      possible: true,
      required: this.#flowLevel === 0 && this.#indent === column,
      forgotten: false,
      token: this.#nextToken,
      pos,
      line,
      column,
    }
  }

  /** Number of the token that is pushed next. */
  get #nextToken(): number {
    return this.#taken + this.#tokens.length - this.#head
  }

  /** Opens a block collection when the column is deeper than the indentation; `at` inserts before that token. */
  #roll(kind: 'block-seq' | 'block-map', place: Place, at?: number): void {
    if (this.#flowLevel > 0 || this.#indent >= place.column) return
    this.#indents.push(this.#indent)
    this.#indent = place.column
    if (this.#indents.length > MAX_DEPTH) {
      throw scannerError(`exceeded max depth of ${MAX_DEPTH}`, place.line, this.#cursor.line)
    }
    if (at === undefined) this.#push(kind, place)
    else this.#tokens.splice(at - this.#taken + this.#head, 0, makeToken(kind, place))
  }

  #unroll(column: number): void {
    if (this.#flowLevel > 0) return
    while (this.#indent > column) {
      this.#push('block-end', this.#place())
      this.#indent = this.#indents.pop() ?? -1
    }
  }

  #fetchStreamEnd(): void {
    const cursor = this.#cursor
    if (cursor.column !== 0) {
      cursor.line++
      cursor.lineStart = cursor.pos
    }
    this.#unroll(-1)
    this.#dropKey()
    this.#keyAllowed = false
    this.#push('stream-end', this.#place())
  }

  #fetchDocumentLevel(c: number): void {
    this.#unroll(-1)
    this.#dropKey()
    this.#keyAllowed = false
    if (c !== 37) return this.#pushIndicator(c === 45 ? 'document-start' : 'document-end', 3)
    const place = this.#place()
    const directive = scanDirective(this.#cursor)
    this.#push(directive.kind, place, directive)
  }

  fetchFlowStart(kind: 'flow-seq' | 'flow-map'): void {
    this.#saveKey()
    this.#keys.push(noKey(this.#nextToken))
    this.#flowLevel++
    if (this.#flowLevel > MAX_DEPTH) {
      throw scannerError(`exceeded max depth of ${MAX_DEPTH}`, this.#cursor.line, this.#cursor.line)
    }
    this.#keyAllowed = true
    this.#pushIndicator(kind)
  }

  fetchFlowEnd(kind: 'flow-seq-end' | 'flow-map-end'): void {
    this.#dropKey()
    if (this.#flowLevel > 0) {
      this.#flowLevel--
      const inner = this.#keys.pop() as PossibleKey
      const outer = this.#keys.at(-1) as PossibleKey
      outer.forgotten = this.#rules === 'v2' && outer.token === inner.token
    }
    this.#keyAllowed = false
    this.#pushIndicator(kind)
  }

  fetchFlowEntry(): void {
    this.#dropKey()
    this.#keyAllowed = true
    this.#pushIndicator('flow-entry')
  }

  fetchBlockEntry(): void {
    if (this.#flowLevel === 0) {
      this.#requireKeyAllowed('block sequence entries are not allowed in this context')
      this.#roll('block-seq', this.#place())
    }
    this.#dropKey()
    this.#keyAllowed = true
    this.#pushIndicator('entry')
  }

  fetchKey(): void {
    if (this.#flowLevel === 0) {
      this.#requireKeyAllowed('mapping keys are not allowed in this context')
      this.#roll('block-map', this.#place())
    }
    this.#dropKey()
    this.#keyAllowed = this.#flowLevel === 0
    this.#pushIndicator('key')
  }

  fetchValue(): void {
    const key = this.#keys.at(-1) as PossibleKey
    if (this.#isAlive(key)) {
      this.#tokens.splice(key.token - this.#taken + this.#head, 0, makeToken('key', key))
      this.#roll('block-map', key, key.token)
      key.possible = false
      this.#keyAllowed = false
    } else {
      if (this.#flowLevel === 0) {
        this.#requireKeyAllowed('mapping values are not allowed in this context')
        this.#roll('block-map', this.#place())
      }
      this.#keyAllowed = this.#flowLevel === 0
    }
    this.#pushIndicator('value')
  }

  #requireKeyAllowed(message: string): void {
    if (!this.#keyAllowed) throw scannerError(message, this.#cursor.line, this.#cursor.line)
  }

  fetchAnchor(kind: 'anchor' | 'alias'): void {
    this.#saveKey()
    this.#keyAllowed = false
    const place = this.#place()
    this.#push(kind, place, { value: scanAnchor(this.#cursor) })
  }

  fetchTag(): void {
    this.#saveKey()
    this.#keyAllowed = false
    const place = this.#place()
    const tag = scanTag(this.#cursor)
    this.#push('tag', place, { value: tag.handle, suffix: tag.suffix })
  }

  fetchBlockScalar(literal: boolean): void {
    this.#dropKey()
    this.#keyAllowed = true
    const place = this.#place()
    const value = scanBlock(this.#cursor, { literal, parentIndent: this.#indent })
    this.#push('scalar', place, { value, style: literal ? 'literal' : 'folded' })
  }

  fetchQuoted(single: boolean): void {
    this.#saveKey()
    this.#keyAllowed = false
    const place = this.#place()
    this.#push('scalar', place, { value: scanQuoted(this.#cursor, single), style: single ? 'single' : 'double' })
  }

  #fetchPlain(): void {
    this.#saveKey()
    this.#keyAllowed = false
    const place = this.#place()
    const scalar = scanPlain(this.#cursor, { inFlow: this.#flowLevel > 0, indent: this.#indent + 1 })
    this.#push('scalar', place, { value: scalar.value, style: 'plain' })
    if (scalar.endedLine) this.#keyAllowed = true
  }
}

type Fetcher = (this: Scanner) => void

const fetchers: readonly (Fetcher | undefined)[] = buildFetchers({
  '[': (scanner) => scanner.fetchFlowStart('flow-seq'),
  '{': (scanner) => scanner.fetchFlowStart('flow-map'),
  ']': (scanner) => scanner.fetchFlowEnd('flow-seq-end'),
  '}': (scanner) => scanner.fetchFlowEnd('flow-map-end'),
  ',': (scanner) => scanner.fetchFlowEntry(),
  '-': (scanner) => scanner.fetchBlockEntry(),
  '?': (scanner) => scanner.fetchKey(),
  ':': (scanner) => scanner.fetchValue(),
  '*': (scanner) => scanner.fetchAnchor('alias'),
  '&': (scanner) => scanner.fetchAnchor('anchor'),
  '!': (scanner) => scanner.fetchTag(),
  '|': (scanner) => scanner.fetchBlockScalar(true),
  '>': (scanner) => scanner.fetchBlockScalar(false),
  "'": (scanner) => scanner.fetchQuoted(true),
  '"': (scanner) => scanner.fetchQuoted(false),
})

function buildFetchers(table: Record<string, (scanner: Scanner) => void>): readonly (Fetcher | undefined)[] {
  const list = Array.from<Fetcher | undefined>({ length: 128 })
  for (const [character, fetch] of Object.entries(table)) {
    list[character.charCodeAt(0)] = function (this: Scanner): void {
      fetch(this)
    }
  }
  return list
}

function noKey(token: number): PossibleKey {
  return { possible: false, required: false, forgotten: false, token, pos: 0, line: 0, column: 0 }
}

function makeToken(kind: TokenKind, place: Place, text?: TokenText): Token {
  return {
    kind,
    line: place.line,
    column: place.column,
    value: text?.value ?? '',
    suffix: text?.suffix ?? '',
    style: text?.style ?? 'plain',
  }
}
