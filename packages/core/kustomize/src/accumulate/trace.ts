import type { Origin } from '@kedge/base'
import type { Resource } from '../model/resource.ts'

/** A step of a build that may have changed objects. */
export interface TraceStep {
  /** What did it: a field such as `resources`, or the kind of a generator or transformer. */
  readonly by: string
  /** Where it is asked for. */
  readonly origin: Origin
  /** The file that holds its values, where there is one beside the kustomization. */
  readonly file?: string | undefined
}

/** Sees the objects after each step of a build. */
export type Trace = (step: TraceStep, resources: readonly Resource[]) => void
