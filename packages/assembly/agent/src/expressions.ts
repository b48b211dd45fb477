import { fail, ok } from '@kedge/base'
import { compileCel } from '@kedge/cel'
import type { Expressions } from '@kedge/flux'

/** Any field of a custom object may be a variable of its health expressions; these are the usual ones. */
const objectFields = ['apiVersion', 'kind', 'metadata', 'spec', 'status', 'data']

/** The expressions of users, in CEL. */
export function celExpressions(): Expressions {
  return {
    check(expression) {
      const compiled = compileCel(expression, { variables: objectFields })
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
