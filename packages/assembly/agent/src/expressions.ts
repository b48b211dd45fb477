import { fail, ok } from '@kedge/base'
import { compileCel } from '@kedge/cel'
import type { Expressions } from '@kedge/flux'

/** The expressions of users, in CEL. */
export function celExpressions(): Expressions {
  return {
    check(expression) {
      const compiled = compileCel(expression, { variables: namesIn(expression) })
      return compiled.ok ? undefined : compiled.failure
    },
    ready(expression, variables) {
      const compiled = compileCel(expression, { variables: Object.keys(variables) })
      if (!compiled.ok) return fail({ ...compiled.failure, compiles: false })
      const result = compiled.value.evaluate(variables)
      if (!result.ok) return fail({ ...result.failure, compiles: true })
      if (typeof result.value === 'boolean') return ok(result.value)
      const message = `the expression gives ${JSON.stringify(result.value)}, not true or false`
      return fail({ code: 'InvalidCELExpression', message, compiles: false })
    },
  }
}

/** Every top-level field of an object is a variable, and which there are is not known before there is an object. */
function namesIn(expression: string): readonly string[] {
  return [...new Set(expression.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? [])]
}
