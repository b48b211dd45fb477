import { GoInteger, JsonPathSyntaxError, type Bound, type Node } from './nodes.ts'
import { unquote } from './unquote.ts'

/** Takes a template apart into texts and `{actions}`. Throws JsonPathSyntaxError in client-go's words. */
export function parseTemplate(template: string): readonly Node[] {
  return new Reader(template).template()
}

/** The nodes of a text as if it stood in braces alone. */
function parseAction(text: string): readonly Node[] {
  const [first] = parseTemplate(`{${text}}`)
  return first?.kind === 'list' ? first.nodes : []
}

const end = ''

class Reader {
  readonly #text: string
  #start = 0
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  template(): readonly Node[] {
    const nodes: Node[] = []
    while (this.#at < this.#text.length) {
      const open = this.#text.indexOf('{', this.#at)
      const until = open < 0 ? this.#text.length : open
      if (until > this.#at) nodes.push({ kind: 'text', text: this.#text.slice(this.#at, until) })
      this.#at = until
      if (open >= 0) nodes.push({ kind: 'list', nodes: this.#action() })
    }
    return nodes
  }

  #action(): readonly Node[] {
    this.#at += 1
    const nodes: Node[] = []
    while (!this.#startsWith('}')) this.#part(nodes)
    this.#at += 1
    return nodes
  }

  #part(nodes: Node[]): void {
    this.#start = this.#at
    if (this.#startsWith('[?(')) return void nodes.push(this.#filter())
    if (this.#startsWith('..')) return this.#recursive(nodes)
    const char = this.#next()
    if (char === end || char === '\n' || char === '\r') throw new JsonPathSyntaxError('unclosed action')
    if (char === ' ' || char === '@' || char === '$') return
    if (char === '[') return void nodes.push(...this.#array())
    if (char === '"' || char === "'") return void nodes.push({ kind: 'text', text: this.#quoted(char) })
    if (char === '.') return void nodes.push(this.#field())
    this.#at = this.#start
    if (/[-+\p{Nd}]/u.test(char)) return void nodes.push(this.#number())
    if (isWord(char)) return void nodes.push(this.#identifier())
    throw new JsonPathSyntaxError(`unrecognized character in action: ${unicodeName(char)}`)
  }

  #recursive(nodes: Node[]): void {
    if (nodes.at(-1)?.kind === 'recursive') throw new JsonPathSyntaxError('invalid multiple recursive descent')
    this.#at += 2
    nodes.push({ kind: 'recursive' })
    if (isWord(this.#peek())) nodes.push(this.#field())
  }

  #field(): Node {
    const start = this.#at
    for (;;) {
      const char = this.#next()
      if (char === '\\') this.#next()
      else if (isTerminator(char)) {
        this.#at -= char.length
        break
      }
    }
    const name = this.#text.slice(start, this.#at)
    return name === '*' ? { kind: 'wildcard' } : { kind: 'field', name: name.replaceAll('\\', '') }
  }

  #identifier(): Node {
    while (!isTerminator(this.#peek())) this.#next()
    const name = this.#taken()
    return name === 'true' || name === 'false'
      ? { kind: 'value', value: name === 'true' }
      : { kind: 'identifier', name }
  }

  #number(): Node {
    if (/[-+]/.test(this.#peek())) this.#next()
    while (/[.\p{Nd}]/u.test(this.#peek())) this.#next()
    const text = this.#taken()
    if (/^[-+]?\d+$/.test(text)) {
      const value = BigInt(text.replace('+', ''))
      return { kind: 'value', value: BigInt.asIntN(64, value) === value ? new GoInteger(value) : Number(value) }
    }
    if (!/^[-+]?(?:\d+\.?\d*|\.\d+)$/.test(text)) throw new JsonPathSyntaxError(`cannot parse number ${text}`)
    return { kind: 'value', value: Number(text) }
  }

  #quoted(quote: string): string {
    for (;;) {
      const char = this.#next()
      if (char === end || char === '\n') throw new JsonPathSyntaxError('unterminated quoted string')
      if (char === quote && this.#text.charAt(this.#at - 2) !== '\\') return unquote(this.#taken())
    }
  }

  #array(): readonly Node[] {
    for (let char = ''; char !== ']';) {
      char = this.#next()
      if (char === end || char === '\n') throw new JsonPathSyntaxError('unterminated array')
    }
    const text = this.#taken().slice(1, -1)
    const members = text.split(',')
    if (members.length > 1)
      return [{ kind: 'union', members: members.map((one) => parseAction(`[${one.replaceAll(/^ +| +$/g, '')}]`)) }]
    const [, key] = /^'([^']*)'$/.exec(text) ?? []
    return key === undefined ? [slice(text === '*' ? ':' : text)] : parseAction(`.${key}`)
  }

  #filter(): Node {
    this.#at += 3
    const start = this.#at
    this.#toClosingParenthesis()
    if (this.#next() !== ']') throw new JsonPathSyntaxError('unclosed array expect ]')
    const text = this.#text.slice(start, this.#at - 2)
    const [, left, operator = '', right = ''] = /^([^!<>=]+)([!<>=]+)(.+?)$/.exec(text) ?? []
    if (left === undefined) return { kind: 'filter', left: parseAction(text), right: [], operator: 'exists' }
    return { kind: 'filter', left: parseAction(left), right: parseAction(right), operator }
  }

  /** Quotes hide parentheses once: behind the second quote every parenthesis closes. */
  #toClosingParenthesis(): void {
    let quote = ''
    let isClosed = false
    for (;;) {
      const char = this.#next()
      if (char === end || char === '\n') throw new JsonPathSyntaxError('unterminated filter')
      if ((char === '"' || char === "'") && quote === '') quote = char
      else if (char === quote && this.#text.charAt(this.#at - 2) !== '\\') isClosed = true
      else if (char === ')' && isClosed === (quote !== '')) return
    }
  }

  #peek(): string {
    const code = this.#text.codePointAt(this.#at)
    return code === undefined ? end : String.fromCodePoint(code)
  }

  #next(): string {
    const char = this.#peek()
    this.#at += char.length
    return char
  }

  #taken(): string {
    return this.#text.slice(this.#start, this.#at)
  }

  #startsWith(text: string): boolean {
    return this.#text.startsWith(text, this.#at)
  }
}

function slice(text: string): Node {
  const [, from = '', to = '', step = ''] = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(text) ?? []
  if (from === '' && to === '' && step === '' && text !== '')
    throw new JsonPathSyntaxError(`invalid array index ${text}`)
  const first = from === '' ? undefined : index(from)
  const implied = { value: (first ?? 0) + 1, isDerived: true }
  return { kind: 'array', from: { value: first }, to: to === '' ? implied : bound(to), step: bound(step) }
}

/** What stands behind a colon. */
function bound(text: string): Bound {
  return { value: text === '' || text === ':' ? undefined : index(text.slice(1)) }
}

function index(text: string): number {
  const value = Number(text)
  if (text === '-' || !Number.isSafeInteger(value)) throw new JsonPathSyntaxError(`array index ${text} is not a number`)
  return value
}

function isTerminator(char: string): boolean {
  return char === end || ' \t\r\n.,[]$@{}'.includes(char)
}

function isWord(char: string): boolean {
  return /^[_\p{L}\p{Nd}]$/u.test(char)
}

/** As Go prints a character: its number, and itself where it can be seen. */
function unicodeName(char: string): string {
  const number = `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char) ? `${number} '${char}'` : number
}
