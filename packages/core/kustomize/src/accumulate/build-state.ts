import type { FileTree } from '@kedge/tree'
import type { ChartRenderer } from '../generate/helm.ts'
import type { Schemas } from '../merge/schema.ts'
import type { Scopes } from '../model/scopes.ts'
import type { ParsedFiles } from '../read/parsed-files.ts'
import type { BaseCache } from './base-cache.ts'
import type { Trace } from './trace.ts'

/** What one build holds; nothing of it outlives the build but the caches that its caller owns. */
export interface BuildState {
  readonly tree: FileTree
  readonly schemas: Schemas
  readonly scopes: Scopes
  readonly charts: ChartRenderer | undefined
  readonly parsed: ParsedFiles
  readonly bases: BaseCache | undefined
  /** Told after each step, when somebody wants to know. */
  readonly trace: Trace | undefined
  /** Texts for people that the build produced on its way. */
  readonly warnings: string[]
}
