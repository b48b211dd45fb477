import { FailureError } from '@kedge/base'

/** A parsed text: literal runs and references, in order. */
export type Template = readonly Piece[]

export type Piece = { readonly kind: 'text'; readonly text: string } | Reference

/** `${name op args}`. `operator` is empty for a bare `${name}`; `#` without arguments asks for the length. */
export interface Reference {
  readonly kind: 'reference'
  readonly name: string
  readonly operator: string
  readonly args: readonly Piece[]
}

/** Braces within braces deeper than this are refused, so that a hostile text cannot exhaust the stack. */
export const maxNesting = 32

/** Parses the `${…}` grammar of post-build substitution (SPEC.md S1 to S9). Throws FailureError on bad syntax. */
export function parseTemplate(text: string): Template {
  return new Parser(text).parseText()
}

const identifier = /[\p{L}\p{Nd}_]/u

function syntaxError(message: string): FailureError {
  return new FailureError({ code: 'SubstitutionSyntax', message })
}

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  parseText(): Template {
    const pieces: Piece[] = []
    let literal = ''
    while (this.#at < this.#text.length) {
      const next = this.#text.indexOf('$', this.#at)
      const end = next < 0 ? this.#text.length : next
      literal += this.#text.slice(this.#at, end)
      this.#at = end
      if (this.#startsWith('${')) {
        if (literal !== '') pieces.push({ kind: 'text', text: literal })
        literal = ''
        this.#at += 2
        pieces.push(this.#parseReference(1))
      } else if (end < this.#text.length) {
        literal += '$'
        this.#at += this.#startsWith('$$') ? 2 : 1
      }
    }
    if (literal !== '') pieces.push({ kind: 'text', text: literal })
    return pieces
  }

  #parseReference(depth: number): Reference {
    if (depth > maxNesting) throw syntaxError(`braces nested deeper than ${String(maxNesting)}`)
    if (this.#peek() === '#') return this.#parseLength()
    const name = this.#take((char) => identifier.test(char))
    if (name === '') throw syntaxError('unable to parse variable name')
    switch (this.#peek()) {
      case ':':
        return this.#isDefaultAfterColon() ? this.#parseDefault(name, depth) : this.#parseSubstring(name, depth)
      case '=':
        return this.#parseDefault(name, depth)
      case ',':
      case '^':
        return this.#close({ name, operator: this.#takeAtMost(',^', 2), args: [] })
      case '/':
        return this.#parseReplace(name, depth)
      case '#':
      case '%':
        return this.#close({
          name,
          operator: this.#takeAtMost(this.#peek(), 2),
          args: [this.#parseArgument((char) => char !== '}', { depth, escapes: false })],
        })
      default:
        if (this.#peek() !== '}') throw syntaxError('missing closing brace')
        return this.#close({ name, operator: '', args: [] })
    }
  }

  #parseLength(): Reference {
    this.#at += 1
    const name = this.#take((char) => identifier.test(char))
    if (name === '') throw syntaxError('bad substitution')
    return this.#close({ name, operator: '#', args: [] })
  }

  #isDefaultAfterColon(): boolean {
    return '=-?+'.includes(this.#text.charAt(this.#at + 1) || ' ')
  }

  #parseDefault(name: string, depth: number): Reference {
    const operator = this.#peek() === ':' ? this.#text.slice(this.#at, this.#at + 2) : this.#peek()
    this.#at += operator.length
    const args: Piece[] = []
    while (this.#peek() !== '}') {
      args.push(this.#parseArgument((char) => char !== '}', { depth, escapes: false }))
    }
    return this.#close({ name, operator, args })
  }

  #parseSubstring(name: string, depth: number): Reference {
    this.#at += 1
    const args = [this.#parseArgument((char) => char !== ':' && char !== '}', { depth, escapes: false })]
    if (this.#peek() === ':') {
      this.#take((char) => char === ':')
      args.push(this.#parseArgument((char) => char !== '}', { depth, escapes: false }))
    }
    return this.#close({ name, operator: ':', args })
  }

  #parseReplace(name: string, depth: number): Reference {
    this.#at += 1
    const anchor = this.#peek()
    const operator = anchor !== '' && '/#%'.includes(anchor) ? `/${anchor}` : '/'
    this.#at += operator.length - 1
    const args: Piece[] =
      this.#peek() === '/'
        ? [{ kind: 'text', text: '' }]
        : [this.#parseArgument((char) => char !== '/', { depth, escapes: true })]
    if (this.#take((char) => char === '/') === '') throw syntaxError('bad substitution')
    if (this.#peek() !== '}') args.push(this.#parseArgument((char) => char !== '}', { depth, escapes: true }))
    return this.#close({ name, operator, args })
  }

  /** One reference or one run of text; text ends where a nested reference begins. */
  #parseArgument(accepts: (char: string) => boolean, options: { depth: number; escapes: boolean }): Piece {
    if (this.#startsWith('${')) {
      this.#at += 2
      return this.#parseReference(options.depth + 1)
    }
    let text = ''
    while (this.#at < this.#text.length && !this.#startsWith('${')) {
      const escaped = options.escapes && (this.#startsWith('$$') || this.#startsWith('\\/') || this.#startsWith('\\\\'))
      if (escaped) this.#at += 1
      else if (!accepts(this.#peek())) break
      text += this.#peek()
      this.#at += this.#peek().length
    }
    if (text === '') throw syntaxError('unable to parse substitution within function')
    return { kind: 'text', text }
  }

  #close(reference: Omit<Reference, 'kind'>): Reference {
    if (this.#peek() !== '}') throw syntaxError('bad substitution')
    this.#at += 1
    return { kind: 'reference', ...reference }
  }

  #peek(): string {
    const point = this.#text.codePointAt(this.#at)
    return point === undefined ? '' : String.fromCodePoint(point)
  }

  #startsWith(prefix: string): boolean {
    return this.#text.startsWith(prefix, this.#at)
  }

  #take(accepts: (char: string) => boolean): string {
    const start = this.#at
    while (this.#at < this.#text.length && accepts(this.#peek())) this.#at += this.#peek().length
    return this.#text.slice(start, this.#at)
  }

  #takeAtMost(chars: string, limit: number): string {
    const start = this.#at
    while (this.#at - start < limit && this.#peek() !== '' && chars.includes(this.#peek())) this.#at += 1
    return this.#text.slice(start, this.#at)
  }
}
