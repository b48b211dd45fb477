import { SyntaxFault, type Expression, type ListItem, type Literal, type MapItem } from './ast.ts'
import { tokenize, type Token } from './lexer.ts'
import { expandCall, expandMethod } from './macros.ts'

/** Expressions longer or nested deeper than this are refused. */
const maxLength = 100_000
const maxDepth = 250

const reserved = new Set(
  'as break const continue else for function if import let loop package namespace return var void while in'.split(' '),
)
const comparisons = new Set(['<', '<=', '>', '>=', '==', '!='])

/** Reads an expression. Throws SyntaxFault. */
export function parseExpression(source: string): Expression {
  if (source.length > maxLength) throw new SyntaxFault(`expression is longer than ${maxLength} characters`, 0)
  const parser = new Parser(tokenize(source))
  return parser.whole()
}

class Parser {
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): Expression {
    const expression = this.#expression()
    const token = this.#peek()
    if (token.kind !== 'end') this.#unexpected(token)
    return expression
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', at: 0, text: '<EOF>' }
  }

  #take(): Token {
    const token = this.#peek()
    this.#next += 1
    return token
  }

  #isSign(text: string): boolean {
    const token = this.#peek()
    return token.kind === 'sign' && token.text === text
  }

  /** Takes the sign when it comes next. */
  #accept(text: string): boolean {
    if (!this.#isSign(text)) return false
    this.#next += 1
    return true
  }

  #expect(text: string): void {
    if (!this.#accept(text)) this.#unexpected(this.#peek(), text)
  }

  #unexpected(token: Token, wanted?: string): never {
    const expecting = wanted === undefined ? '' : ` expecting '${wanted}'`
    const input = token.kind === 'end' ? 'mismatched input' : 'mismatched input'
    throw new SyntaxFault(`Syntax error: ${input} '${token.text}'${expecting}`, token.at)
  }

  #expression(): Expression {
    this.#depth += 1
    if (this.#depth > maxDepth) throw new SyntaxFault('expression recursion limit exceeded: 250', this.#peek().at)
    const test = this.#or()
    const { at } = this.#peek()
    let result = test
    if (this.#accept('?')) {
      const whenTrue = this.#or()
      this.#expect(':')
      result = { kind: 'ternary', at, test, whenTrue, whenFalse: this.#expression() }
    }
    this.#depth -= 1
    return result
  }

  #or(): Expression {
    let left = this.#and()
    for (let { at } = this.#peek(); this.#accept('||'); { at } = this.#peek()) {
      left = { kind: 'or', at, left, right: this.#and() }
    }
    return left
  }

  #and(): Expression {
    let left = this.#relation()
    for (let { at } = this.#peek(); this.#accept('&&'); { at } = this.#peek()) {
      left = { kind: 'and', at, left, right: this.#relation() }
    }
    return left
  }

  #relation(): Expression {
    let left = this.#sum()
    for (;;) {
      const token = this.#peek()
      const isIn = token.kind === 'name' && token.text === 'in' && !token.quoted
      if (!isIn && !(token.kind === 'sign' && comparisons.has(token.text))) return left
      this.#next += 1
      left = { kind: 'call', at: token.at, name: isIn ? '@in' : `_${token.text}_`, args: [left, this.#sum()] }
    }
  }

  #sum(): Expression {
    let left = this.#product()
    while (this.#isSign('+') || this.#isSign('-')) {
      const { at, text } = this.#take()
      left = { kind: 'call', at, name: `_${text}_`, args: [left, this.#product()] }
    }
    return left
  }

  #product(): Expression {
    let left = this.#unary()
    while (this.#isSign('*') || this.#isSign('/') || this.#isSign('%')) {
      const { at, text } = this.#take()
      left = { kind: 'call', at, name: `_${text}_`, args: [left, this.#unary()] }
    }
    return left
  }

  #unary(): Expression {
    const { at, text } = this.#peek()
    if (!this.#isSign('!') && !this.#isSign('-')) return this.#member(this.#primary())
    let times = 0
    while (this.#accept(text)) times += 1
    if (text === '-' && times % 2 === 1) return this.#negative(at)
    const operand = this.#member(this.#primary())
    if (times % 2 === 0) return operand
    return { kind: 'call', at, name: text === '!' ? '!_' : '-_', args: [operand] }
  }

  #negative(at: number): Expression {
    const token = this.#peek()
    if (token.kind === 'literal' && token.literal.type === 'int') {
      this.#next += 1
      return this.#member({ kind: 'literal', at, literal: { type: 'int', value: -token.literal.value } })
    }
    if (token.kind === 'literal' && token.literal.type === 'double') {
      this.#next += 1
      return this.#member({ kind: 'literal', at, literal: { type: 'double', value: -token.literal.value } })
    }
    return { kind: 'call', at, name: '-_', args: [this.#member(this.#primary())] }
  }

  #member(start: Expression): Expression {
    let operand = start
    for (;;) {
      const { at } = this.#peek()
      if (this.#accept('.')) operand = this.#afterDot(operand, at)
      else if (this.#accept('[')) {
        const optional = this.#accept('?')
        const index = this.#expression()
        this.#expect(']')
        operand = { kind: 'index', at, operand, index, optional }
      } else if (this.#isSign('{') && isTypeName(operand)) {
        throw new SyntaxFault('message literals are not supported', at)
      } else return operand
    }
  }

  #afterDot(operand: Expression, at: number): Expression {
    const optional = this.#accept('?')
    const token = this.#take()
    if (token.kind !== 'name') this.#unexpected(token, 'IDENTIFIER')
    if (optional || token.quoted || !this.#accept('(')) {
      if (!token.quoted && token.text === 'in') this.#unexpected(token)
      return { kind: 'select', at, operand, field: token.text, optional }
    }
    const args = this.#args(')')
    return expandMethod({ at, name: token.text, target: operand, args })
  }

  #args(closing: string): Expression[] {
    const out: Expression[] = []
    while (!this.#isSign(closing)) {
      out.push(this.#expression())
      if (!this.#accept(',')) break
    }
    this.#expect(closing)
    return out
  }

  #primary(): Expression {
    const token = this.#take()
    const { at } = token
    if (token.kind === 'literal') return { kind: 'literal', at, literal: checkLiteral(token.literal, at) }
    if (token.kind === 'name' && !token.quoted) return this.#named(token.text, at)
    if (token.kind !== 'sign') return this.#unexpected(token)
    switch (token.text) {
      case '(': {
        const inner = this.#expression()
        this.#expect(')')
        return inner
      }
      case '[':
        return { kind: 'list', at, items: this.#listItems() }
      case '{':
        return { kind: 'map', at, items: this.#mapItems() }
      case '.': {
        const word = this.#take()
        return word.kind === 'name' ? this.#named(word.text, at) : this.#unexpected(word, 'IDENTIFIER')
      }
      default:
        return this.#unexpected(token)
    }
  }

  #named(name: string, at: number): Expression {
    if (name === 'true' || name === 'false') {
      return { kind: 'literal', at, literal: { type: 'bool', value: name === 'true' } }
    }
    if (name === 'null') return { kind: 'literal', at, literal: { type: 'null' } }
    if (reserved.has(name)) throw new SyntaxFault(`reserved identifier: ${name}`, at)
    if (!this.#accept('(')) return { kind: 'name', at, name }
    return expandCall({ at, name, args: this.#args(')') })
  }

  #listItems(): ListItem[] {
    const out: ListItem[] = []
    while (!this.#isSign(']')) {
      const optional = this.#accept('?')
      out.push({ value: this.#expression(), optional })
      if (!this.#accept(',')) break
    }
    this.#expect(']')
    return out
  }

  #mapItems(): MapItem[] {
    const out: MapItem[] = []
    while (!this.#isSign('}')) {
      const optional = this.#accept('?')
      const key = this.#expression()
      this.#expect(':')
      out.push({ key, value: this.#expression(), optional })
      if (!this.#accept(',')) break
    }
    this.#expect('}')
    return out
  }
}

function checkLiteral(literal: Literal, at: number): Literal {
  if (literal.type === 'int' && literal.value > 0x7fff_ffff_ffff_ffffn) throw new SyntaxFault('invalid int literal', at)
  return literal
}

function isTypeName(operand: Expression): boolean {
  if (operand.kind === 'name') return true
  return operand.kind === 'select' && !operand.optional && isTypeName(operand.operand)
}
