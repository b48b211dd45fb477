import type { Draft, ResourceKind } from '../contracts.ts'
import { metadataOf, textOf } from '../http/draft.ts'
import { builtInTables, type TableColumn } from '../schema/load.ts'
import { shelfOf } from '../discovery/registry.ts'
import type { StoredObject } from '../store/stored-object.ts'
import { ageCell, type Cells } from './cells.ts'
import { clusterCells } from './cluster-cells.ts'
import { customTable } from './custom-columns.ts'
import { networkCells } from './network-cells.ts'
import { workloadCells } from './workload-cells.ts'

/** What a Table is made from. */
export interface TableRequest {
  readonly kind: ResourceKind
  readonly items: readonly StoredObject[]
  readonly meta: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number }
  readonly withColumns: boolean
  /** What goes with each row: None, Metadata or Object. */
  readonly includeObject: string
  readonly nowMs: number
  readonly version: string
}

/** The columns of a kind, and how a row is made. */
export interface KindTable {
  readonly columns: readonly TableColumn[]
  row(object: Readonly<Draft>, nowMs: number): readonly unknown[]
}

/** The Table of some objects, its ages as of now. */
export function tableOf(request: TableRequest): Draft {
  const table = tableFor(request.kind)
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${request.version}`,
    metadata: request.meta,
    columnDefinitions: request.withColumns ? table.columns : null,
    rows: request.items.map((stored) => ({
      cells: table.row(stored.object, request.nowMs),
      object: rowObject(stored, request),
    })),
  }
}

function rowObject(stored: StoredObject, request: TableRequest): Readonly<Draft> | null {
  if (request.includeObject === 'None') return null
  if (request.includeObject === 'Object') return stored.object
  const apiVersion = `meta.k8s.io/${request.version}`
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: metadataOf(stored.object) }
}

const kindCells: Readonly<Record<string, Cells>> = { ...workloadCells, ...networkCells, ...clusterCells }

/** Columns of the kinds that have none of their own: as those of a Role. */
function plainColumns(): readonly TableColumn[] {
  return builtInTables()['rbac.authorization.k8s.io/v1/roles'] ?? []
}

function tableFor(kind: ResourceKind): KindTable {
  if (kind.custom) return customTable(kind, plainColumns().slice(0, 1))
  const columns = builtInTables()[`${kind.group}/${kind.version}/${kind.resource}`] ?? plainColumns()
  const cells = kindCells[shelfOf(kind)]
  return {
    columns,
    row: (object, nowMs) => {
      const own = cells?.(object, nowMs) ?? {}
      return columns.map((column) => own[column.name] ?? generalCell(column, object, nowMs))
    },
  }
}

/** What any object can say for a column. */
function generalCell(column: TableColumn, object: Readonly<Draft>, nowMs: number): unknown {
  const metadata = metadataOf(object)
  if (column.name === 'Name') return textOf(metadata, 'name')
  if (column.name === 'Age') return ageCell(object, nowMs)
  if (column.type === 'date') return textOf(metadata, 'creationTimestamp')
  if (column.type === 'integer') return 0
  if (column.type === 'boolean') return false
  return ''
}
