import type { GoFunction, GoValue } from '../value/go-value.ts'
import { TemplateError } from '../parse/template-error.ts'

/** What becomes of a missing map key: no value, the zero value of the map's element, or an error. */
export type MissingKey = 'default' | 'zero' | 'error'

/** Bounds of one execution, shared by everything it calls. */
export class Budget {
  #steps: number
  #bytes: number

  /** Loop rounds and template calls; characters of output. */
  constructor(limits: { readonly steps: number; readonly outputLength: number }) {
    this.#steps = limits.steps
    this.#bytes = limits.outputLength
  }

  step(): void {
    this.#steps -= 1
    if (this.#steps < 0) throw new TemplateError('template: the budget of steps is used up')
  }

  write(length: number): void {
    this.#bytes -= length
    if (this.#bytes < 0) throw new TemplateError('template: the budget of output is used up')
  }
}

/** The state of one template's execution. */
export interface Frame {
  readonly set: RunningSet
  readonly vars: GoValue[]
  /** Templates called inside one another so far. */
  readonly depth: number
  out: string
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
