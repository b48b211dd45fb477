import type { Loader } from '../load/loader.ts'
import type { ResourceSet } from '../accumulate/resource-set.ts'
import type { Schemas } from '../merge/schema.ts'
import type { Scopes } from '../model/scopes.ts'

/** One step of a build: changes the objects that there are so far. */
export type Transformer = (resources: ResourceSet) => void

/** What transformers and generators may use. */
export interface TransformContext {
  readonly loader: Loader
  readonly scopes: Scopes
  readonly schemas: Schemas
}
