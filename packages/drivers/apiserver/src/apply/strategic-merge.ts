import type { Draft } from '../contracts.ts'
import type { Shape } from './shape.ts'
/** TODO */
export function strategicMerge(shape: Shape | undefined, target: Readonly<Draft>, patch: Readonly<Draft>): Draft {
  void shape
  return { ...target, ...patch }
}
