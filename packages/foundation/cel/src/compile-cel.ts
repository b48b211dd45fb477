import { fail, ok, type Failure, type Result } from '@kedge/base'
import { SyntaxFault, type Expression } from './ast.ts'
import { checkNames } from './check-names.ts'
import { checkTypes, describeType, typeOfSchema, type StaticType } from './check-types.ts'
import { evaluate } from './evaluate.ts'
import { Frame } from './frame.ts'
import { fromJson, toJson } from './json-values.ts'
import { parseExpression } from './parser.ts'
import type { CelOptions, CelProgram } from './program.ts'
import { BudgetError, CelError, type CelValue } from './values.ts'

const defaultMaxSteps = 1_000_000
/** Parsed expressions that are kept; the oldest goes first. */
const maxCached = 500
const parsed = new Map<string, Expression>()

/** Compiles a CEL expression. Fails with code `CelSyntax` when it cannot be one; the message shows the place. */
export function compileCel(expression: string, options: CelOptions): Result<CelProgram> {
  try {
    const tree = parse(expression)
    checkNames(tree, new Set(options.variables))
    const type = checkTypes(tree, scopeOf(options))
    const name = describeType(type)
    if (options.result !== undefined && name !== 'dyn' && name !== options.result) {
      return fail({ code: 'CelType', message: `cel expression must evaluate to a ${options.result}` })
    }
    return ok(programOf(expression, tree, options))
  } catch (error) {
    if (error instanceof SyntaxFault) return fail(syntaxFailure(expression, error))
    throw error
  }
}

function scopeOf(options: CelOptions): ReadonlyMap<string, StaticType> {
  return new Map(
    options.variables.map((name) => {
      const schema = options.schemas?.[name]
      return [name, schema === undefined ? { kind: 'dyn' } : typeOfSchema(schema)] as const
    }),
  )
}

function parse(expression: string): Expression {
  const known = parsed.get(expression)
  if (known !== undefined) return known
  const tree = parseExpression(expression)
  const oldest = parsed.size >= maxCached ? parsed.keys().next().value : undefined
  if (oldest !== undefined) parsed.delete(oldest)
  parsed.set(expression, tree)
  return tree
}

function programOf(expression: string, tree: Expression, options: CelOptions): CelProgram {
  return {
    expression,
    evaluate(variables) {
      const names = new Map<string, CelValue>()
      for (const name of options.variables) {
        if (Object.hasOwn(variables, name) && variables[name] !== undefined) names.set(name, fromJson(variables[name]))
      }
      try {
        return ok(toJson(evaluate(tree, new Frame(names, { left: options.maxSteps ?? defaultMaxSteps }))))
      } catch (error) {
        return fail(runtimeFailure(error))
      }
    },
  }
}

/** What an evaluation that did not end with a value fails with; other errors are passed on. */
function runtimeFailure(error: unknown): Failure {
  if (error instanceof CelError) return { code: 'CelRuntime', message: error.message }
  if (error instanceof BudgetError) return { code: 'CelBudget', message: error.message }
  if (error instanceof RangeError) return { code: 'CelBudget', message: 'the expression nests too deep' }
  throw error
}

/** The message in the form of the reference implementation: line and column from 1, and a mark below the place. */
function syntaxFailure(expression: string, fault: SyntaxFault): Failure {
  const before = expression.slice(0, fault.at).split('\n')
  const column = before.at(-1)?.length ?? 0
  const line = expression.split('\n')[before.length - 1] ?? ''
  const place = `ERROR: <input>:${before.length}:${column + 1}: ${fault.message}`
  return { code: 'CelSyntax', message: `${place}\n | ${line}\n | ${'.'.repeat(column)}^` }
}
