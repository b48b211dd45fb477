import type { CommandNode, PipeNode } from '../parse/nodes.ts'
import type { GoValue } from '../value/go-value.ts'
import type { Expression, Frame } from './frame.ts'
import type { Place } from './scope.ts'

/** What a command is compiled with. */
export interface CommandContext {
  readonly place: Place
  /** The stage before, or the pipeline that begins here. */
  readonly before: CommandNode | PipeNode
  /** Whether the value of the stage before comes in as the last argument. */
  readonly hasFinal: boolean
  readonly compilePipe: (pipe: PipeNode, place: Place) => Expression
}

/** A stage of a pipeline: `final` is what the stage before gave. */
export type Stage = (frame: Frame, dot: GoValue, final: GoValue) => GoValue
