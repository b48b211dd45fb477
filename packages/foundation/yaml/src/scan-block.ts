import { BLANK, BREAK, END, classOf, type Cursor } from './cursor.ts'
import { scannerError } from './scanner-error.ts'

interface Header {
  /** -1 strip, 0 clip, 1 keep. */
  readonly chomping: number
  /** Explicit indentation indicator, 0 when there is none. */
  readonly increment: number
}

/** Where a block scalar stands: the indentation of its parent, -1 at the top. */
interface BlockContext {
  readonly literal: boolean
  readonly parentIndent: number
}

/** Reads a literal (`|`) or folded (`>`) scalar; the cursor stands on its indicator. */
export function scanBlock(cursor: Cursor, context: BlockContext): string {
  const startLine = cursor.line
  cursor.pos++
  const header = readHeader(cursor, startLine)
  finishHeaderLine(cursor, startLine)
  const indent = header.increment === 0 ? 0 : Math.max(context.parentIndent, 0) + header.increment
  const lines = new BlockLines(cursor, { indent, parentIndent: context.parentIndent, startLine })
  return lines.read(context.literal, header.chomping)
}

function readHeader(cursor: Cursor, startLine: number): Header {
  let chomping = 0
  let increment = 0
  for (let round = 0; round < 2; round++) {
    const c = cursor.peek()
    if ((c === 43 || c === 45) && chomping === 0) {
      chomping = c === 43 ? 1 : -1
      cursor.pos++
    } else if (c >= 48 && c <= 57 && increment === 0) {
      if (c === 48) throw scannerError('found an indentation indicator equal to 0', startLine, cursor.line)
      increment = c - 48
      cursor.pos++
    }
  }
  return { chomping, increment }
}

function finishHeaderLine(cursor: Cursor, startLine: number): void {
  while (cursor.is(BLANK)) cursor.pos++
  if (cursor.peek() === 35) while (!cursor.is(BREAK | END)) cursor.pos++
  if (!cursor.is(BREAK | END)) {
    throw scannerError('did not find expected comment or line break', startLine, cursor.line)
  }
  if (cursor.is(BREAK)) cursor.readBreak()
}

class BlockLines {
  readonly #cursor: Cursor
  readonly #parentIndent: number
  readonly #startLine: number
  #indent: number

  constructor(cursor: Cursor, options: { indent: number; parentIndent: number; startLine: number }) {
    this.#cursor = cursor
    this.#indent = options.indent
    this.#parentIndent = options.parentIndent
    this.#startLine = options.startLine
  }

  read(literal: boolean, chomping: number): string {
    const cursor = this.#cursor
    let value = ''
    let lastBreak = ''
    let blankBefore = false
    let breaks = this.#readBreaks()
    while (cursor.column === this.#indent && cursor.peek() !== 0) {
      const blankNow = cursor.is(BLANK)
      if (!literal && !blankBefore && !blankNow && lastBreak === '\n') value += breaks === '' ? ' ' : breaks
      else value += lastBreak + breaks
      blankBefore = blankNow
      value += this.#readLine()
      lastBreak = cursor.is(BREAK) ? cursor.readBreak() : ''
      breaks = this.#readBreaks()
    }
    if (chomping !== -1) value += lastBreak
    return chomping === 1 ? value + breaks : value
  }

  #readLine(): string {
    const { text, pos } = this.#cursor
    let end = pos
    while ((classOf(text.charCodeAt(end)) & (BREAK | END)) === 0) end++
    this.#cursor.pos = end
    return text.slice(pos, end)
  }

  /** Consumes indentation and empty lines; finds the indentation out where no indicator gave it. */
  #readBreaks(): string {
    const cursor = this.#cursor
    let breaks = ''
    let deepest = 0
    for (;;) {
      while ((this.#indent === 0 || cursor.column < this.#indent) && cursor.peek() === 32) cursor.pos++
      deepest = Math.max(deepest, cursor.column)
      if ((this.#indent === 0 || cursor.column < this.#indent) && cursor.peek() === 9) {
        throw scannerError('found a tab character where an indentation space is expected', this.#startLine, cursor.line)
      }
      if (!cursor.is(BREAK)) break
      breaks += cursor.readBreak()
    }
    if (this.#indent === 0) this.#indent = Math.max(deepest, this.#parentIndent + 1, 1)
    return breaks
  }
}
