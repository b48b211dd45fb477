import type { ScalarStyle } from './node.ts'
import { shapeOf, type ScalarShape } from './scalar-shape.ts'

const BEST_INDENT = 2
const PART_SIZE = 32 * 1024

/** Asking for a character makes V8 put the parts of a string together. */
function flatten(text: string): void {
  text.charCodeAt(0)
}

/** How a scalar is to be written. */
export interface ScalarRequest {
  readonly style: ScalarStyle
  /** Whether it is the key of a `key: value` line. */
  readonly isKey: boolean
  /** Whether it stands inside `[…]` or `{…}`. */
  readonly inFlow: boolean
  /** Column of continuation lines. */
  readonly indent: number
}

function isBreak(c: number): boolean {
  return c === 10 || c === 13 || c === 0x85 || c === 0x2028 || c === 0x2029
}

const doubleEscapes: ReadonlyMap<number, string> = new Map([
  [0x00, '\\0'],
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x1b, '\\e'],
  [0x22, '\\"'],
  [0x5c, '\\\\'],
  [0x85, '\\N'],
  [0xa0, '\\_'],
  [0x2028, '\\L'],
  [0x2029, '\\P'],
])

/** Writes YAML as libyaml's emitter does; it knows columns and line breaks, its callers know the structure. */
export class Emitter {
  #out = ''
  readonly #parts: string[] = []
  #column = 0
  #whitespace = true
  #indention = true
  readonly #width: number
  readonly #rules: 'v2' | 'v3'

  /** Lines break at blanks past `width` columns. */
  constructor(width: number, rules: 'v2' | 'v3' = 'v2') {
    this.#width = width
    this.#rules = rules
  }

  /** All that was written. */
  get out(): string {
    this.#cut()
    const text = this.#parts.join('')
    this.#parts.length = 0
    this.#parts.push(text)
    return text
  }

  /** Makes one flat string of the many small ones that were added: they would take several times the memory. */
  #cut(): void {
    if (this.#out === '') return
    flatten(this.#out)
    this.#parts.push(this.#out)
    this.#out = ''
  }

  /** Goes on after text written elsewhere, which ended at a column in mid-line. */
  continueAt(column: number): void {
    this.#column = column
    this.#whitespace = false
    this.#indention = false
  }

  get column(): number {
    return this.#column
  }

  /** Whether only indentation and block indicators stand on the line so far. */
  get atIndention(): boolean {
    return this.#indention
  }

  #put(text: string): void {
    this.#out += text
    this.#column += text.length
  }

  #newline(text = '\n'): void {
    this.#out += text
    if (this.#out.length > PART_SIZE) this.#cut()
    this.#column = 0
    this.#indention = true
  }

  /** Starts a line at a column, unless the line is already there. */
  writeIndent(indent: number): void {
    const target = Math.max(indent, 0)
    if (!this.#indention || this.#column > target || (this.#column === target && !this.#whitespace)) this.#newline()
    if (this.#column < target) this.#put(' '.repeat(target - this.#column))
    this.#whitespace = true
    this.#indention = true
  }

  /** Writes `- `-like marks: `spaced` puts a blank before, `keepsIndention` lets a collection begin on the line. */
  writeIndicator(mark: string, spaced: boolean, keepsIndention: boolean): void {
    this.#put(spaced && !this.#whitespace ? ` ${mark}` : mark)
    this.#whitespace = false
    this.#indention = this.#indention && keepsIndention
  }

  /** After an opening bracket nothing stands between it and the first member. */
  openFlow(isFirst: boolean): void {
    if (isFirst) this.#whitespace = true
  }

  /** Writes text made before that begins at the present place and ends at a column; 0 means after a line break. */
  writeFragment(text: string, column: number): void {
    this.#out += text
    this.#column = column
    this.#whitespace = column === 0
    this.#indention = column === 0
  }

  /** Writes a comment as it is; the line must end after it. */
  writeComment(text: string): void {
    this.#put(text)
    this.#whitespace = false
    this.#indention = false
  }

  /** Writes a scalar that needs no quotes, no folding and no look. */
  writeSimple(text: string): void {
    this.#put(this.#whitespace ? text : ` ${text}`)
    this.#whitespace = false
    this.#indention = false
  }

  writeScalar(text: string, request: ScalarRequest): void {
    switch (chooseStyle(text, request, this.#rules)) {
      case 'plain':
        return this.#writePlain(text, request)
      case 'single':
        return this.#writeSingle(text, request)
      case 'double':
        return this.#writeDouble(text, request)
      case 'literal':
        return this.#writeLiteral(text, request.indent)
      case 'folded':
        return this.#writeFolded(text, request.indent)
    }
  }

  #writePlain(text: string, request: ScalarRequest): void {
    if (!this.#whitespace) this.#put(' ')
    this.#writeFlowing(text, request)
    this.#whitespace = false
    this.#indention = false
  }

  #writeSingle(text: string, request: ScalarRequest): void {
    this.writeIndicator("'", true, false)
    this.#writeFlowing(text, request, "'")
    this.writeIndicator("'", false, false)
  }

  /** The common part of plain and single-quoted scalars: breaks stay, long lines fold at single blanks. */
  #writeFlowing(text: string, request: ScalarRequest, quote?: string): void {
    const escaped = quote === undefined ? text : text.replaceAll("'", "''")
    if (this.#column + escaped.length <= this.#width && !containsBreak(text)) return this.#put(escaped)
    let spaces = false
    let breaks = false
    let i = 0
    for (const character of text) {
      if (character === ' ') {
        const inside = quote === undefined || (i > 0 && i < text.length - 1)
        this.#writeBlank(request, inside && !spaces && text.charCodeAt(i + 1) !== 32)
        spaces = true
      } else if (isBreak(character.charCodeAt(0))) {
        this.#keepBreak(character, breaks)
        breaks = true
      } else {
        if (breaks) this.writeIndent(request.indent)
        this.#putCharacter(character === "'" && quote !== undefined ? "''" : character)
        spaces = false
        breaks = false
      }
      i += character.length
    }
  }

  #writeBlank(request: ScalarRequest, mayFold: boolean): void {
    if (mayFold && this.#folds(request)) this.writeIndent(request.indent)
    else this.#put(' ')
  }

  #folds(request: ScalarRequest): boolean {
    return !request.isKey && this.#column > this.#width
  }

  /** A line feed is doubled, for one of them folds away when it is read. */
  #keepBreak(character: string, follows: boolean): void {
    if (!follows && character === '\n') this.#newline()
    this.#newline(character)
  }

  /** One character counts one column, however many UTF-16 units it has. */
  #putCharacter(character: string): void {
    this.#out += character
    this.#column += character === "''" ? 2 : 1
    this.#indention = false
  }

  #writeDouble(text: string, request: ScalarRequest): void {
    this.writeIndicator('"', true, false)
    let spaces = false
    let i = 0
    for (const character of text) {
      const c = character.codePointAt(0) as number
      const escaped = c === 32 ? undefined : escapeOf(c)
      if (escaped !== undefined) {
        this.#put(escaped)
        spaces = false
      } else if (c !== 32) {
        this.#out += character
        this.#column++
        spaces = false
      } else {
        if (i > 0 && i < text.length - 1 && !spaces && this.#folds(request)) {
          this.writeIndent(request.indent)
          this.#put(text.charCodeAt(i + 1) === 32 ? '\\' : '')
        } else this.#put(' ')
        spaces = true
      }
      i += character.length
    }
    this.writeIndicator('"', false, false)
  }

  #writeLiteral(text: string, indent: number): void {
    this.writeIndicator('|', true, false)
    this.#put(blockHints(text))
    this.#newline()
    this.#whitespace = true
    let line = 0
    for (let i = 0; i <= text.length; i++) {
      const c = text.charCodeAt(i)
      if (i < text.length && !isBreak(c)) continue
      if (i > line) {
        this.writeIndent(indent)
        this.#put(text.slice(line, i))
        this.#indention = false
      }
      if (i < text.length) this.#newline(text[i])
      line = i + 1
    }
  }

  #writeFolded(text: string, indent: number): void {
    this.writeIndicator('>', true, false)
    this.#put(blockHints(text))
    this.#newline()
    this.#whitespace = true
    let breaks = true
    let leadingSpaces = true
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i)
      if (isBreak(c)) {
        if (!breaks && !leadingSpaces && c === 10 && !startsWithBlankLine(text)) this.#newline()
        this.#newline(text[i])
        breaks = true
        continue
      }
      if (breaks) {
        this.writeIndent(indent)
        leadingSpaces = c === 32 || c === 9
      }
      if (!breaks && c === 32 && text.charCodeAt(i + 1) !== 32 && this.#column > this.#width) this.writeIndent(indent)
      else this.#put(text[i] as string)
      this.#indention = false
      breaks = false
    }
  }
}

/** libyaml looks at the breaks at the start of the text here, not at the place it is at; the output depends on it. */
function startsWithBlankLine(text: string): boolean {
  let k = 0
  while (k < text.length && isBreak(text.charCodeAt(k))) k++
  const c = text.charCodeAt(k)
  return k >= text.length || c === 32 || c === 9
}

function containsBreak(text: string): boolean {
  return /[\n\r\x85\u2028\u2029]/.test(text)
}

function escapeOf(c: number): string | undefined {
  const known = doubleEscapes.get(c)
  if (known !== undefined && c !== 0xa0) return known
  if (c >= 0x20 && c <= 0x7e) return undefined
  if (c >= 0xa0 && c <= 0xd7ff) return undefined
  if (c >= 0xe000 && c <= 0xfffd && c !== 0xfeff) return undefined
  if (c <= 0xff) return `\\x${hex(c, 2)}`
  return c <= 0xffff ? `\\u${hex(c, 4)}` : `\\U${hex(c, 8)}`
}

function hex(c: number, width: number): string {
  return c.toString(16).toUpperCase().padStart(width, '0')
}

/** The indentation and chomping marks of a block scalar. */
function blockHints(text: string): string {
  const first = text.charCodeAt(0)
  const indent = first === 32 || isBreak(first) ? String(BEST_INDENT) : ''
  if (text === '' || !isBreak(text.charCodeAt(text.length - 1))) return `${indent}-`
  const keep = text.length === 1 || isBreak(text.charCodeAt(text.length - 2))
  return keep ? `${indent}+` : indent
}

function chooseStyle(text: string, request: ScalarRequest, rules: 'v2' | 'v3'): ScalarStyle {
  if (request.style === 'double') return 'double'
  const shape = shapeOf(text, rules)
  const { isKey, inFlow } = request
  const style = isKey && shape.multiline ? 'double' : request.style
  switch (style) {
    case 'plain': {
      const allowed = (inFlow ? shape.flowPlain : shape.blockPlain) && !(text === '' && (inFlow || isKey))
      return allowed ? 'plain' : quotedStyle(shape)
    }
    case 'single':
      return quotedStyle(shape)
    case 'double':
      return style
    case 'literal':
    case 'folded':
      return mayBeBlock(shape, request) ? style : 'double'
  }
}

function mayBeBlock(shape: ScalarShape, request: ScalarRequest): boolean {
  return shape.block && !request.inFlow && !request.isKey
}

function quotedStyle(shape: ScalarShape): ScalarStyle {
  return shape.singleQuoted ? 'single' : 'double'
}
