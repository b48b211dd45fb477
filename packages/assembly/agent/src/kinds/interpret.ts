import type { FluxAnswers, FluxEffect, FluxProgram } from '@kedge/flux'

/** Carries out each kind of effect of the Flux reconcilers. */
export type FluxInterpreter = {
  readonly [K in FluxEffect['kind']]: (effect: Extract<FluxEffect, { kind: K }>) => Promise<FluxAnswers[K]>
}

/** Runs a reconciler to its end. Whatever an effect throws ends the pass; the loop tries again. */
export async function interpret<T>(program: FluxProgram<T>, interpreter: FluxInterpreter): Promise<T> {
  let step = program.next()
  while (!step.done) step = program.next(await carryOut(step.value, interpreter))
  return step.value
}

function carryOut(effect: FluxEffect, interpreter: FluxInterpreter): Promise<FluxAnswers[FluxEffect['kind']]> {
  switch (effect.kind) {
    case 'set-finalizers':
      return interpreter['set-finalizers'](effect)
    case 'read':
      return interpreter.read(effect)
    case 'render':
      return interpreter.render(effect)
    case 'deliver':
      return interpreter.deliver(effect)
    case 'fetch-git':
      return interpreter['fetch-git'](effect)
  }
}
