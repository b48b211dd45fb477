import { BLANK, BREAK, FLOW, GAP, classOf, type Cursor } from './cursor.ts'
import { scannerError } from './scanner-error.ts'

/** Where a plain scalar stands. */
export interface PlainContext {
  readonly inFlow: boolean
  /** The least column that a continuation line may have. */
  readonly indent: number
}

export interface PlainScalar {
  readonly value: string
  /** Whether the scan went past a line break after the scalar, so that a key may follow. */
  readonly endedLine: boolean
}

/** Reads a plain scalar over as many lines as it has. */
export function scanPlain(cursor: Cursor, context: PlainContext): PlainScalar {
  const startLine = cursor.line
  let value = ''
  let joint = ''
  let crossed = false
  while (cursor.peek() !== 35 && !cursor.atDocumentMark()) {
    const piece = readPiece(cursor, context.inFlow)
    if (piece !== '') {
      value = value === '' ? piece : value + joint + piece
      crossed = false
    }
    if (!cursor.is(BLANK | BREAK)) break
    const gap = readGap(cursor, { indent: context.indent, startLine })
    joint = gap.joint
    crossed = gap.crossed
    if (!context.inFlow && cursor.column < context.indent) break
  }
  return { value, endedLine: crossed }
}

/** Reads up to the next gap or indicator; blanks between words of one line stay inside the piece. */
function readPiece(cursor: Cursor, inFlow: boolean): string {
  const text = cursor.text
  const start = cursor.pos
  let pos = start
  let end = start
  for (;;) {
    while (!isPlainEnd(text, pos, inFlow)) pos++
    end = pos
    let next = pos
    while (text.charCodeAt(next) === 32 || text.charCodeAt(next) === 9) next++
    if (next === pos || isPlainEnd(text, next, inFlow) || text.charCodeAt(next) === 35) break
    pos = next
  }
  cursor.pos = end
  return text.slice(start, end)
}

function isPlainEnd(text: string, pos: number, inFlow: boolean): boolean {
  const c = text.charCodeAt(pos)
  const bits = classOf(c)
  if (bits === 0) return c === 58 && (classOf(text.charCodeAt(pos + 1)) & GAP) !== 0
  if ((bits & GAP) !== 0) return true
  return inFlow && (bits & FLOW) !== 0
}

interface Gap {
  readonly joint: string
  readonly crossed: boolean
}

/** Consumes blanks and line breaks; the joint is what stands for them between two words. */
function readGap(cursor: Cursor, context: { indent: number; startLine: number }): Gap {
  let blanks = ''
  let first = ''
  let more = ''
  for (;;) {
    const c = cursor.peek()
    const bits = classOf(c)
    if ((bits & BLANK) !== 0) {
      if (first !== '' && c === 9 && cursor.column < context.indent) {
        throw scannerError('found a tab character that violates indentation', context.startLine, cursor.line)
      }
      if (first === '') blanks += c === 9 ? '\t' : ' '
      cursor.pos++
    } else if ((bits & BREAK) !== 0) {
      if (first === '') first = cursor.readBreak()
      else more += cursor.readBreak()
    } else break
  }
  if (first === '') return { joint: blanks, crossed: false }
  return { joint: foldBreaks(first, more), crossed: true }
}

/** What a run of line breaks stands for in a folded scalar: one break is a space, the others stay. */
export function foldBreaks(first: string, more: string): string {
  if (first !== '\n') return first + more
  return more === '' ? ' ' : more
}
