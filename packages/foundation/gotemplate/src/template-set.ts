import { builtins } from './exec/builtins.ts'
import { compileTree } from './exec/compile.ts'
import { Budget, BudgetError, Output, type MissingKey, type RunningSet, type Statement } from './exec/frame.ts'
import type { Recorder } from './exec/recorder.ts'
import type { Tree } from './parse/nodes.ts'
import { isEmptyBody, parseTemplate } from './parse/parser.ts'
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

/** Compiled bodies; a tree does not depend on the set that runs it. */
const compiled = new WeakMap<Tree, Statement>()

/** Templates that can call one another by name. Bodies are compiled when they are first run, and kept. */
export class TemplateSet {
  readonly #options: TemplateSetOptions
  readonly #functions: Functions
  readonly #parent: TemplateSet | undefined
  readonly #trees = new Map<string, Tree>()

  constructor(options: TemplateSetOptions, parent?: TemplateSet) {
    this.#options = options
    this.#functions = Object.assign(
      Object.create(parent === undefined ? null : parent.#functions) as Record<string, GoFunction>,
      parent === undefined ? builtins : {},
      options.functions,
    )
    this.#parent = parent
  }

  /** Parses a text under a name and takes in what it defines; later definitions win unless they are empty. Throws TemplateError. */
  add(name: string, text: string): void {
    const trees = guarded(() =>
      parseTemplate(name, text, { hasFunction: (word) => this.#functions[word] !== undefined }),
    )
    for (const [defined, tree] of trees) {
      const known = this.#tree(defined)
      if (known !== undefined && isEmptyBody(tree.body) && !isEmptyBody(known.body)) continue
      this.#trees.set(defined, tree)
    }
  }

  has(name: string): boolean {
    return this.#tree(name) !== undefined
  }

  /**
   * A set that sees the templates and functions of this one, to add to without changing it. The functions given come
   * before this one's. Nothing may be added to this set any more.
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
    const statement = guarded(() => this.#statement(name))
    if (statement === undefined)
      throw new TemplateError(
        `template: no template ${quoteGo(name)} associated with template ${quoteGo(this.#options.name ?? name)}`,
      )
    const set: RunningSet = {
      functions: this.#functions,
      missingKey: this.#options.missingKey,
      budget,
      template: (other) => this.#statement(other),
    }
    const run = (out: Output): void => guarded(() => void statement({ set, vars: [data], depth: 0, out }, data))
    const { recorder } = this.#options
    if (recorder !== undefined) return recorder.execute(name, run)
    const out = new Output()
    run(out)
    return out.text()
  }

  #tree(name: string): Tree | undefined {
    const own = this.#trees.get(name)
    return own !== undefined || this.#parent === undefined ? own : this.#parent.#tree(name)
  }

  #statement(name: string): Statement | undefined {
    const tree = this.#tree(name)
    if (tree === undefined) return undefined
    const { recorder } = this.#options
    if (recorder !== undefined) return recorder.statement(tree, () => compileTree(tree, recorder))
    const known = compiled.get(tree)
    if (known !== undefined) return known
    const statement = compileTree(tree)
    compiled.set(tree, statement)
    return statement
  }
}

/** Too deep a nesting and too long a text are what V8 has range errors for. */
function guarded<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof RangeError) throw new BudgetError('nesting', error)
    throw error
  }
}
