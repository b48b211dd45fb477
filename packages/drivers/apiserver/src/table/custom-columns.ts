import type { Draft, ResourceKind } from '../contracts.ts'
import { metadataOf, textOf } from '../http/draft.ts'
import type { TableColumn } from '../schema/load.ts'
import { describeAge } from './age.ts'
import { ageCell } from './cells.ts'
import { evaluatePath, parsePath, type JsonPath } from './json-path.ts'
import type { KindTable } from './table.ts'

interface Column {
  readonly definition: TableColumn
  readonly path: JsonPath
}

const tables = new WeakMap<ResourceKind, KindTable>()

/** The table of a custom kind: name, then its printer columns; the age when it has none. */
export function customTable(kind: ResourceKind, nameColumns: readonly TableColumn[]): KindTable {
  const known = tables.get(kind)
  if (known !== undefined) return known
  const columns = (kind.columns ?? []).map(toColumn)
  const table = columns.length === 0 ? plainTable(nameColumns) : columnTable(nameColumns, columns)
  tables.set(kind, table)
  return table
}

function toColumn(declared: Readonly<Draft>): Column {
  const path = textOf(declared, 'jsonPath')
  const description = textOf(declared, 'description')
  const priority = declared['priority']
  return {
    definition: {
      name: textOf(declared, 'name'),
      type: textOf(declared, 'type'),
      format: textOf(declared, 'format'),
      description: description === '' ? `Custom resource definition column (in JSONPath format): ${path}` : description,
      priority: typeof priority === 'number' ? priority : 0,
    },
    path: parsePath(path),
  }
}

function plainTable(nameColumns: readonly TableColumn[]): KindTable {
  const age: TableColumn = {
    name: 'Age',
    type: 'date',
    format: '',
    description: 'Custom resource definition column (in JSONPath format): .metadata.creationTimestamp',
    priority: 0,
  }
  return {
    columns: [...nameColumns, age],
    row: (object, nowMs) => [textOf(metadataOf(object), 'name'), ageCell(object, nowMs)],
  }
}

function columnTable(nameColumns: readonly TableColumn[], columns: readonly Column[]): KindTable {
  return {
    columns: [...nameColumns, ...columns.map((column) => column.definition)],
    row: (object, nowMs) => [
      textOf(metadataOf(object), 'name'),
      ...columns.map((column) => cellOf(column, object, nowMs)),
    ],
  }
}

function cellOf(column: Column, object: Readonly<Draft>, nowMs: number): unknown {
  const values = evaluatePath(column.path, object)
  const [first] = values
  if (first === undefined) return null
  switch (column.definition.type) {
    case 'date':
      return describeAge(first, nowMs)
    case 'integer':
    case 'number':
      return typeof first === 'number' ? first : null
    case 'boolean':
      return typeof first === 'boolean' ? first : null
    default:
      return values.map(textOfValue).join(' ')
  }
}

/** Scalars as they are, anything else as JSON. */
function textOfValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
