import { quoteGo } from './quote.ts'
import { Lexer, type Token, type TokenKind } from './lexer.ts'
import type {
  BranchNode,
  CommandNode,
  ListNode,
  OperandNode,
  PipeNode,
  StatementNode,
  Tree,
  VariableNode,
} from './nodes.ts'
import { parseNumber } from './number.ts'
import { printNode } from './print-node.ts'
import { TemplateError } from './template-error.ts'
import { unquoteString } from './unquote.ts'

/** What a template may name, and how deep its parentheses may go. */
export interface ParseOptions {
  readonly hasFunction: (name: string) => boolean
  /** Go's own default is 10,000. */
  readonly maxDepth?: number
}

/** Parses a template and the ones it defines, by name; the template itself comes under `name`. Throws TemplateError. */
export function parseTemplate(name: string, text: string, options: ParseOptions): ReadonlyMap<string, Tree> {
  return new TemplateParser(name, text, options).parse()
}

/** Whether a body has nothing but blanks, so that it does not replace an earlier definition. */
export function isEmptyBody(list: ListNode): boolean {
  return list.nodes.every((node) => node.kind === 'text' && node.text.trim() === '')
}

type End = { readonly kind: 'end' } | { readonly kind: 'else'; readonly token: Token }

class TemplateParser {
  readonly #name: string
  readonly #text: string
  readonly #options: ParseOptions
  readonly #lexer: Lexer
  readonly #trees = new Map<string, Tree>()
  /** Tokens read ahead, the next one last. */
  readonly #peeked: Token[] = []
  #variables: string[] = ['$']
  #rangeDepth = 0
  #depth = 0
  #line = 1

  constructor(name: string, text: string, options: ParseOptions) {
    this.#name = name
    this.#text = text
    this.#options = options
    this.#lexer = new Lexer(name, text)
  }

  parse(): ReadonlyMap<string, Tree> {
    const nodes: StatementNode[] = []
    while (this.#peek().kind !== 'eof') {
      if (this.#peek().kind === 'left' && this.#takeDefine()) continue
      const node = this.#textOrAction()
      if ('ends' in node) throw this.#fail(`unexpected ${node.ends === 'end' ? '{{end}}' : '{{else}}'}`)
      nodes.push(...node.nodes)
    }
    this.#add(this.#name, { kind: 'list', at: 0, nodes })
    return this.#trees
  }

  #add(name: string, body: ListNode): void {
    const known = this.#trees.get(name)
    if (known !== undefined && !isEmptyBody(known.body)) {
      if (!isEmptyBody(body)) throw this.#fail(`template: multiple definition of template ${quoteGo(name)}`)
      return
    }
    this.#trees.set(name, { name, parseName: this.#name, text: this.#text, body })
  }

  // ── tokens ──

  #next(): Token {
    const token = this.#peeked.pop() ?? this.#lexer.next()
    this.#line = token.line
    return token
  }

  #peek(): Token {
    const first = this.#peeked.at(-1)
    if (first !== undefined) return first
    const token = this.#lexer.next()
    this.#peeked.push(token)
    return token
  }

  #nextSolid(): Token {
    for (;;) {
      const token = this.#next()
      if (token.kind !== 'space') return token
    }
  }

  #peekSolid(): Token {
    for (;;) {
      const token = this.#peek()
      if (token.kind !== 'space') return token
      this.#peeked.pop()
    }
  }

  /** Gives tokens back; of two, the first one comes first again. */
  #back(first: Token, second?: Token): void {
    if (second !== undefined) this.#peeked.push(second)
    this.#peeked.push(first)
  }

  #expect(kinds: readonly TokenKind[], context: string): Token {
    const token = this.#nextSolid()
    if (!kinds.includes(token.kind)) throw this.#unexpected(token, context)
    return token
  }

  #unexpected(token: Token, context: string): TemplateError {
    return this.#fail(`unexpected ${describeToken(token)} in ${context}`)
  }

  #fail(message: string): TemplateError {
    return new TemplateError(`template: ${this.#name}:${this.#line}: ${message}`)
  }

  // ── statements ──

  #takeDefine(): boolean {
    const left = this.#next()
    const token = this.#nextSolid()
    if (token.kind !== 'keyword' || token.text !== 'define') {
      this.#back(left, token)
      return false
    }
    const context = 'define clause'
    const nameToken = this.#expect(['string', 'raw'], context)
    const name = this.#unquote(nameToken)
    this.#expect(['right'], context)
    const saved = { variables: this.#variables, rangeDepth: this.#rangeDepth }
    this.#variables = ['$']
    this.#rangeDepth = 0
    const { list, end } = this.#list()
    if (end.kind !== 'end') throw this.#fail(`unexpected {{else}} in ${context}`)
    this.#variables = saved.variables
    this.#rangeDepth = saved.rangeDepth
    this.#add(name, list)
    return true
  }

  /** Statements up to an {{end}} or {{else}}. */
  #list(): { list: ListNode; end: End } {
    const at = this.#peekSolid().at
    const nodes: StatementNode[] = []
    while (this.#peekSolid().kind !== 'eof') {
      const node = this.#textOrAction()
      if ('ends' in node)
        return {
          list: { kind: 'list', at, nodes },
          end: node.ends === 'end' ? { kind: 'end' } : { kind: 'else', token: node.token },
        }
      nodes.push(...node.nodes)
    }
    this.#line = this.#peek().line
    throw this.#fail('unexpected EOF')
  }

  #textOrAction(): { nodes: readonly StatementNode[] } | { ends: 'end' | 'else'; token: Token } {
    const token = this.#nextSolid()
    if (token.kind === 'text') return { nodes: [{ kind: 'text', at: token.at, text: token.text }] }
    if (token.kind !== 'left') throw this.#unexpected(token, 'input')
    return this.#action()
  }

  #action(): { nodes: readonly StatementNode[] } | { ends: 'end' | 'else'; token: Token } {
    const token = this.#nextSolid()
    if (token.kind === 'keyword') {
      switch (token.text) {
        case 'if':
        case 'range':
        case 'with':
          return { nodes: [this.#branch(token.text)] }
        case 'end':
          this.#expect(['right'], 'end')
          return { ends: 'end', token }
        case 'else':
          return this.#else(token)
        case 'template':
          return { nodes: [this.#template()] }
        case 'block':
          return { nodes: [this.#block()] }
        case 'break':
        case 'continue':
          return { nodes: [this.#loop(token.text, token)] }
        default:
      }
    }
    this.#back(token)
    const at = this.#peek().at
    return { nodes: [{ kind: 'action', at, pipe: this.#pipeline('command', 'right') }] }
  }

  #else(token: Token): { ends: 'else'; token: Token } {
    const next = this.#peekSolid()
    if (next.kind === 'keyword' && (next.text === 'if' || next.text === 'with')) return { ends: 'else', token: next }
    this.#expect(['right'], 'else')
    return { ends: 'else', token }
  }

  #loop(kind: 'break' | 'continue', token: Token): StatementNode {
    const next = this.#nextSolid()
    if (next.kind !== 'right') throw this.#unexpected(next, `{{${kind}}}`)
    if (this.#rangeDepth === 0) throw this.#fail(`{{${kind}}} outside {{range}}`)
    return { kind, at: token.at }
  }

  #branch(kind: BranchNode['kind']): BranchNode {
    const scope = this.#variables.length
    const pipe = this.#pipeline(kind, 'right')
    if (kind === 'range') this.#rangeDepth += 1
    const { list: body, end } = this.#list()
    if (kind === 'range') this.#rangeDepth -= 1
    const otherwise = end.kind === 'else' ? this.#otherwise(kind, end.token) : undefined
    this.#variables.length = scope
    return { kind, at: pipe.at, pipe, body, ...(otherwise === undefined ? {} : { otherwise }) }
  }

  /** What follows {{else}}; `{{else if}}` is an if of its own inside, sharing the {{end}}. */
  #otherwise(kind: BranchNode['kind'], token: Token): ListNode {
    if (token.text === kind && kind !== 'range') {
      const next = this.#nextSolid()
      const at = next.at
      return { kind: 'list', at, nodes: [this.#branch(kind)] }
    }
    if (token.text !== 'else') throw this.#unexpected(token, 'else')
    const { list, end } = this.#list()
    if (end.kind === 'else') throw this.#fail('expected end; found {{else}}')
    return list
  }

  #template(): StatementNode {
    const context = 'template clause'
    const token = this.#nextSolid()
    if (token.kind !== 'string' && token.kind !== 'raw') throw this.#unexpected(token, context)
    const name = this.#unquote(token)
    if (this.#nextSolidIs('right')) return { kind: 'template', at: token.at, name }
    return { kind: 'template', at: token.at, name, pipe: this.#pipeline(context, 'right') }
  }

  #nextSolidIs(kind: TokenKind): boolean {
    const token = this.#nextSolid()
    if (token.kind === kind) return true
    this.#back(token)
    return false
  }

  #block(): StatementNode {
    const context = 'block clause'
    const token = this.#nextSolid()
    if (token.kind !== 'string' && token.kind !== 'raw') throw this.#unexpected(token, context)
    const name = this.#unquote(token)
    const pipe = this.#pipeline(context, 'right')
    const saved = { variables: this.#variables, rangeDepth: this.#rangeDepth }
    this.#variables = ['$']
    this.#rangeDepth = 0
    const { list, end } = this.#list()
    if (end.kind !== 'end') throw this.#fail(`unexpected {{else}} in ${context}`)
    this.#variables = saved.variables
    this.#rangeDepth = saved.rangeDepth
    this.#add(name, list)
    return { kind: 'template', at: token.at, name, pipe }
  }

  // ── pipelines ──

  #pipeline(context: string, end: 'right' | 'close'): PipeNode {
    const at = this.#peekSolid().at
    const declared = this.#declarations(context)
    const commands: CommandNode[] = []
    for (;;) {
      const token = this.#nextSolid()
      if (token.kind === end) {
        this.#checkPipeline(commands, context)
        return { kind: 'pipe', at, ...declared, commands }
      }
      if (!startsOperand(token)) throw this.#unexpected(token, context)
      this.#back(token)
      commands.push(this.#command())
    }
  }

  #declarations(context: string): { variables: readonly VariableNode[]; assigns: boolean } {
    const variables: VariableNode[] = []
    for (;;) {
      const token = this.#peekSolid()
      if (token.kind !== 'variable') return { variables, assigns: false }
      this.#next()
      const blank = this.#peek()
      const next = this.#peekSolid()
      const isComma = next.kind === 'other' && next.text === ','
      if (!isComma && next.kind !== 'declare' && next.kind !== 'assign') {
        this.#back(token, blank.kind === 'space' ? blank : undefined)
        return { variables, assigns: false }
      }
      this.#nextSolid()
      variables.push({ kind: 'variable', at: token.at, name: token.text, names: [] })
      // Go takes the name in for `=` as well; that it has no value shows only when it runs.
      this.#variables.push(token.text)
      if (!isComma) return { variables, assigns: next.kind === 'assign' }
      if (!this.#expectsSecond(context, variables.length)) return { variables, assigns: false }
    }
  }

  /** After the comma of `range $key, $value`: whether another variable follows. */
  #expectsSecond(context: string, count: number): boolean {
    if (context !== 'range' || count >= 2) throw this.#fail(`too many declarations in ${context}`)
    const { kind } = this.#peekSolid()
    if (kind === 'variable') return true
    if (kind === 'right' || kind === 'close') return false
    throw this.#fail('range can only initialize variables')
  }

  #checkPipeline(commands: readonly CommandNode[], context: string): void {
    if (commands.length === 0) throw this.#fail(`missing value for ${context}`)
    commands.slice(1).forEach((command, index) => {
      const [first] = command.words
      if (first !== undefined && ['bool', 'dot', 'nil', 'number', 'string'].includes(first.kind))
        throw this.#fail(`non executable command in pipeline stage ${index + 2}`)
    })
  }

  #command(): CommandNode {
    const at = this.#peekSolid().at
    const words: OperandNode[] = []
    for (;;) {
      this.#peekSolid()
      const operand = this.#operand()
      if (operand !== undefined) words.push(operand)
      const token = this.#next()
      if (token.kind === 'space') continue
      if (token.kind === 'right' || token.kind === 'close') this.#back(token)
      else if (token.kind !== 'pipe') throw this.#unexpected(token, 'operand')
      break
    }
    if (words.length === 0) throw this.#fail('empty command')
    return { kind: 'command', at, words }
  }

  /** A term with the fields behind it; undefined when no term begins here. */
  #operand(): OperandNode | undefined {
    const term = this.#term()
    if (term === undefined || this.#peek().kind !== 'field') return term
    const at = this.#peek().at
    const names: string[] = []
    while (this.#peek().kind === 'field') names.push(this.#next().text.slice(1))
    switch (term.kind) {
      case 'field':
        return { kind: 'field', at, names: [...term.names, ...names] }
      case 'variable':
        return { kind: 'variable', at, name: term.name, names: [...term.names, ...names] }
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        throw this.#fail(`unexpected . after term ${quoteGo(printNode(term))}`)
      case 'chain':
      case 'identifier':
      case 'pipe':
        return { kind: 'chain', at, of: term, names }
    }
  }

  #term(): OperandNode | undefined {
    const token = this.#nextSolid()
    const { at, text } = token
    switch (token.kind) {
      case 'identifier':
        if (!this.#options.hasFunction(text)) throw this.#fail(`function ${quoteGo(text)} not defined`)
        return { kind: 'identifier', at, name: text }
      case 'dot':
        return { kind: 'dot', at }
      case 'nil':
        return { kind: 'nil', at }
      case 'variable':
        if (!this.#variables.includes(text)) throw this.#fail(`undefined variable ${quoteGo(text)}`)
        return { kind: 'variable', at, name: text, names: [] }
      case 'field':
        return { kind: 'field', at, names: [text.slice(1)] }
      case 'bool':
        return { kind: 'bool', at, value: text === 'true' }
      case 'char':
      case 'number':
      case 'complex':
        return this.#number(token)
      case 'open':
        return this.#parenthesised()
      case 'string':
      case 'raw':
        return { kind: 'string', at, quoted: text, value: this.#unquote(token) }
      default:
        this.#back(token)
        return undefined
    }
  }

  #number(token: Token): OperandNode {
    const kind = token.kind === 'char' || token.kind === 'complex' ? token.kind : 'number'
    const number = parseNumber(token.text, kind, token.at)
    if (number !== undefined) return number
    throw this.#fail(
      kind === 'char' ? `malformed character constant: ${token.text}` : `illegal number syntax: ${quoteGo(token.text)}`,
    )
  }

  #parenthesised(): OperandNode {
    this.#depth += 1
    if (this.#depth > (this.#options.maxDepth ?? 10_000)) throw this.#fail('max expression depth exceeded')
    const pipe = this.#pipeline('parenthesized pipeline', 'close')
    this.#depth -= 1
    return pipe
  }

  #unquote(token: Token): string {
    if (token.kind === 'raw') return token.text.slice(1, -1).replaceAll('\r', '')
    const value = unquoteString(token.text)
    if (value === undefined) throw this.#fail('invalid syntax')
    return value
  }
}

const operandStarts = new Set<TokenKind>([
  'bool',
  'char',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw',
  'string',
  'variable',
  'open',
])

function startsOperand(token: Token): boolean {
  return operandStarts.has(token.kind)
}

/** As Go prints a token in "unexpected …". */
function describeToken(token: Token): string {
  if (token.kind === 'eof') return 'EOF'
  if (token.kind === 'keyword' || token.kind === 'dot') return `<${token.text}>`
  return token.text.length > 10 ? `${quoteGo(Array.from(token.text).slice(0, 10).join(''))}...` : quoteGo(token.text)
}
