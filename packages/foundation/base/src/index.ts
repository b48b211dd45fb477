export {
  Bug,
  FailureError,
  describeFailure,
  describeOrigin,
  fail,
  ok,
  type Failure,
  type Origin,
  type Result,
} from './failure.ts'
export type { Clock, Random, Timers } from './ports.ts'
