import type { LullEnd, Next, Priority } from '@kedge/loop'
import type { KubeObject } from '@kedge/manifest'

/** What the agent does for the objects of one kind. */
export interface Controller {
  readonly kind: string
  /** Resolves when the kind's objects are known. */
  readonly synced: Promise<void>
  /** One turn of an object; it may be gone. */
  turn(namespace: string, name: string, pause: Pause): Promise<Next>
  objects(): readonly KubeObject[]
  /** How an object stands, for people. */
  standing(object: KubeObject): Standing
  /** Resolves when nothing of the kind is under way any more. */
  close(): void | Promise<void>
}

/** Lets the turns of others go first, for at most `maxMs`; see PassContext.whenQuiet of the loop. */
export type Pause = (maxMs: number) => Promise<LullEnd>

/** How one object stands. */
export interface Standing {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly state: 'ready' | 'progressing' | 'failed' | 'suspended'
  /** Why it is not ready, as its conditions name it; empty when it is. */
  readonly reason: string
  readonly revision: string
  readonly message: string
}

/** Asks for a turn of an object. */
export type Wake = (
  kind: string,
  ref: { readonly namespace: string; readonly name: string },
  priority?: Priority,
) => void
