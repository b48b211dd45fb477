import type { StatementNode, Tree } from '../parse/nodes.ts'
import { GoInt, type GoValue } from '../value/go-value.ts'
import { Output, type Statement } from './frame.ts'

/** An entry of a map or list, or a field of a struct, that was read. */
export interface TraceRead {
  readonly holder: object
  readonly key: string | number
}

/** What a statement stands in: a branch, a loop round, or a template that was called. */
export interface TraceReason {
  readonly kind: 'if' | 'with' | 'range' | 'template' | 'include' | 'tpl'
  /** The template that was called; empty for branches and loops. */
  readonly name: string
  readonly tree: Tree
  /** Offset of the statement in the template's text. */
  readonly at: number
  readonly reads: readonly TraceRead[]
  /** The entry that a loop is at. */
  readonly element: TraceRead | undefined
}

/** A text that one statement wrote. */
export interface TracePart {
  readonly text: string
  readonly node: StatementNode
  readonly tree: Tree
  readonly reads: readonly TraceRead[]
  /** Texts that were made on the way to this one, the last of them last. */
  readonly made: readonly TraceText[]
  /** From the outermost to the innermost. */
  readonly reasons: readonly TraceReason[]
}

/** A text that a template or a function gave. */
export interface TraceText {
  readonly kind: 'template' | 'function'
  readonly name: string
  readonly text: string
  /** What it was written by; empty for a function. */
  readonly parts: readonly TracePart[]
  /** What its arguments were read from. */
  readonly reads: readonly TraceRead[]
}

interface Doing {
  readonly reads: TraceRead[]
  readonly made: TraceText[]
}

interface OpenReason extends Omit<TraceReason, 'kind' | 'reads' | 'element'> {
  kind: TraceReason['kind']
  reads: readonly TraceRead[]
  element: TraceRead | undefined
}

/**
 * Records where every piece of output comes from: the statement, the values it read, and the branches, loops and calls
 * it stands in. Templates that run with one are compiled for it; those that run without know nothing of it.
 */
export class Recorder {
  readonly #statements = new WeakMap<Tree, Statement>()
  readonly #variables = new WeakMap<readonly GoValue[], Map<number, readonly TraceRead[]>>()
  /** Maps and lists that functions made, and what from. */
  readonly #origins = new WeakMap<object, readonly TraceRead[]>()
  readonly #texts = new Map<string, TraceText>()
  #doing: Doing = { reads: [], made: [] }
  #reasons: OpenReason[] = []
  #statement: { readonly node: StatementNode; readonly tree: Tree } | undefined
  #depth = 0

  /** What the templates that were run from outside gave, by name. */
  get texts(): ReadonlyMap<string, TraceText> {
    return this.#texts
  }

  statement(tree: Tree, compile: () => Statement): Statement {
    const known = this.#statements.get(tree)
    if (known !== undefined) return known
    const statement = compile()
    this.#statements.set(tree, statement)
    return statement
  }

  /** Runs a template of a set and gives its text. */
  execute(name: string, run: (out: Output) => void): string {
    const parts: TracePart[] = []
    const out = new RecordedOutput((text) => {
      if (this.#statement !== undefined)
        parts.push({
          text,
          ...this.#statement,
          ...this.#doing,
          reasons: this.#reasons.map((reason) => ({ ...reason })),
        })
    })
    const { reads } = this.#doing
    const outer = { doing: this.#doing, statement: this.#statement, reasons: this.#reasons }
    if (outer.statement !== undefined)
      this.#reasons = [
        ...outer.reasons,
        {
          kind: name === 'gotpl' ? 'tpl' : 'include',
          name,
          tree: outer.statement.tree,
          at: outer.statement.node.at,
          reads: [...reads],
          element: undefined,
        },
      ]
    this.#depth += 1
    try {
      run(out)
    } finally {
      this.#depth -= 1
      this.#doing = outer.doing
      this.#statement = outer.statement
      this.#reasons = outer.reasons
    }
    const text: TraceText = { kind: 'template', name, text: out.text(), parts, reads: [...reads] }
    if (this.#depth === 0) this.#texts.set(name, text)
    else this.#doing.made.push(text)
    return text.text
  }

  /** Runs a statement that writes, or calls a template. */
  during<T>(node: StatementNode, tree: Tree, run: () => T): T {
    const outer = { doing: this.#doing, statement: this.#statement }
    this.#doing = { reads: [], made: [] }
    this.#statement = { node, tree }
    try {
      return run()
    } finally {
      this.#doing = outer.doing
      this.#statement = outer.statement
    }
  }

  /** Runs a branch, a loop or a call, whose value `judge` evaluates on the way. */
  within<T>(kind: TraceReason['kind'], on: { readonly node: StatementNode; readonly tree: Tree }, run: () => T): T {
    const name = on.node.kind === 'template' ? on.node.name : ''
    this.#reasons.push({ kind, name, tree: on.tree, at: on.node.at, reads: [], element: undefined })
    try {
      return run()
    } finally {
      this.#reasons.pop()
    }
  }

  judge<T>(run: () => T): T {
    const mark = this.#doing.reads.length
    const value = run()
    const reason = this.#reasons.at(-1)
    if (reason !== undefined) reason.reads = this.#doing.reads.splice(mark)
    return value
  }

  /** What stands behind an `else` has the data of what is around it. */
  otherwise<T>(run: () => T): T {
    const reason = this.#reasons.at(-1)
    if (reason !== undefined) reason.kind = 'if'
    return run()
  }

  /** The loop goes on to an entry of what it runs over. */
  element(over: GoValue, key: GoValue): TraceRead | undefined {
    const reason = this.#reasons.at(-1)
    if (reason === undefined || typeof over !== 'object' || over === null) return undefined
    const name = keyName(key)
    reason.element = { holder: over, key: name }
    return reason.element
  }

  // ── reads ──

  /** Where the reads of what is evaluated next begin. */
  mark(): number {
    return this.#doing.reads.length
  }

  field(holder: GoValue, key: string | number): void {
    if (typeof holder !== 'object' || holder === null) return
    const origin = this.#origins.get(holder)
    if (origin === undefined) this.#doing.reads.push({ holder, key })
    else this.#doing.reads.push(...origin)
  }

  /** The data of the template: an element, the value of a `with`, or what a call passed. */
  dot(): void {
    const reason = this.#reasons.findLast(({ kind }) => kind !== 'if')
    if (reason === undefined) return
    if (reason.element === undefined) this.#doing.reads.push(...reason.reads)
    else this.field(reason.element.holder as GoValue, reason.element.key)
  }

  variable(vars: readonly GoValue[], slot: number): void {
    this.#doing.reads.push(...(this.#variables.get(vars)?.get(slot) ?? []))
  }

  /** A variable got its value from what was read since the mark, or from an entry. */
  assign(to: { readonly vars: readonly GoValue[]; readonly slot: number }, from: number | TraceRead | undefined): void {
    const known = this.#variables.get(to.vars) ?? new Map<number, readonly TraceRead[]>()
    this.#variables.set(to.vars, known)
    const reads = typeof from === 'number' ? this.#doing.reads.slice(from) : from === undefined ? [] : [from]
    known.set(to.slot, reads)
  }

  /** A function gave a result; its arguments were read since the mark. */
  called(
    name: string,
    call: { readonly args: readonly GoValue[]; readonly result: GoValue; readonly mark: number },
  ): void {
    const { args, result, mark } = call
    if (name === 'index') this.#path(args[0], args.slice(1))
    else if (name === 'get') this.#path(args[0], args.slice(1))
    else if (name === 'dig') this.#path(args.at(-1), args.slice(0, -2))
    const reads = this.#doing.reads.slice(mark)
    if (typeof result === 'object' && result !== null && makers.has(name)) this.#origins.set(result, reads)
    if (typeof result === 'string' && printers.has(name))
      this.#doing.made.push({ kind: 'function', name, text: result, parts: [], reads: argumentReads(args, reads) })
  }

  #path(from: GoValue, keys: readonly GoValue[]): void {
    let at = from
    for (const key of keys) {
      if (typeof at !== 'object' || at === null) return
      const name = keyName(key)
      this.field(at, name)
      at = (at as Readonly<Record<string, GoValue>>)[name]
    }
  }
}

function keyName(key: GoValue): string | number {
  if (key instanceof GoInt) return Number(key.value)
  return typeof key === 'string' ? key : ''
}

/** Functions whose maps and lists are new ones. */
const makers: ReadonlySet<string> = new Set([
  'dict',
  'list',
  'tuple',
  'fromYaml',
  'fromYamlArray',
  'fromJson',
  'fromJsonArray',
])
/** Functions that print a whole value over several lines. */
const printers: ReadonlySet<string> = new Set([
  'toYaml',
  'mustToYaml',
  'toYamlPretty',
  'toPrettyJson',
  'mustToPrettyJson',
])

/** Of a map or list that is printed, itself stands for what it was read from. */
function argumentReads(args: readonly GoValue[], reads: readonly TraceRead[]): readonly TraceRead[] {
  const [printed] = args
  const isWhole = typeof printed === 'object' && printed !== null
  return isWhole ? [...reads, { holder: printed, key: '' }] : reads
}

class RecordedOutput extends Output {
  readonly #told: (text: string) => void

  constructor(told: (text: string) => void) {
    super()
    this.#told = told
  }

  override add(text: string): void {
    super.add(text)
    this.#told(text)
  }
}
