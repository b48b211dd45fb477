import { BudgetError, type CelValue } from './values.ts'

/** Steps that an evaluation may still take. */
export interface Budget {
  left: number
}

/** The variables that an expression sees: those of its macros around those given to the program. */
export class Frame {
  readonly #outer: Frame | undefined
  readonly #names: ReadonlyMap<string, CelValue>
  readonly budget: Budget

  constructor(names: ReadonlyMap<string, CelValue>, budget: Budget, outer?: Frame) {
    this.#names = names
    this.budget = budget
    this.#outer = outer
  }

  /** The value of a variable, undefined where there is none. */
  get(name: string): CelValue | undefined {
    const own = this.#names.get(name)
    return own === undefined ? this.#outer?.get(name) : own
  }

  /** A frame inside this one with more variables. */
  with(names: ReadonlyMap<string, CelValue>): Frame {
    return new Frame(names, this.budget, this)
  }

  /** Counts a step. Throws BudgetError when there are none left. */
  step(): void {
    this.budget.left -= 1
    if (this.budget.left < 0) throw new BudgetError()
  }
}
