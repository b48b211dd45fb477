import { quoteGo } from './quote.ts'
import { isEmptyBody } from './empty-body.ts'
import { extended } from './extended.ts'
import { Lexer, type TokenKind } from './lexer.ts'
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
import { describeToken, operandStarts } from './tokens.ts'
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

/** What ended a list: `{{end}}`, or an `{{else}}` with the word behind it. */
interface End {
  readonly kind: 'end' | 'else'
  /** `if` and `with` of `{{else if …}}` are not taken yet. */
  readonly word: string
}

const ended: End = { kind: 'end', word: 'end' }
const endedByElse: End = { kind: 'else', word: 'else' }
const noNames: readonly string[] = []
const noStatements: readonly StatementNode[] = []
const noCommands: readonly CommandNode[] = []
const noWords: readonly OperandNode[] = []
const undeclared: { readonly variables: readonly VariableNode[]; readonly assigns: boolean } = {
  variables: [],
  assigns: false,
}

class TemplateParser {
  readonly #name: string
  readonly #text: string
  readonly #options: ParseOptions
  readonly #lexer: Lexer
  readonly #trees = new Map<string, Tree>()
  /** Of the lexer's token. */
  #kind: TokenKind = 'eof'
  /** Whether the lexer's token is still to be taken. */
  #isPeeked = false
  #variables: string[] = ['$']
  #rangeDepth = 0
  #depth = 0
  /** The highest line of the tokens read so far, which is where Go says an error is. */
  #line = 1
  /** The line that the statement in work begins on; 0 between statements. */
  #actionLine = 0

  constructor(name: string, text: string, options: ParseOptions) {
    this.#name = name
    this.#text = text
    this.#options = options
    this.#lexer = new Lexer(text)
  }

  parse(): ReadonlyMap<string, Tree> {
    let nodes = noStatements
    for (;;) {
      const node = this.#topStatement()
      if (node === 'eof') break
      if (node !== undefined) nodes = extended(nodes, node)
    }
    this.#add(this.#name, { kind: 'list', at: 0, nodes })
    return this.#trees
  }

  /** A statement outside of all others; nothing after a definition. */
  #topStatement(): StatementNode | 'eof' | undefined {
    const kind = this.#peek()
    if (kind === 'eof') return 'eof'
    if (kind === 'left') {
      this.#take()
      this.#actionLine = this.#lexer.line
      if (this.#peekKeyword() === 'define') return this.#define()
    }
    const node = kind === 'left' ? this.#wholeAction() : this.#textOrAction()
    if (isEnd(node)) throw this.#fail(`unexpected ${node.kind === 'end' ? '{{end}}' : '{{else}}'}`)
    return node
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

  /** The next token, which the lexer holds from then on. */
  #peek(): TokenKind {
    if (this.#isPeeked) return this.#kind
    this.#kind = this.#lexer.next()
    this.#isPeeked = true
    if (this.#lexer.line > this.#line) this.#line = this.#lexer.line
    return this.#kind
  }

  /** Takes the next token. The lexer holds it until the one after is looked at. */
  #take(): TokenKind {
    const kind = this.#peek()
    this.#isPeeked = false
    return kind
  }

  #peekKeyword(): string | undefined {
    return this.#peek() === 'keyword' ? this.#lexer.text : undefined
  }

  #expect(kind: TokenKind, context: string): void {
    if (this.#take() !== kind) throw this.#unexpected(context)
  }

  /** Takes a string, and gives the text it stands for. */
  #expectString(context: string): string {
    const kind = this.#take()
    if (kind !== 'string' && kind !== 'raw') throw this.#unexpected(context)
    return this.#unquote(kind, this.#lexer.text)
  }

  #unexpected(context: string): TemplateError {
    if (this.#kind === 'error') return this.#fail(this.#lexer.problem + this.#whereStarted())
    return this.#fail(`unexpected ${describeToken(this.#kind, this.#lexer.text)} in ${context}`)
  }

  /** Where the action began, when that is another line. */
  #whereStarted(): string {
    if (this.#actionLine === 0 || this.#actionLine === this.#lexer.line) return ''
    const what = this.#lexer.problem.endsWith(' action') ? '' : ' in action'
    return `${what} started at ${this.#name}:${this.#actionLine}`
  }

  #fail(message: string, line: number = this.#line): TemplateError {
    return new TemplateError(`template: ${this.#name}:${line}: ${message}`)
  }

  // ── statements ──

  #define(): undefined {
    this.#take()
    this.#actionLine = 0
    const context = 'define clause'
    const name = this.#expectString(context)
    this.#expect('right', context)
    this.#add(name, this.#ownBody(context))
  }

  /** The body of a template of its own, which sees no variables of what is around it. */
  #ownBody(context: string): ListNode {
    const outer = { variables: this.#variables, rangeDepth: this.#rangeDepth, actionLine: this.#actionLine }
    const line = this.#line
    this.#variables = ['$']
    this.#rangeDepth = 0
    this.#actionLine = 0
    const { list, end } = this.#list()
    // Go tells this of a block where the block is, and of a definition where it ends.
    if (end.kind !== 'end')
      throw this.#fail(`unexpected {{else}} in ${context}`, context === 'block clause' ? line : this.#line)
    this.#variables = outer.variables
    this.#rangeDepth = outer.rangeDepth
    this.#actionLine = outer.actionLine
    return list
  }

  /** Statements up to an {{end}} or {{else}}. */
  #list(): { readonly list: ListNode; readonly end: End } {
    this.#peek()
    const { at } = this.#lexer
    let nodes = noStatements
    while (this.#peek() !== 'eof') {
      const node = this.#textOrAction()
      if (isEnd(node)) return { list: { kind: 'list', at, nodes }, end: node }
      nodes = extended(nodes, node)
    }
    throw this.#fail('unexpected EOF')
  }

  #textOrAction(): StatementNode | End {
    const kind = this.#take()
    const { at } = this.#lexer
    if (kind === 'text') return { kind, at, text: this.#lexer.text }
    if (kind !== 'left') throw this.#unexpected('input')
    this.#actionLine = this.#lexer.line
    return this.#wholeAction()
  }

  #wholeAction(): StatementNode | End {
    const node = this.#action()
    this.#actionLine = 0
    return node
  }

  #action(): StatementNode | End {
    const keyword = this.#peekKeyword()
    const { at } = this.#lexer
    if (keyword !== undefined && keyword !== 'define') {
      this.#take()
      return this.#keyword(keyword, at)
    }
    return { kind: 'action', at, pipe: this.#pipeline('command', 'right') }
  }

  #keyword(word: string, at: number): StatementNode | End {
    switch (word) {
      case 'if':
      case 'range':
      case 'with':
        return this.#branch(word)
      case 'end':
        this.#expect('right', 'end')
        return ended
      case 'template':
        return this.#template()
      case 'block':
        return this.#block()
      case 'break':
      case 'continue':
        return this.#loop(word, at)
      default:
        return this.#else()
    }
  }

  #else(): End {
    const word = this.#peekKeyword()
    if (word === 'if' || word === 'with') return { kind: 'else', word }
    this.#expect('right', 'else')
    return endedByElse
  }

  #loop(kind: 'break' | 'continue', at: number): StatementNode {
    if (this.#take() !== 'right') throw this.#unexpected(`{{${kind}}}`)
    if (this.#rangeDepth === 0) throw this.#fail(`{{${kind}}} outside {{range}}`)
    return { kind, at }
  }

  #branch(kind: BranchNode['kind']): BranchNode {
    const scope = this.#variables.length
    const pipe = this.#pipeline(kind, 'right')
    if (kind === 'range') this.#rangeDepth += 1
    const { list: body, end } = this.#list()
    if (kind === 'range') this.#rangeDepth -= 1
    const otherwise = end.kind === 'else' ? this.#otherwise(kind, end.word) : undefined
    this.#variables.length = scope
    return otherwise === undefined ? { kind, at: pipe.at, pipe, body } : { kind, at: pipe.at, pipe, body, otherwise }
  }

  /** What follows {{else}}; `{{else if}}` is an if of its own inside, sharing the {{end}}. */
  #otherwise(kind: BranchNode['kind'], word: string): ListNode {
    if (word === kind && kind !== 'range') {
      this.#take()
      const { at } = this.#lexer
      return { kind: 'list', at, nodes: [this.#branch(kind)] }
    }
    const { list, end } = this.#list()
    if (end.kind === 'else') throw this.#fail('expected end; found {{else}}')
    return list
  }

  #template(): StatementNode {
    const context = 'template clause'
    const name = this.#expectString(context)
    const { at } = this.#lexer
    if (this.#peek() !== 'right') return { kind: 'template', at, name, pipe: this.#pipeline(context, 'right') }
    this.#take()
    return { kind: 'template', at, name }
  }

  #block(): StatementNode {
    const context = 'block clause'
    const name = this.#expectString(context)
    const { at } = this.#lexer
    const pipe = this.#pipeline(context, 'right')
    this.#add(name, this.#ownBody(context))
    return { kind: 'template', at, name, pipe }
  }

  // ── pipelines ──

  #pipeline(context: string, end: 'right' | 'close'): PipeNode {
    this.#peek()
    const { at } = this.#lexer
    const { variables, assigns } = this.#declarations(context)
    let commands = noCommands
    for (;;) {
      const kind = this.#peek()
      if (kind === end) {
        this.#take()
        this.#checkPipeline(commands, context)
        return { kind: 'pipe', at, variables, assigns, commands }
      }
      if (!operandStarts.has(kind)) throw this.#unexpected(context)
      commands = extended(commands, this.#command())
    }
  }

  #declarations(context: string): typeof undeclared {
    if (this.#peek() !== 'variable') return undeclared
    const variables: VariableNode[] = []
    for (;;) {
      if (this.#peek() !== 'variable') return { variables, assigns: false }
      this.#take()
      const { at, line, parens, text } = this.#lexer
      const next = this.#peek()
      const isComma = next === 'other' && this.#lexer.text === ','
      if (!isComma && next !== 'declare' && next !== 'assign') {
        this.#lexer.rewind(at, line, parens)
        this.#isPeeked = false
        return variables.length === 0 ? undeclared : { variables, assigns: false }
      }
      this.#take()
      variables.push({ kind: 'variable', at, name: text, names: noNames })
      // Go takes the name in for `=` as well; that it has no value shows only when it runs.
      this.#variables.push(text)
      if (!isComma) return { variables, assigns: next === 'assign' }
      if (!this.#expectsSecond(context, variables.length)) return { variables, assigns: false }
    }
  }

  /** After the comma of `range $key, $value`: whether another variable follows. */
  #expectsSecond(context: string, count: number): boolean {
    if (context !== 'range' || count >= 2) throw this.#fail(`too many declarations in ${context}`)
    const kind = this.#peek()
    if (kind === 'variable') return true
    if (kind === 'right' || kind === 'close') return false
    throw this.#fail('range can only initialize variables')
  }

  #checkPipeline(commands: readonly CommandNode[], context: string): void {
    if (commands.length === 0) throw this.#fail(`missing value for ${context}`)
    for (let stage = 1; stage < commands.length; stage += 1) {
      const first = commands[stage]?.words[0]
      if (first !== undefined && constants.has(first.kind))
        throw this.#fail(`non executable command in pipeline stage ${stage + 1}`)
    }
  }

  #command(): CommandNode {
    this.#peek()
    const { at } = this.#lexer
    let words = noWords
    for (;;) {
      const operand = this.#operand()
      if (operand !== undefined) words = extended(words, operand)
      const kind = this.#peek()
      // Another operand may follow after blanks.
      if (operand !== undefined && this.#lexer.isSpaced) continue
      if (kind === 'right' || kind === 'close') break
      if (kind !== 'pipe') throw this.#unexpected('operand')
      this.#take()
      break
    }
    if (words.length === 0) throw this.#fail('empty command')
    return { kind: 'command', at, words }
  }

  /** A term with the fields behind it; undefined when no term begins here. */
  #operand(): OperandNode | undefined {
    const term = this.#term()
    if (term === undefined || !this.#nextIsField()) return term
    const { at } = this.#lexer
    let names = term.kind === 'field' || term.kind === 'variable' ? term.names : noNames
    let line = this.#line
    while (this.#nextIsField()) {
      this.#take()
      line = this.#line
      names = extended(names, this.#lexer.text.slice(1))
    }
    if (term.kind === 'field') return { kind: 'field', at, names }
    if (term.kind === 'variable') return { kind: 'variable', at, name: term.name, names }
    if (constants.has(term.kind)) {
      // Blanks are tokens to Go, and what follows them is not read yet.
      if (!this.#lexer.isSpaced) line = this.#line
      throw this.#fail(`unexpected . after term ${quoteGo(printNode(term))}`, line)
    }
    return { kind: 'chain', at, of: term, names }
  }

  #nextIsField(): boolean {
    return this.#peek() === 'field' && !this.#lexer.isSpaced
  }

  #term(): OperandNode | undefined {
    const kind = this.#peek()
    if (!operandStarts.has(kind)) return undefined
    this.#take()
    const { at, text } = this.#lexer
    switch (kind) {
      case 'identifier':
        if (!this.#options.hasFunction(text)) throw this.#fail(`function ${quoteGo(text)} not defined`)
        return { kind, at, name: text }
      case 'dot':
      case 'nil':
        return { kind, at }
      case 'variable':
        if (!this.#variables.includes(text)) throw this.#fail(`undefined variable ${quoteGo(text)}`)
        return { kind, at, name: text, names: noNames }
      case 'field':
        return { kind, at, names: [text.slice(1)] }
      case 'bool':
        return { kind, at, value: text === 'true' }
      case 'string':
      case 'raw':
        return { kind: 'string', at, quoted: text, value: this.#unquote(kind, text) }
      case 'open':
        return this.#parenthesised()
      default:
        return this.#number(kind, at)
    }
  }

  #number(token: TokenKind, at: number): OperandNode {
    const { text } = this.#lexer
    const kind = token === 'char' || token === 'complex' ? token : 'number'
    const number = parseNumber(text, kind, at)
    if (typeof number === 'string') throw this.#fail(number)
    return number
  }

  #parenthesised(): OperandNode {
    this.#depth += 1
    if (this.#depth > (this.#options.maxDepth ?? 10_000)) throw this.#fail('max expression depth exceeded')
    const pipe = this.#pipeline('parenthesized pipeline', 'close')
    this.#depth -= 1
    return pipe
  }

  #unquote(kind: 'string' | 'raw', text: string): string {
    if (kind === 'raw') return text.slice(1, -1).replaceAll('\r', '')
    const value = unquoteString(text)
    if (value === undefined) throw this.#fail('invalid syntax')
    return value
  }
}

function isEnd(node: StatementNode | End): node is End {
  return node.kind === 'end' || node.kind === 'else'
}

/** Constants, which take no argument. */
const constants: ReadonlySet<string> = new Set(['bool', 'dot', 'nil', 'number', 'string'])
