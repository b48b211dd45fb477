import { formatFieldsV1, parseFieldsV1, unionFields, type FieldSet } from '@kedge/fields'
import type { KubeObject, ManagedFieldsEntry } from '@kedge/manifest'

import type { FieldOwnerPattern } from './model/delivery.ts'
import type { JsonPatchStep } from './model/effect.ts'
import { ownedFields } from './projection.ts'

/** The entries of an object that the patterns name; never our own applied ones, never those of a subresource. */
export function ownersToReplace(
  live: KubeObject,
  options: { readonly fieldManager: string; readonly patterns: readonly FieldOwnerPattern[] },
): readonly ManagedFieldsEntry[] {
  return (live.metadata.managedFields ?? []).filter((entry) => {
    if ((entry.subresource ?? '') !== '') return false
    if (entry.manager === options.fieldManager && entry.operation === 'Apply') return false
    return options.patterns.some((pattern) => matches(entry, pattern))
  })
}

function matches(entry: ManagedFieldsEntry, pattern: FieldOwnerPattern): boolean {
  if (pattern.operation !== undefined && pattern.operation !== entry.operation) return false
  return pattern.exact ? entry.manager === pattern.name : entry.manager.startsWith(pattern.name)
}

/**
 * Makes the fields of other owners ours, so that the next apply reverts what the source does not have. The patch only
 * holds for the resourceVersion it was made from. Undefined when there is nothing to take over.
 */
export function takeOverPatch(
  live: KubeObject,
  options: {
    readonly fieldManager: string
    readonly patterns: readonly FieldOwnerPattern[]
    readonly apiVersion: string
  },
): readonly JsonPatchStep[] | undefined {
  const replaced = new Set(ownersToReplace(live, options))
  if (replaced.size === 0) return undefined
  const taken = [...replaced].map(fieldsOf).reduce(unionFields, ownedFields(live, options.fieldManager))
  const kept = (live.metadata.managedFields ?? []).filter(
    (entry) => !replaced.has(entry) && !(entry.manager === options.fieldManager && isPlainApply(entry)),
  )
  const own: ManagedFieldsEntry = {
    manager: options.fieldManager,
    operation: 'Apply',
    apiVersion: options.apiVersion,
    fieldsType: 'FieldsV1',
    fieldsV1: formatFieldsV1(taken),
  }
  return [
    { op: 'replace', path: '/metadata/managedFields', value: [own, ...kept] },
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion ?? '' },
  ]
}

function isPlainApply(entry: ManagedFieldsEntry): boolean {
  return entry.operation === 'Apply' && (entry.subresource ?? '') === ''
}

function fieldsOf(entry: ManagedFieldsEntry): FieldSet {
  const parsed = parseFieldsV1(entry.fieldsV1 ?? {})
  return parsed.ok ? parsed.value : { owned: false, children: new Map() }
}
