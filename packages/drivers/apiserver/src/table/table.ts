import type { Draft, ResourceKind, TypeSystem } from '../contracts.ts'
import type { StoredObject } from '../store/stored-object.ts'
import { describeAge } from './age.ts'

/** What a Table is made from. */
export interface TableRequest {
  readonly kind: ResourceKind
  readonly items: readonly StoredObject[]
  readonly meta: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number }
  readonly withColumns: boolean
  /** None, Metadata or Object. */
  readonly includeObject: string
  readonly nowMs: number
  readonly types: TypeSystem
}

/** The Table of some objects, its ages as of now. */
export function tableOf(request: TableRequest): Draft {
  const columns = [
    { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
    { name: 'Age', type: 'string', format: '', description: '', priority: 0 },
  ]
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: request.meta,
    columnDefinitions: request.withColumns ? columns : null,
    rows: request.items.map((stored) => {
      const metadata = stored.object['metadata'] as Draft
      return {
        cells: [metadata['name'], describeAge(metadata['creationTimestamp'], request.nowMs)],
        object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata },
      }
    }),
  }
}
