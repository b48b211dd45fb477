import { builtins } from './exec/builtins.ts'
import { compileTree } from './exec/compile.ts'
import { Budget, type MissingKey, type RunningSet, type Statement } from './exec/frame.ts'
import type { Tree } from './parse/nodes.ts'
import { isEmptyBody, parseTemplate } from './parse/parser.ts'
import { TemplateError } from './parse/template-error.ts'
import type { GoFunction, GoValue } from './value/go-value.ts'

/** How the templates of a set are read and run. */
export interface TemplateSetOptions {
  /** Beside, and before, the built-in ones. */
  readonly functions: Readonly<Record<string, GoFunction>>
  readonly missingKey: MissingKey
}

/** Templates that can call one another by name. Bodies are compiled when they are first run, and kept. */
export class TemplateSet {
  readonly #options: TemplateSetOptions
  readonly #functions: Readonly<Record<string, GoFunction>>
  readonly #trees = new Map<string, Tree>()
  readonly #compiled = new Map<string, Statement>()
  readonly #running: string[] = []

  constructor(options: TemplateSetOptions) {
    this.#options = options
    this.#functions = Object.assign(Object.create(null) as Record<string, GoFunction>, builtins, options.functions)
  }

  /** Parses a text under a name and takes in what it defines; later definitions win unless they are empty. Throws TemplateError. */
  add(name: string, text: string): void {
    const trees = parseTemplate(name, text, { hasFunction: (word) => this.#functions[word] !== undefined })
    for (const [defined, tree] of trees) {
      const known = this.#trees.get(defined)
      if (known !== undefined && isEmptyBody(tree.body) && !isEmptyBody(known.body)) continue
      this.#trees.set(defined, tree)
      this.#compiled.delete(defined)
    }
  }

  /** The template that is running, the innermost one; undefined between runs. */
  get currentName(): string | undefined {
    return this.#running.at(-1)
  }

  has(name: string): boolean {
    return this.#trees.has(name)
  }

  /** A set with the same templates, to add to without changing this one. Compiled bodies are shared. */
  clone(functions: Readonly<Record<string, GoFunction>> = this.#options.functions): TemplateSet {
    const copy = new TemplateSet({ ...this.#options, functions })
    for (const [name, tree] of this.#trees) copy.#trees.set(name, tree)
    for (const [name, statement] of this.#compiled) copy.#compiled.set(name, statement)
    return copy
  }

  /** Runs a template on its data and gives the text. Throws TemplateError. */
  execute(
    name: string,
    data: GoValue,
    budget: Budget = new Budget({ steps: 50_000_000, outputLength: 256 * 2 ** 20 }),
  ): string {
    const statement = this.#statement(name)
    if (statement === undefined)
      throw new TemplateError(
        `template: no template ${JSON.stringify(name)} associated with template ${JSON.stringify(name)}`,
      )
    const set: RunningSet = {
      functions: this.#functions,
      missingKey: this.#options.missingKey,
      budget,
      template: (other) => this.#statement(other),
    }
    const frame = { set, vars: [data], depth: 0, out: '' }
    this.#running.push(name)
    try {
      statement(frame, data)
    } finally {
      this.#running.pop()
    }
    return frame.out
  }

  #statement(name: string): Statement | undefined {
    const known = this.#compiled.get(name)
    if (known !== undefined) return known
    const tree = this.#trees.get(name)
    if (tree === undefined) return undefined
    const statement = compileTree(tree)
    this.#compiled.set(name, statement)
    return statement
  }
}
