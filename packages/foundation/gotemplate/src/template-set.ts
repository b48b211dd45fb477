import { builtins } from './exec/builtins.ts'
import { compileTree } from './exec/compile.ts'
import { Budget, BudgetError, Output, type MissingKey, type RunningSet, type Statement } from './exec/frame.ts'
import type { Recorder } from './exec/recorder.ts'
import type { Tree } from './parse/nodes.ts'
import { isEmptyBody } from './parse/empty-body.ts'
import { parseTemplate } from './parse/parser.ts'
import { quoteGo } from './parse/quote.ts'
import { TemplateError } from './parse/template-error.ts'
import type { GoFunction, GoValue } from './value/go-value.ts'

/** How the templates of a set are read and run. */
export interface TemplateSetOptions {
  /** Beside, and before, the built-in ones. */
  readonly functions: Readonly<Record<string, GoFunction>>
  readonly missingKey: MissingKey
  /** What the set is called in errors; otherwise the template that is run. */
  readonly name?: string
  /** Takes down where output comes from. */
  readonly recorder?: Recorder | undefined
}

type Functions = Readonly<Record<string, GoFunction>>

/** Bounds of what is kept of templates that templates make. */
const maxKeptTexts = 256
const maxKeptText = 16 * 1024

/**
 * Compiled bodies; a tree does not depend on the set that runs it. What was run once is not kept yet, as most templates
 * of a chart are run once in a rendering, and to keep them costs more than they did.
 */
const compiled = new WeakMap<Tree, Statement | 'ran once'>()

/** Templates that can call one another by name. Bodies are compiled when they are first run, and kept. */
export class TemplateSet {
  readonly #options: TemplateSetOptions
  readonly #functions: Functions
  readonly #parent: TemplateSet | undefined
  readonly #trees = new Map<string, Tree>()
  readonly #later = new Map<string, { readonly text: string; wasRun: boolean }>()
  /** What was parsed for this set's clones, by name and text; all of them share it. */
  readonly #texts: Map<string, ReadonlyMap<string, Tree>>
  /** Of the execution at work. */
  #running: RunningSet | undefined

  constructor(options: TemplateSetOptions, parent?: TemplateSet) {
    this.#options = options
    this.#functions = Object.assign(
      Object.create(parent === undefined ? null : parent.#functions) as Record<string, GoFunction>,
      parent === undefined ? builtins : {},
      options.functions,
    )
    this.#parent = parent
    this.#texts = parent === undefined ? new Map() : parent.#texts
  }

  /** Parses a text under a name and takes in what it defines; later definitions win unless they are empty. Throws TemplateError. */
  add(name: string, text: string): void {
    const trees = this.#parseGuarded(name, text)
    for (const [defined, tree] of trees) {
      const known = this.#tree(defined)
      if (known !== undefined && isEmptyBody(tree.body) && !isEmptyBody(known.body)) continue
      this.#trees.set(defined, tree)
    }
  }

  /**
   * As add, but the text is parsed when it is run, and kept from the second time on: what is malformed in it is found
   * then. It must define no templates but itself.
   */
  addLater(name: string, text: string): void {
    if (this.#tree(name) === undefined) this.#later.set(name, { text, wasRun: false })
    else this.add(name, text)
  }

  #parseGuarded(name: string, text: string): ReadonlyMap<string, Tree> {
    try {
      return this.#parse(name, text)
    } catch (error) {
      if (error instanceof RangeError) throw new BudgetError('nesting', error)
      throw error
    }
  }

  #parse(name: string, text: string): ReadonlyMap<string, Tree> {
    const parse = (): ReadonlyMap<string, Tree> =>
      parseTemplate(name, text, { hasFunction: (word) => this.#functions[word] !== undefined })
    // Templates that a template makes, as `tpl` does, are mostly the same ones again and again.
    if (this.#parent === undefined || text.length > maxKeptText) return parse()
    const key = `${name}\n${text}`
    const known = this.#texts.get(key)
    if (known !== undefined) return known
    const trees = parse()
    if (this.#texts.size >= maxKeptTexts) this.#texts.clear()
    this.#texts.set(key, trees)
    return trees
  }

  has(name: string): boolean {
    return this.#tree(name) !== undefined
  }

  /**
   * A set that sees the templates and functions of this one, to add to without changing it. The functions given come
   * before this one's; all clones are given ones of the same names. Nothing may be added to this set any more.
   */
  clone(functions: Functions = {}, recorder: Recorder | undefined = this.#options.recorder): TemplateSet {
    return new TemplateSet({ ...this.#options, functions, recorder }, this)
  }

  /** Runs a template on its data and gives the text. Throws TemplateError. */
  execute(
    name: string,
    data: GoValue,
    budget: Budget = new Budget({ steps: 50_000_000, outputLength: 256 * 2 ** 20 }),
  ): string {
    try {
      return this.#run(name, data, budget)
    } catch (error) {
      // Too deep a nesting and too long a text are what V8 has range errors for.
      if (error instanceof RangeError) throw new BudgetError('nesting', error)
      throw error
    }
  }

  #run(name: string, data: GoValue, budget: Budget): string {
    const statement = this.#statement(name)
    if (statement === undefined)
      throw new TemplateError(
        `template: no template ${quoteGo(name)} associated with template ${quoteGo(this.#options.name ?? name)}`,
      )
    if (this.#running?.budget !== budget) this.#running = this.#runWith(budget)
    const set = this.#running
    // Go makes no value of nil data, whose fields are no values either.
    const dot = data ?? undefined
    const { recorder } = this.#options
    if (recorder !== undefined)
      return recorder.execute(
        name,
        (out) => void statement({ set, vars: [dot], depth: 0, out, method: undefined }, dot),
      )
    const out = new Output()
    statement({ set, vars: [dot], depth: 0, out, method: undefined }, dot)
    return out.text()
  }

  #runWith(budget: Budget): RunningSet {
    return {
      functions: this.#functions,
      missingKey: this.#options.missingKey,
      budget,
      template: (name) => this.#statement(name),
    }
  }

  /** `keeps` what is parsed for it. */
  #tree(name: string, keeps = true): Tree | undefined {
    const own = this.#trees.get(name) ?? this.#parseLater(name, keeps)
    return own !== undefined || this.#parent === undefined ? own : this.#parent.#tree(name, keeps)
  }

  #parseLater(name: string, keeps: boolean): Tree | undefined {
    const later = this.#later.get(name)
    if (later === undefined) return undefined
    const tree = this.#parseGuarded(name, later.text).get(name)
    if (tree !== undefined && (keeps || later.wasRun)) {
      this.#later.delete(name)
      this.#trees.set(name, tree)
      if (later.wasRun) compiled.set(tree, 'ran once')
    }
    later.wasRun = true
    return tree
  }

  #statement(name: string): Statement | undefined {
    const { recorder } = this.#options
    const tree = this.#tree(name, recorder !== undefined)
    if (tree === undefined) return undefined
    if (recorder !== undefined) return recorder.statement(tree, () => compileTree(tree, recorder))
    const known = compiled.get(tree)
    if (known !== undefined && known !== 'ran once') return known
    const statement = compileTree(tree)
    compiled.set(tree, known === undefined ? 'ran once' : statement)
    return statement
  }
}
