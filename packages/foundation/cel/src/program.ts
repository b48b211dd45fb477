import type { Result } from '@kedge/base'
import type { ValueSchema } from './schema-types.ts'

/** A compiled expression. It holds no state: any number of evaluations may use it. */
export interface CelProgram {
  /** The source text. */
  readonly expression: string
  /**
   * Evaluates the expression over JSON values (whole numbers are `int`, others `double`) and gives its value as JSON;
   * times and durations as texts. Fails with code `CelRuntime` (no such key, no such overload …) or `CelBudget`.
   */
  evaluate(variables: Readonly<Record<string, unknown>>): Result<unknown>
}

/** What an expression may use. */
export interface CelOptions {
  /** Names that may be used as variables. Any other name is an undeclared reference. */
  readonly variables: readonly string[]
  /** OpenAPI schemas of variables: members that they do not declare are then found when compiling. */
  readonly schemas?: Readonly<Record<string, ValueSchema>>
  /** What the value must be; another type that is known when compiling fails with `CelType`. */
  readonly result?: 'bool' | 'string'
  /** Steps an evaluation may take before it fails with `CelBudget`; 1,000,000 when not given. */
  readonly maxSteps?: number
}
