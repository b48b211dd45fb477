import { isPrintable, quoteGo } from './quote.ts'

/** What a token is; `other` is a character of its own such as `,`. */
export type TokenKind =
  | 'error'
  | 'text'
  | 'left'
  | 'right'
  | 'eof'
  | 'bool'
  | 'char'
  | 'number'
  | 'complex'
  | 'string'
  | 'raw'
  | 'nil'
  | 'dot'
  | 'field'
  | 'variable'
  | 'identifier'
  | 'keyword'
  | 'declare'
  | 'assign'
  | 'pipe'
  | 'open'
  | 'close'
  | 'other'

const keywords = new Set(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with'])

/**
 * Splits a template into tokens as Go's text/template/parse does. It holds the token read last and makes no objects, for
 * a chart has many of them. What is malformed is a token too, behind which nothing is left to read.
 */
export class Lexer {
  /** Where the token begins and ends, in UTF-16 units. */
  at = 0
  end = 0
  /** The line that the token begins on, counted from 1. */
  line = 1
  /** Whether blanks stand before the token, inside of an action. */
  isSpaced = false
  /** What is wrong, when the token is an error. */
  problem = ''
  readonly #input: string
  #position = 0
  /** Of the position. */
  #line = 1
  #inAction = false
  #parens = 0
  #isBroken = false

  constructor(input: string) {
    this.#input = input
  }

  get text(): string {
    return this.#input.slice(this.at, this.end)
  }

  /** Reads the next token. */
  next(): TokenKind {
    this.isSpaced = false
    if (this.#isBroken) return this.#inAction ? this.#fail('unclosed action') : this.#token('eof', this.#position)
    return this.#inAction ? this.#action() : this.#text()
  }

  /** Goes back inside of an action, so that the token that begins there is the next one. */
  rewind(at: number, line: number, parens: number): void {
    this.#position = at
    this.#line = line
    this.#parens = parens
    this.#inAction = true
    this.#isBroken = false
  }

  /** Parentheses that are open behind the token. */
  get parens(): number {
    return this.#parens
  }

  #token(kind: TokenKind, end: number): TokenKind {
    this.at = this.#position
    this.end = end
    this.line = this.#line
    if (kind === 'text' || kind === 'raw') this.#skip(end)
    else this.#position = end
    return kind
  }

  #skip(end: number): void {
    for (
      let newline = this.#input.indexOf('\n', this.#position);
      newline >= 0 && newline < end;
      newline = this.#input.indexOf('\n', newline + 1)
    )
      this.#line += 1
    this.#position = end
  }

  #fail(problem: string): 'error' {
    this.at = this.#position
    this.end = this.#position
    this.line = this.#line
    this.problem = problem
    this.#isBroken = true
    return 'error'
  }

  /** Text up to the next action; comments are dropped with the blanks they trim. */
  #text(): TokenKind {
    const open = this.#input.indexOf('{{', this.#position)
    if (open < 0) return this.#token(this.#position < this.#input.length ? 'text' : 'eof', this.#input.length)
    const trims = this.#trimsLeft(open + 2)
    let end = open
    if (trims) while (end > this.#position && isSpace(this.#input.charCodeAt(end - 1))) end -= 1
    if (end > this.#position) {
      const token = this.#token('text', end)
      this.#skip(open)
      return token
    }
    this.#skip(open)
    return this.#leftDelimiter(trims)
  }

  #leftDelimiter(trims: boolean): TokenKind {
    const afterTrim = this.#position + 2 + (trims ? 2 : 0)
    if (this.#input.startsWith('/*', afterTrim)) return this.#comment(afterTrim) ?? this.next()
    const token = this.#token('left', this.#position + 2)
    if (trims) this.#skip(this.#position + 2)
    this.#inAction = true
    this.#parens = 0
    return token
  }

  /** Passes a comment; an error when it does not end as it should. */
  #comment(start: number): TokenKind | undefined {
    this.#skip(start)
    const close = this.#input.indexOf('*/', start + 2)
    if (close < 0) return this.#fail('unclosed comment')
    const end = close + 2
    const trims = this.#trimsRight(end) && this.#input.startsWith('}}', end + 2)
    const delimiter = end + (trims ? 2 : 0)
    if (!this.#input.startsWith('}}', delimiter)) return this.#fail('comment ends before closing delimiter')
    this.#skip(delimiter + 2)
    if (trims) this.#skipSpaces()
    return undefined
  }

  #trimsLeft(at: number): boolean {
    return this.#input.charCodeAt(at) === characters.minus && isSpace(this.#input.charCodeAt(at + 1))
  }

  #trimsRight(at: number): boolean {
    return this.#input.charCodeAt(at + 1) === characters.minus && isSpace(this.#input.charCodeAt(at))
  }

  #skipSpaces(): void {
    let end = this.#position
    while (isSpace(this.#input.charCodeAt(end))) end += 1
    this.#skip(end)
  }

  #action(): TokenKind {
    const isSpaced = this.#blanks()
    const at = this.#position
    const code = this.#input.charCodeAt(at)
    this.isSpaced = isSpaced
    if (isLetter(code)) return this.#identifier()
    switch (code) {
      case characters.dot:
        return this.#dot()
      case characters.variable:
        return this.#variable()
      case characters.quote:
        return this.#quoted('string', 'unterminated quoted string')
      case characters.closingBrace:
        if (this.#input.charCodeAt(at + 1) === characters.closingBrace) return this.#rightDelimiter(false)
        return this.#token('other', at + 1)
      default:
        if (isSpace(code)) return this.#rightDelimiter(true)
        if (Number.isNaN(code)) return this.#fail('unclosed action')
        return this.#symbol(code) ?? this.#literal(code) ?? this.#word(code)
    }
  }

  /** Passes blanks, and says whether there were any. A trim marker with its delimiter keeps the last one for itself. */
  #blanks(): boolean {
    const from = this.#position
    let at = from
    for (;;) {
      const code = this.#input.charCodeAt(at)
      if (!isSpace(code) || (this.#trimsRight(at) && this.#input.startsWith('}}', at + 2))) break
      if (code === characters.newline) this.#line += 1
      at += 1
    }
    this.#position = at
    return at > from
  }

  #literal(code: number): TokenKind | undefined {
    if (code === characters.apostrophe) return this.#quoted('char', 'unterminated character constant')
    if (code === characters.backquote) return this.#raw()
    return code === characters.plus || code === characters.minus || isDigitCode(code) ? this.#number() : undefined
  }

  #word(code: number): TokenKind {
    const rune = this.#rune(this.#position)
    if (isAlphaNumeric(rune)) return this.#identifier()
    if (code > 32 && code < 127) return this.#token('other', this.#position + 1)
    return this.#fail(`unrecognized character in action: ${describeRune(rune)}`)
  }

  #rightDelimiter(trims: boolean): TokenKind {
    if (this.#parens > 0) return this.#fail('unclosed left paren')
    if (trims) this.#skip(this.#position + 2)
    const token = this.#token('right', this.#position + 2)
    this.#inAction = false
    if (trims) this.#skipSpaces()
    return token
  }

  #symbol(code: number): TokenKind | undefined {
    const next = this.#position + 1
    switch (code) {
      case characters.pipe:
        return this.#token('pipe', next)
      case characters.open:
        this.#parens += 1
        return this.#token('open', next)
      case characters.close:
        this.#parens -= 1
        if (this.#parens < 0) return this.#fail('unexpected right paren')
        return this.#token('close', next)
      case characters.colon:
        if (this.#input.charCodeAt(next) !== characters.equals) return this.#fail('expected :=')
        return this.#token('declare', next + 1)
      case characters.equals:
        return this.#token('assign', next)
      default:
        return undefined
    }
  }

  #quoted(kind: 'string' | 'char', problem: string): TokenKind {
    const quote = this.#input.charCodeAt(this.#position)
    for (let end = this.#position + 1; end < this.#input.length; end += 1) {
      const code = this.#input.charCodeAt(end)
      if (code === characters.newline) break
      if (code === quote) return this.#token(kind, end + 1)
      if (code === characters.backslash) {
        end += 1
        if (this.#input.charCodeAt(end) === characters.newline) break
      }
    }
    return this.#fail(problem)
  }

  #raw(): TokenKind {
    const end = this.#input.indexOf('`', this.#position + 1)
    if (end < 0) return this.#fail('unterminated raw quoted string')
    return this.#token('raw', end + 1)
  }

  #variable(): TokenKind {
    const end = this.#wordEnd(this.#position + 1)
    return this.#isTerminated(end) ? this.#token('variable', end) : this.#badCharacter(end)
  }

  #dot(): TokenKind {
    const after = this.#input.charCodeAt(this.#position + 1)
    // Go takes a dot at the very end for a number.
    if (isDigitCode(after) || Number.isNaN(after)) return this.#number()
    const end = this.#wordEnd(this.#position + 1)
    if (!this.#isTerminated(end)) return this.#badCharacter(end)
    return this.#token(end === this.#position + 1 ? 'dot' : 'field', end)
  }

  #identifier(): TokenKind {
    const end = this.#wordEnd(this.#position)
    if (!this.#isTerminated(end)) return this.#badCharacter(end)
    const word = this.#input.slice(this.#position, end)
    if (keywords.has(word)) return this.#token('keyword', end)
    if (word === 'true' || word === 'false') return this.#token('bool', end)
    return this.#token(word === 'nil' ? 'nil' : 'identifier', end)
  }

  #wordEnd(from: number): number {
    let end = from
    for (;;) {
      const code = this.#input.charCodeAt(end)
      if (isLetter(code) || isDigitCode(code)) {
        end += 1
        continue
      }
      if (!(code >= 128)) return end
      const rune = this.#rune(end)
      if (!isAlphaNumeric(rune)) return end
      end += rune.length
    }
  }

  /** Whether a word may end here; the end of the text ends one as well. */
  #isTerminated(end: number): boolean {
    const code = this.#input.charCodeAt(end)
    if (isSpace(code) || terminators.has(code) || Number.isNaN(code)) return true
    return code === characters.closingBrace && this.#input.charCodeAt(end + 1) === characters.closingBrace
  }

  #badCharacter(at: number): TokenKind {
    return this.#fail(`bad character ${describeRune(this.#rune(at))}`)
  }

  #rune(at: number): string {
    return String.fromCodePoint(this.#input.codePointAt(at) ?? 0)
  }

  #number(): TokenKind {
    const end = this.#numberEnd(this.#position)
    if (isAlphaNumeric(this.#rune(end))) return this.#badNumber(end + this.#rune(end).length)
    const next = this.#input.charCodeAt(end)
    if (next !== characters.plus && next !== characters.minus) return this.#token('number', end)
    const whole = this.#numberEnd(end)
    if (isAlphaNumeric(this.#rune(whole))) return this.#badNumber(whole + this.#rune(whole).length)
    return this.#input.charAt(whole - 1) === 'i' ? this.#token('complex', whole) : this.#badNumber(whole)
  }

  #numberEnd(from: number): number {
    numberPattern.lastIndex = from
    return from + (numberPattern.exec(this.#input)?.[0].length ?? 0)
  }

  #badNumber(end: number): TokenKind {
    return this.#fail(`bad number syntax: ${quoteGo(this.#input.slice(this.#position, end))}`)
  }
}

/** Characters a number may consist of; whether they form one is for the parser. */
const numberPattern =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y

const characters = {
  newline: 10,
  quote: 34,
  variable: 36,
  apostrophe: 39,
  open: 40,
  close: 41,
  plus: 43,
  comma: 44,
  minus: 45,
  dot: 46,
  colon: 58,
  equals: 61,
  backslash: 92,
  backquote: 96,
  pipe: 124,
  closingBrace: 125,
} as const

const { dot, comma, pipe, colon, close, open } = characters
const terminators: ReadonlySet<number> = new Set([dot, comma, pipe, colon, close, open])

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 9 || code === 13
}

/** Of ASCII's letters, or an underscore. */
function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95
}

function isDigitCode(code: number): boolean {
  return code >= 48 && code <= 57
}

function isAlphaNumeric(char: string): boolean {
  return char === '_' || /^[\p{L}\p{Nd}]$/u.test(char)
}

/** As Go's %#U: `U+0021 '!'`. */
function describeRune(rune: string): string {
  const hex = (rune.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return isPrintable(rune) ? `U+${hex} '${rune}'` : `U+${hex}`
}
