import { Environment } from '@marcbachmann/cel-js'
import { fail, ok, type Result } from '@kedge/base'
import type { CelOptions, CelProgram } from './program.ts'

/** Compiles a CEL expression. Fails with code `CelSyntax` when it cannot be one. */
export function compileCel(expression: string, options: CelOptions): Result<CelProgram> {
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
  for (const name of options.variables) environment.registerVariable(name, 'dyn')
  try {
    const run = environment.parse(expression)
    const check = run.check()
    if (!check.valid) return fail({ code: 'CelSyntax', message: String(check.error?.message) })
    return ok({
      expression,
      evaluate(variables) {
        try {
          const input = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, fromJson(value)]))
          return ok(toJson(run(input)))
        } catch (error) {
          return fail({ code: 'CelRuntime', message: error instanceof Error ? error.message : String(error) })
        }
      },
    })
  } catch (error) {
    return fail({ code: 'CelSyntax', message: error instanceof Error ? error.message : String(error) })
  }
}

function fromJson(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(fromJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, below]) => [name, fromJson(below)]))
}

function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, below]) => [name, toJson(below)]))
}
