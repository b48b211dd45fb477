import { Bug } from '@kedge/base'
import type { FluxAnswers, FluxEffect, FluxProgram } from '@kedge/flux'

/** Carries out the effects that a kind's reconciler asks for; any other one is a bug. */
export type FluxInterpreter = {
  readonly [K in FluxEffect['kind']]?: (effect: Extract<FluxEffect, { kind: K }>) => Promise<FluxAnswers[K]>
}

type CarryOut = (effect: FluxEffect) => Promise<FluxAnswers[FluxEffect['kind']]>

/** Runs a reconciler to its end. Whatever an effect throws ends the pass; the loop tries again. */
export async function interpret<T>(program: FluxProgram<T>, interpreter: FluxInterpreter): Promise<T> {
  let step = program.next()
  while (!step.done) step = program.next(await carryOut(step.value, interpreter))
  return step.value
}

function carryOut(effect: FluxEffect, interpreter: FluxInterpreter): Promise<FluxAnswers[FluxEffect['kind']]> {
  // The function that stands under a kind takes the effect of that kind; types cannot follow the look-up.
  const run = interpreter[effect.kind] as CarryOut | undefined
  if (run === undefined) throw new Bug(`nothing carries out ${effect.kind} here`)
  return run(effect)
}
