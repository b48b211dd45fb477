export { backOffMs, defaultBackOff, scatter, type BackOffOptions } from './back-off.ts'
export { dependencyOrder, type DependencyOrder } from './dependency-order.ts'
export {
  createLoop,
  type Gauge,
  type KeyState,
  type Loop,
  type LoopOptions,
  type LoopPorts,
  type PassContext,
  type Wake,
} from './loop.ts'
export type { LullEnd } from './lull.ts'
export type { Next, Priority } from './next.ts'
