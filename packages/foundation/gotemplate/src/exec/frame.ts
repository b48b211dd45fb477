import type { GoFunction, GoValue } from '../value/go-value.ts'
import { TemplateError } from '../parse/template-error.ts'

/** What becomes of a missing map key: no value, the zero value of the map's element, or an error. */
export type MissingKey = 'default' | 'zero' | 'error'

/** Lists count as this many characters for each item. */
const itemSize = 16
/** Smaller results of functions are not counted. */
const smallResult = 1024

/** Bounds of one execution, shared by everything it calls. */
export class Budget {
  #steps: number
  #output: number
  #results: number

  /** Loop rounds and template calls; characters of output; characters that functions give, which is twice the output. */
  constructor(limits: { readonly steps: number; readonly outputLength: number }) {
    this.#steps = limits.steps
    this.#output = limits.outputLength
    this.#results = limits.outputLength * 2
  }

  step(): void {
    this.#steps -= 1
    if (this.#steps < 0) throw new BudgetError('steps')
  }

  write(length: number): void {
    this.#output -= length
    if (this.#output < 0) throw new BudgetError('output')
  }

  /** Counts what a function gave, so that texts and lists cannot double without end. */
  result(value: GoValue): void {
    const size = typeof value === 'string' ? value.length : Array.isArray(value) ? value.length * itemSize : 0
    if (size < smallResult) return
    this.#results -= size
    if (this.#results < 0) throw new BudgetError('memory')
  }
}

/** An execution that would not end, or not fit. It is no failure of one place, and no place is added to it. */
export class BudgetError extends TemplateError {
  constructor(what: 'steps' | 'output' | 'memory' | 'nesting', cause?: unknown) {
    super(`template: the budget of ${what} is used up`, cause === undefined ? undefined : { cause })
    this.name = 'BudgetError'
  }
}

const partSize = 32 * 1024

/** What templates have written; kept in parts, for V8 holds a text of many additions as a tree. */
export class Output {
  readonly #parts: string[] = []
  #text = ''

  add(text: string): void {
    this.#text += text
    if (this.#text.length < partSize) return
    // Asking for a character makes one flat text of it.
    this.#text.charCodeAt(0)
    this.#parts.push(this.#text)
    this.#text = ''
  }

  text(): string {
    return this.#parts.length === 0 ? this.#text : this.#parts.join('') + this.#text
  }
}

/** The state of one template's execution. */
export interface Frame {
  readonly set: RunningSet
  readonly vars: GoValue[]
  /** Templates called inside one another so far. */
  readonly depth: number
  /** Shared with every template that is called. */
  readonly out: Output
  /** The method that is about to be called. */
  method: GoFunction | undefined
}

/** What all frames of an execution share. */
export interface RunningSet {
  readonly functions: Readonly<Record<string, GoFunction>>
  readonly missingKey: MissingKey
  readonly budget: Budget
  template(name: string): ((frame: Frame, dot: GoValue) => Flow) | undefined
}

/** How a statement ended. */
export type Flow = 0 | 1 | 2
export const flowNormal = 0
export const flowBreak = 1
export const flowContinue = 2

export type Statement = (frame: Frame, dot: GoValue) => Flow
export type Expression = (frame: Frame, dot: GoValue) => GoValue
