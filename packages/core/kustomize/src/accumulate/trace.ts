import type { Origin } from '@kedge/base'
import type { YamlNode } from '@kedge/yaml'
import type { Resource } from '../model/resource.ts'

/** A step of a build that may have changed objects. */
export interface TraceStep {
  /** What did it: a field such as `resources`, or the kind of a generator or transformer. */
  readonly by: string
  /** Where it is asked for. */
  readonly origin: Origin
  /** The file that an object was read from. */
  readonly file?: string | undefined
  /** The line that gave a field its value, where it is better known than `origin` tells. */
  readonly placeOf?: (change: TracedChange) => Origin | undefined
}

/** A field of an object that a step changed. */
export interface TracedChange {
  readonly resource: Resource
  /** The path of the field, in parts. */
  readonly parts: readonly string[]
  /** What is new in it; undefined when the step took the field away. */
  readonly value: YamlNode | undefined
}

/** Sees the objects after each step of a build. */
export type Trace = (step: TraceStep, resources: readonly Resource[]) => void
