import type { Draft } from '../contracts.ts'
import { metadataOf, partOf, textOf } from './draft.ts'
import type { ListOptions } from './options.ts'
import type { Scope } from './scope.ts'
import { parseFieldSelector, parseLabelSelector, type FieldRequirement } from './selectors.ts'
import { badRequest } from './status.ts'

/** Which stored objects of a scope a list or watch is about. */
export interface Selection {
  /** Everything in the namespace matches. */
  readonly isEmpty: boolean
  matches(object: Readonly<Draft>): boolean
}

/** The selection of a list; the namespace is not part of it. A name in the path selects as a field would. */
export function selectionOf(scope: Scope, options: Pick<ListOptions, 'labelSelector' | 'fieldSelector'>): Selection {
  const labels = parseLabelSelector(options.labelSelector)
  const fields = parseFieldSelector(options.fieldSelector)
  checkFields(scope, fields)
  const named = scope.name === '' ? fields : [...fields, { field: 'metadata.name', value: scope.name, equal: true }]
  return {
    isEmpty: labels === undefined && named.length === 0,
    matches: (object) =>
      (labels === undefined || labels(partOf(metadataOf(object), 'labels'))) &&
      (named.length === 0 || matchesFields(scope, object, named)),
  }
}

function matchesFields(scope: Scope, object: Readonly<Draft>, fields: readonly FieldRequirement[]): boolean {
  const metadata = metadataOf(object)
  let more: Readonly<Record<string, string>> | undefined
  return fields.every(({ field, value, equal }) => {
    if (field === 'metadata.name') return (textOf(metadata, 'name') === value) === equal
    if (field === 'metadata.namespace') return (textOf(metadata, 'namespace') === value) === equal
    more ??= scope.kind.strategy.selectableFields(object)
    return ((more[field] ?? '') === value) === equal
  })
}

function checkFields(scope: Scope, fields: readonly FieldRequirement[]): void {
  if (fields.length === 0) return
  const known = ['metadata.name', 'metadata.namespace', ...Object.keys(scope.kind.strategy.selectableFields({}))]
  const unknown = fields.find(({ field }) => !known.includes(field))
  if (unknown === undefined) return
  if (scope.kind.custom || known.length > 2) throw badRequest(`field label not supported: ${unknown.field}`)
  throw badRequest(
    `${JSON.stringify(unknown.field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  )
}
