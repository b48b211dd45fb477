import { emptyObject, type JsonObject } from './object.ts'
import { resolvePlain, type YamlRules } from './resolve.ts'

/**
 * The value of a document that is written as most are: block maps and lists of one-line scalars and literal texts, with
 * plain keys. Undefined for everything else, be it valid or not, for the parser to decide. What this reads, the parser
 * reads as the same value; it only takes many times as long. Of a map at the top, only the fields named are given when
 * any are, and the rest is looked at all the same.
 */
export function readSimple(
  text: string,
  rules: YamlRules,
  fields?: readonly string[],
): JsonObject | readonly unknown[] | undefined {
  if (unusual.test(text)) return undefined
  try {
    return new SimpleReader(text, { rules, fields }).document()
  } catch (error) {
    if (error === notSimple) return undefined
    throw error
  }
}

/** Tabs, carriage returns, control characters, other line breaks, surrogates and marks. */
const unusual = /[^\n -~\u00a0-\u2027\u202a-\ud7ff]/

/** Thrown and caught here alone. */
const notSimple = new Error('not simple')

const maxDepth = 64
const maxKey = 128
const maxWord = 5
const space = 32
const doubleQuote = 34
const hash = 35
const quote = 39
const dash = 45
const colon = 58
const bracket = 91
const backslash = 92
const brace = 123
const pipe = 124
const closingBrace = 125

/** Items of flow lists without commas, brackets, escapes and colons. */
const flowText = /^(?:"[^"'\\,[\]{}]*"|'[^"'\\,[\]{}]*')$/
const flowWord = /^[A-Za-z0-9/._-]*[A-Za-z0-9_/]$/
/** What stands behind a backslash, and what both together are. */
const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  [' ', ' '],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
])
const codeUnit = /^(?![dD][89a-fA-F])[\da-fA-F]{4}$/

class SimpleReader {
  readonly #text: string
  readonly #rules: YamlRules
  readonly #fields: readonly string[] | undefined
  /** Whether what is read is wanted; otherwise maps stay empty. */
  #keeps = true
  /** Column of the line's first character; -1 after the last line. */
  #indent = -1
  #start = 0
  #end = 0
  #next = 0
  #depth = 0

  constructor(text: string, how: { readonly rules: YamlRules; readonly fields: readonly string[] | undefined }) {
    this.#text = text
    this.#rules = how.rules
    this.#fields = how.fields
  }

  document(): JsonObject | readonly unknown[] {
    this.#advance()
    if (this.#indent === 0 && this.#end === 3 + this.#start && this.#text.startsWith('---', this.#start))
      this.#advance()
    if (this.#indent < 0) throw notSimple
    const value = this.#block()
    if (this.#indent >= 0) throw notSimple
    return value
  }

  /** Goes to the next line that is neither blank nor a comment. */
  #advance(): void {
    const text = this.#text
    while (this.#next < text.length) {
      const from = this.#next
      const newline = text.indexOf('\n', from)
      this.#end = newline < 0 ? text.length : newline
      this.#next = this.#end + 1
      this.#start = this.#skipSpaces(from)
      if (this.#start === this.#end || text.charCodeAt(this.#start) === hash) continue
      this.#indent = this.#start - from
      return
    }
    this.#indent = -1
  }

  #skipSpaces(from: number): number {
    let at = from
    while (this.#text.charCodeAt(at) === space) at += 1
    return at
  }

  #block(): JsonObject | readonly unknown[] {
    this.#depth += 1
    if (this.#depth > maxDepth) throw notSimple
    const indent = this.#indent
    const value = this.#isItem(this.#start) ? this.#list(indent) : this.#map(indent)
    this.#depth -= 1
    return value
  }

  #isItem(at: number): boolean {
    return this.#text.charCodeAt(at) === dash && this.#isBreak(at + 1)
  }

  /** Whether a blank or the end of the line is there. */
  #isBreak(at: number): boolean {
    return at === this.#end || this.#text.charCodeAt(at) === space
  }

  #map(indent: number): JsonObject {
    const object = emptyObject()
    do {
      const start = this.#start
      const end = this.#keyEnd(start)
      if (end < 0) throw notSimple
      if (this.#keeps) this.#field(object, { key: this.#key(start, end), from: end + 1, indent })
      else this.#value(end + 1, indent)
    } while (this.#indent === indent)
    if (this.#indent > indent) throw notSimple
    return object
  }

  #field(object: JsonObject, at: { readonly key: string; readonly from: number; readonly indent: number }): void {
    const { key, from, indent } = at
    if (key in object) throw notSimple
    if (this.#depth > 1 || this.#fields === undefined || this.#fields.includes(key)) {
      object[key] = this.#value(from, indent)
      return
    }
    this.#keeps = false
    this.#value(from, indent)
    this.#keeps = true
  }

  /** Where the colon of a key stands; -1 when there is none. Throws for plain keys that are no texts. */
  #keyEnd(start: number): number {
    const first = this.#text.charCodeAt(start)
    let at = start + 1
    if (isQuote(first)) {
      at = this.#closing(start, first) + 1
      if (at === 0) return -1
    } else if (!isKeyCharacter(first) || first < 65) return -1
    else while (isKeyCharacter(this.#text.charCodeAt(at))) at += 1
    if (this.#text.charCodeAt(at) !== colon || !this.#isBreak(at + 1) || at - start > maxKey) return -1
    // Longer words are never anything but texts.
    const mayBeOther = !isQuote(first) && at - start <= maxWord
    if (mayBeOther && resolvePlain(this.#text.slice(start, at), this.#rules).type !== 'str') throw notSimple
    return at
  }

  #key(start: number, end: number): string {
    const first = this.#text.charCodeAt(start)
    return isQuote(first) ? this.#unquote(start, end, first) : this.#text.slice(start, end)
  }

  /** Where the last mark of a quoted text stands; -1 when that is on another line. */
  #closing(at: number, mark: number): number {
    const sign = mark === quote ? "'" : '"'
    let close = this.#text.indexOf(sign, at + 1)
    while (close >= 0 && close < this.#end) {
      // In single quotes two of them are one, in double quotes a backslash stands before one.
      if (mark === quote && this.#text.charCodeAt(close + 1) === quote) close = this.#text.indexOf(sign, close + 2)
      else if (mark === doubleQuote && this.#isEscaped(close)) close = this.#text.indexOf(sign, close + 1)
      else return close
    }
    return -1
  }

  /** Whether an odd number of backslashes stands before a place. */
  #isEscaped(at: number): boolean {
    let from = at
    while (this.#text.charCodeAt(from - 1) === backslash) from -= 1
    return (at - from) % 2 === 1
  }

  /** A quoted text from its first mark up to behind its last one. */
  #unquote(start: number, end: number, mark: number): string {
    const inside = this.#text.slice(start + 1, end - 1)
    if (mark === quote) return inside.includes("''") ? inside.replaceAll("''", "'") : inside
    return unescaped(inside)
  }

  #list(indent: number): readonly unknown[] {
    const items: unknown[] = []
    do {
      if (!this.#isItem(this.#start)) throw notSimple
      items.push(this.#item(indent))
    } while (this.#indent === indent && this.#isItem(this.#start))
    if (this.#indent > indent) throw notSimple
    return items
  }

  #item(indent: number): unknown {
    const at = this.#skipSpaces(this.#start + 1)
    if (at === this.#end || this.#text.charCodeAt(at) === hash) {
      this.#advance()
      return this.#indent > indent ? this.#nested(indent) : null
    }
    if (!this.#isItem(at) && this.#keyEnd(at) < 0) return this.#scalar(at, indent)
    this.#indent += at - this.#start
    this.#start = at
    return this.#block()
  }

  #value(from: number, indent: number): unknown {
    const at = this.#skipSpaces(from)
    if (at < this.#end && this.#text.charCodeAt(at) !== hash) return this.#scalar(at, indent)
    this.#advance()
    if (this.#indent > indent) return this.#nested(indent)
    return this.#indent === indent && this.#isItem(this.#start) ? this.#list(indent) : null
  }

  #nested(indent: number): unknown {
    const first = this.#text.charCodeAt(this.#start)
    return first === bracket || first === brace ? this.#scalar(this.#start, indent) : this.#block()
  }

  #scalar(at: number, indent: number): unknown {
    const first = this.#text.charCodeAt(at)
    if (first === pipe) return this.#literal(at, indent)
    const value = isQuote(first)
      ? this.#quoted(at, { mark: first, indent })
      : first === bracket || first === brace
        ? this.#flow(at)
        : this.#plain(at, indent)
    this.#advance()
    // A line that is deeper continues the scalar, or is an error.
    if (this.#indent > indent) throw notSimple
    return value
  }

  #quoted(at: number, { mark, indent }: { readonly mark: number; readonly indent: number }): string {
    const close = this.#closing(at, mark)
    if (close < 0) return this.#quotedLines(at, { mark, indent })
    this.#onlyComment(close + 1)
    return this.#unquote(at, close + 1, mark)
  }

  /** A quoted text of several lines, each of them deeper than what it stands in. */
  #quotedLines(at: number, { mark, indent }: { readonly mark: number; readonly indent: number }): string {
    let value = this.#quotedLine(at + 1, mark)
    for (;;) {
      const breaks = this.#nextLine(indent)
      if (breaks === 0) throw notSimple
      const close = this.#closing(this.#start - 1, mark)
      value += foldOf(breaks)
      value += close < 0 ? this.#quotedLine(this.#start, mark) : this.#text.slice(this.#start, close)
      if (close < 0) continue
      this.#onlyComment(close + 1)
      return mark === quote ? value.replaceAll("''", "'") : unescaped(value)
    }
  }

  /** The rest of a line of a quoted text that goes on. A backslash there would join the lines, or keep a blank. */
  #quotedLine(from: number, mark: number): string {
    const line = withoutBlanks(this.#text.slice(from, this.#end))
    if (mark === doubleQuote && line.endsWith('\\')) throw notSimple
    return line
  }

  /** Goes to the next line if it is deeper; gives how many line breaks are before its text, 0 when there is no such line. */
  #nextLine(indent: number): number {
    const text = this.#text
    let from = this.#next
    for (let breaks = 1; from < text.length; breaks += 1) {
      const newline = text.indexOf('\n', from)
      const end = newline < 0 ? text.length : newline
      const start = this.#skipSpaces(from)
      if (start < end) {
        if (start - from <= indent) return 0
        this.#start = start
        this.#end = end
        this.#next = end + 1
        return breaks
      }
      from = end + 1
    }
    return 0
  }

  /** A list of scalars on one line, or an empty map. */
  #flow(at: number): JsonObject | readonly unknown[] {
    if (this.#text.charCodeAt(at) === brace) {
      const end = this.#skipSpaces(at + 1)
      if (this.#text.charCodeAt(end) !== closingBrace) throw notSimple
      this.#onlyComment(end + 1)
      return emptyObject()
    }
    const close = this.#text.indexOf(']', at)
    if (this.#text.charCodeAt(at) !== bracket || close < 0 || close >= this.#end) throw notSimple
    this.#onlyComment(close + 1)
    const inside = this.#text.slice(at + 1, close).trim()
    return inside === '' ? [] : inside.split(',').map((item) => this.#flowItem(item.trim()))
  }

  #flowItem(item: string): unknown {
    if (flowText.test(item)) return item.slice(1, -1)
    if (!flowWord.test(item)) throw notSimple
    const resolved = resolvePlain(item, this.#rules)
    if (resolved.type === 'timestamp' || (resolved.type === 'float' && !Number.isFinite(resolved.value)))
      throw notSimple
    return resolved.value
  }

  /** Nothing but a comment may follow what ends here. */
  #onlyComment(from: number): void {
    const at = this.#skipSpaces(from)
    if (at !== this.#end && (at === from || this.#text.charCodeAt(at) !== hash)) throw notSimple
  }

  #plain(at: number, indent: number): unknown {
    const first = this.#text.charCodeAt(at)
    const mayBegin = isKeyCharacter(first) ? !this.#isItem(at) : '$(+~<=;^'.includes(this.#text.charAt(at))
    if (!mayBegin) throw notSimple
    const comment = this.#text.slice(at, this.#end).indexOf(' #')
    let value = this.#plainLine(at, comment < 0 ? this.#end : at + comment)
    // A comment ends the text.
    if (comment < 0) value = this.#plainLines(value, indent)
    const resolved = resolvePlain(value, this.#rules)
    if (resolved.type === 'float' && !Number.isFinite(resolved.value)) throw notSimple
    if (resolved.type === 'timestamp' && this.#rules === 'v3') throw notSimple
    return resolved.value
  }

  #plainLine(start: number, end: number): string {
    const line = withoutBlanks(this.#text.slice(start, end))
    if (line.endsWith(':') || line.includes(': ')) throw notSimple
    return line
  }

  /** A plain text with the lines that continue it. */
  #plainLines(first: string, indent: number): string {
    let value = first
    for (;;) {
      const breaks = this.#nextLine(indent)
      if (breaks === 0) return value
      const line = this.#plainLine(this.#start, this.#end)
      if (line.startsWith('#') || line.includes(' #')) throw notSimple
      value += foldOf(breaks) + line
    }
  }

  /** A literal text, `|` or `|-`; every line of it is indented by as much as the first one, or blank. */
  #literal(at: number, indent: number): string {
    const isStripped = this.#text.charCodeAt(at + 1) === dash
    if (this.#skipSpaces(at + (isStripped ? 2 : 1)) !== this.#end) throw notSimple
    const first = this.#next
    this.#advanceContent()
    if (this.#indent <= indent) throw notSimple
    const { lines, isWhole } = this.#literalLines(first, this.#indent)
    if (!isWhole && !isStripped) throw notSimple
    this.#advance()
    if (this.#indent > indent) throw notSimple
    return isStripped ? lines.join('\n') : `${lines.join('\n')}\n`
  }

  /** The lines without the indentation that is their own, and whether the last one has an end. */
  #literalLines(first: number, own: number): { readonly lines: readonly string[]; readonly isWhole: boolean } {
    const text = this.#text
    const lines: string[] = []
    let from = first
    let isWhole = true
    while (from < text.length) {
      const newline = text.indexOf('\n', from)
      const end = newline < 0 ? text.length : newline
      const start = this.#skipSpaces(from)
      if (start === end) {
        if (end - from > own) throw notSimple
        if (this.#keeps) lines.push('')
      } else {
        if (start - from < own) break
        if (this.#keeps) lines.push(text.slice(from + own, end))
        isWhole = newline >= 0
      }
      from = end + 1
    }
    while (lines.at(-1) === '') lines.pop()
    this.#next = from
    return { lines, isWhole }
  }

  /** Goes to the next line that is not blank, for in a literal text there are no comments. */
  #advanceContent(): void {
    const text = this.#text
    this.#indent = -1
    while (this.#next < text.length && this.#indent < 0) {
      const from = this.#next
      const newline = text.indexOf('\n', from)
      const end = newline < 0 ? text.length : newline
      const start = this.#skipSpaces(from)
      if (start < end) this.#indent = start - from
      this.#next = end + 1
    }
  }
}

/** What double quotes hold. */
function unescaped(text: string): string {
  let out = ''
  let from = 0
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', from)) {
    const code = text.charAt(at + 1) === 'u' ? text.slice(at + 2, at + 6) : undefined
    const escape = code === undefined ? escapes.get(text.charAt(at + 1)) : codeUnit.test(code) ? unit(code) : undefined
    if (escape === undefined) throw notSimple
    out += text.slice(from, at) + escape
    from = at + (code === undefined ? 2 : 6)
  }
  return out + text.slice(from)
}

function unit(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16))
}

/** A line without the blanks at its end. */
function withoutBlanks(line: string): string {
  let end = line.length
  while (line.charCodeAt(end - 1) === space) end -= 1
  return end === line.length ? line : line.slice(0, end)
}

/** What line breaks in a text of several lines become. */
function foldOf(breaks: number): string {
  return breaks === 1 ? ' ' : '\n'.repeat(breaks - 1)
}

function isQuote(code: number): boolean {
  return code === doubleQuote || code === quote
}

/** Letters, digits, and what names of fields, labels and files have besides them. */
function isKeyCharacter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 45 && code <= 57) || code === 95
}
