import { YamlError } from './yaml-error.ts'

export const BLANK = 1
export const BREAK = 2
export const END = 4
export const FLOW = 8
export const WORD = 16
/** Blank, line break or end of text. */
export const GAP: number = BLANK | BREAK | END

const classes = buildClasses()

function buildClasses(): Uint8Array {
  const table = new Uint8Array(128)
  table[0] = END
  for (const c of ' \t') table[c.charCodeAt(0)] = BLANK
  for (const c of '\n\r') table[c.charCodeAt(0)] = BREAK
  for (const c of ',?[]{}') table[c.charCodeAt(0)] = FLOW
  for (const c of '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-') table[c.charCodeAt(0)] = WORD
  return table
}

/** The classes of a UTF-16 unit as bits. */
export function classOf(c: number): number {
  if (c < 128) return classes[c] as number
  return c === 0x85 || c === 0x2028 || c === 0x2029 ? BREAK : 0
}

// Everything but tab, line breaks, printable ASCII, NEL and U+00A0 to U+FFFD (with surrogates for the rest).
// oxlint-disable-next-line eslint/no-control-regex -- the reader's own rule is about control characters
const FORBIDDEN = /[^\t\n\r -~\x85\xA0-\uFFFD]/

/** A place in a text: what is read next, its line (from 0) and where that line began. */
export class Cursor {
  /** The text and a NUL, so that reading one past the end is harmless. */
  readonly text: string
  pos = 0
  line = 0
  lineStart = 0

  constructor(text: string) {
    const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
    const bad = FORBIDDEN.exec(body)
    if (bad !== null) {
      const line = body.slice(0, bad.index).split('\n').length
      throw new YamlError({ message: 'control characters are not allowed', line, goLine: 0 })
    }
    this.text = `${body}\0`
  }

  get column(): number {
    return this.pos - this.lineStart
  }

  /** The UTF-16 unit `ahead` of the place; 0 at the end. */
  peek(ahead = 0): number {
    const c = this.text.charCodeAt(this.pos + ahead)
    return c === c ? c : 0
  }

  is(mask: number, ahead = 0): boolean {
    return (classOf(this.peek(ahead)) & mask) !== 0
  }

  /** Consumes one line break and returns what it stands for. */
  readBreak(): string {
    const c = this.peek()
    this.pos += c === 13 && this.peek(1) === 10 ? 2 : 1
    this.line++
    this.lineStart = this.pos
    return c === 0x2028 || c === 0x2029 ? String.fromCharCode(c) : '\n'
  }

  /** Whether `---` or `...` stands alone here, at the beginning of a line. */
  atDocumentMark(): boolean {
    if (this.pos !== this.lineStart) return false
    const c = this.peek()
    return (c === 45 || c === 46) && this.peek(1) === c && this.peek(2) === c && this.is(GAP, 3)
  }
}
