import { quoteGo } from './quote.ts'
import { TemplateError } from './template-error.ts'

/** What a token is; `other` is a character of its own such as `,`. */
export type TokenKind =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
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

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Offset in UTF-16 units. */
  readonly at: number
  /** Counted from 1. */
  readonly line: number
}

const keywords = new Set(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with'])

/** Splits a template into tokens, one after another, as Go's text/template/parse does. Throws TemplateError. */
export class Lexer {
  readonly #name: string
  readonly #input: string
  #at = 0
  #line = 1
  #inAction = false
  #parens = 0
  #actionLine = 1

  constructor(name: string, input: string) {
    this.#name = name
    this.#input = input
  }

  /** The line that the next token begins on. */
  get line(): number {
    return this.#line
  }

  next(): Token {
    return this.#inAction ? this.#action() : this.#text()
  }

  #token(kind: TokenKind, end: number): Token {
    const token = { kind, text: this.#input.slice(this.#at, end), at: this.#at, line: this.#line }
    if (kind === 'text' || kind === 'space' || kind === 'raw') this.#skip(end)
    else this.#at = end
    return token
  }

  #skip(end: number): void {
    for (
      let newline = this.#input.indexOf('\n', this.#at);
      newline >= 0 && newline < end;
      newline = this.#input.indexOf('\n', newline + 1)
    )
      this.#line += 1
    this.#at = end
  }

  #fail(message: string): TemplateError {
    return new TemplateError(`template: ${this.#name}:${this.#line}: ${message}`)
  }

  /** Text up to the next action; comments are dropped with the blanks they trim. */
  #text(): Token {
    const open = this.#input.indexOf('{{', this.#at)
    if (open < 0)
      return this.#at < this.#input.length
        ? this.#token('text', this.#input.length)
        : { kind: 'eof', text: '', at: this.#at, line: this.#line }
    const trims = this.#trimsLeft(open + 2)
    let end = open
    if (trims) while (end > this.#at && isSpace(this.#input.charCodeAt(end - 1))) end -= 1
    if (end > this.#at) {
      const token = this.#token('text', end)
      this.#skip(open)
      return token
    }
    this.#skip(open)
    return this.#leftDelimiter(trims)
  }

  #leftDelimiter(trims: boolean): Token {
    const afterTrim = this.#at + 2 + (trims ? 2 : 0)
    if (this.#input.startsWith('/*', afterTrim)) {
      this.#comment(afterTrim)
      return this.next()
    }
    const token = this.#token('left', this.#at + 2)
    if (trims) this.#skip(this.#at + 2)
    this.#inAction = true
    this.#parens = 0
    this.#actionLine = this.#line
    return token
  }

  #comment(start: number): void {
    const line = this.#line
    this.#skip(start)
    const close = this.#input.indexOf('*/', start)
    if (close < 0) {
      this.#line = line
      throw this.#fail('unclosed comment')
    }
    const end = close + 2
    const trims = this.#trimsRight(end)
    const delimiter = end + (trims ? 2 : 0)
    if (!this.#input.startsWith('}}', delimiter)) throw this.#fail('comment ends before closing delimiter')
    this.#skip(delimiter + 2)
    if (trims) this.#skipSpaces()
  }

  #trimsLeft(at: number): boolean {
    return this.#input.charCodeAt(at) === minus && isSpace(this.#input.charCodeAt(at + 1))
  }

  #trimsRight(at: number): boolean {
    return this.#input.charCodeAt(at + 1) === minus && isSpace(this.#input.charCodeAt(at))
  }

  #skipSpaces(): void {
    let end = this.#at
    while (isSpace(this.#input.charCodeAt(end))) end += 1
    this.#skip(end)
  }

  #action(): Token {
    const code = this.#input.charCodeAt(this.#at)
    if (isLetter(code)) return this.#identifier()
    const trims = this.#trimsRight(this.#at) && this.#input.startsWith('}}', this.#at + 2)
    if (trims || this.#input.startsWith('}}', this.#at)) return this.#rightDelimiter(trims)
    if (Number.isNaN(code)) throw this.#unclosedAction()
    if (isSpace(code)) return this.#space()
    const char = this.#input.charAt(this.#at)
    return this.#symbol(char) ?? this.#literal(char) ?? this.#word(char)
  }

  #literal(char: string): Token | undefined {
    if (char === '"') return this.#quoted('string', 'unterminated quoted string')
    if (char === "'") return this.#quoted('char', 'unterminated character constant')
    if (char === '`') return this.#raw()
    return char === '+' || char === '-' || isDigit(char) ? this.#number() : undefined
  }

  #word(char: string): Token {
    if (char === '$') return this.#variable()
    if (char === '.') return this.#dot()
    const rune = String.fromCodePoint(this.#input.codePointAt(this.#at) ?? 0)
    if (isAlphaNumeric(rune)) return this.#identifier()
    const code = rune.codePointAt(0) ?? 0
    if (code > 32 && code < 127) return this.#other()
    throw this.#fail(`unrecognized character in action: ${describeRune(rune)}`)
  }

  #other(): Token {
    return this.#token('other', this.#at + 1)
  }

  #unclosedAction(): TemplateError {
    return this.#fail(
      this.#actionLine === this.#line
        ? 'unclosed action'
        : `unclosed action started at ${this.#name}:${this.#actionLine}`,
    )
  }

  #rightDelimiter(trims: boolean): Token {
    if (this.#parens > 0) throw this.#fail('unclosed left paren')
    if (trims) this.#skip(this.#at + 2)
    const token = this.#token('right', this.#at + 2)
    this.#inAction = false
    if (trims) this.#skipSpaces()
    return token
  }

  #space(): Token {
    let end = this.#at
    while (isSpace(this.#input.charCodeAt(end))) {
      // A trim marker with its delimiter takes the last blank for itself.
      if (this.#trimsRight(end) && this.#input.startsWith('}}', end + 2)) break
      end += 1
    }
    return end === this.#at ? this.#action() : this.#token('space', end)
  }

  #symbol(char: string): Token | undefined {
    if (char === ':') {
      if (this.#input.charAt(this.#at + 1) !== '=') throw this.#fail('expected :=')
      return this.#token('declare', this.#at + 2)
    }
    if (char === '=') return this.#token('assign', this.#at + 1)
    if (char === '|') return this.#token('pipe', this.#at + 1)
    if (char === '(') {
      this.#parens += 1
      return this.#token('open', this.#at + 1)
    }
    if (char !== ')') return undefined
    this.#parens -= 1
    if (this.#parens < 0) throw this.#fail('unexpected right paren')
    return this.#token('close', this.#at + 1)
  }

  #quoted(kind: 'string' | 'char', problem: string): Token {
    const quote = this.#input.charAt(this.#at)
    for (let end = this.#at + 1; end < this.#input.length; end += 1) {
      const char = this.#input.charAt(end)
      if (char === '\n') break
      if (char === quote) return this.#token(kind, end + 1)
      if (char === '\\') {
        end += 1
        if (this.#input.charAt(end) === '\n') break
      }
    }
    throw this.#fail(problem)
  }

  #raw(): Token {
    const end = this.#input.indexOf('`', this.#at + 1)
    if (end < 0) throw this.#fail('unterminated raw quoted string')
    return this.#token('raw', end + 1)
  }

  #variable(): Token {
    const end = this.#wordEnd(this.#at + 1)
    this.#checkTerminator(end)
    return this.#token('variable', end)
  }

  #dot(): Token {
    const after = this.#input.charAt(this.#at + 1)
    if (isDigit(after)) return this.#number()
    const end = this.#wordEnd(this.#at + 1)
    if (end === this.#at + 1) return this.#token('dot', end)
    this.#checkTerminator(end)
    return this.#token('field', end)
  }

  #identifier(): Token {
    const end = this.#wordEnd(this.#at)
    const word = this.#input.slice(this.#at, end)
    this.#checkTerminator(end)
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
      const rune = String.fromCodePoint(this.#input.codePointAt(end) ?? 0)
      if (!isAlphaNumeric(rune)) return end
      end += rune.length
    }
  }

  #checkTerminator(end: number): void {
    const char = this.#input.charAt(end)
    if (' .,|:)(=\t\r\n'.includes(char) || this.#input.startsWith('}}', end)) return
    const rune = String.fromCodePoint(this.#input.codePointAt(end) ?? 0)
    this.#skip(end)
    throw this.#fail(`bad character ${describeRune(rune)}`)
  }

  #number(): Token {
    const match = numberPattern.exec(this.#input.slice(this.#at, this.#at + 400))
    const end = this.#at + (match?.[0].length ?? 0)
    const next = this.#input.charAt(end)
    if (isAlphaNumeric(next))
      throw this.#fail(`illegal number syntax: ${quoteGo(this.#input.slice(this.#at, end + 1))}`)
    const isSum = next === '+' || next === '-'
    if (!isSum)
      return this.#token(match?.[0].endsWith('i') === true && !/^[+-]?0x/i.test(match[0]) ? 'complex' : 'number', end)
    const second = numberPattern.exec(this.#input.slice(end, end + 400))
    const whole = end + (second?.[0].length ?? 0)
    if (second?.[0].endsWith('i') !== true || isAlphaNumeric(this.#input.charAt(whole)))
      throw this.#fail(`illegal number syntax: ${quoteGo(this.#input.slice(this.#at, whole))}`)
    return this.#token('complex', whole)
  }
}

/** Characters a number may consist of; whether they form one is for the parser. */
const numberPattern =
  /^[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/

const minus = 45

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

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9'
}

function isAlphaNumeric(char: string): boolean {
  return char === '_' || /^[\p{L}\p{Nd}]$/u.test(char)
}

/** As Go's %#U: `U+0021 '!'`. */
function describeRune(rune: string): string {
  const hex = (rune.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return /\p{C}/u.test(rune) ? `U+${hex}` : `U+${hex} '${rune}'`
}
