import { formatPath, pathsOf } from '@kedge/fields'
import type { ApplyConflict, ApplyResult } from '../contracts.ts'
import type { Conflicts } from './ownership.ts'
import { ownerKey, type Owner } from './owners.ts'

/** The answer to an apply that disagrees with other owners, worded as the real server does. */
export function conflictResult(conflicts: Conflicts): ApplyResult {
  const sorted = conflicts.toSorted((a, b) => (ownerKey(a.owner) < ownerKey(b.owner) ? -1 : 1))
  const causes: ApplyConflict[] = []
  const lines: string[] = []
  for (const { owner, fields } of sorted) {
    lines.push(`conflicts with ${describeOwner(owner)}:`)
    for (const path of pathsOf(fields)) {
      const field = formatPath(path)
      lines.push(`- ${field}`)
      causes.push({
        manager: owner.manager,
        operation: owner.operation,
        apiVersion: owner.apiVersion,
        subresource: owner.subresource,
        message: `conflict with ${describeOwner(owner)}`,
        field,
      })
    }
  }
  const [only] = causes
  const message =
    only !== undefined && causes.length === 1
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`
  return { kind: 'conflicts', message, conflicts: causes }
}

function describeOwner(owner: Owner): string {
  const subresource = owner.subresource === '' ? '' : ` with subresource ${JSON.stringify(owner.subresource)}`
  const version = owner.operation === 'Update' ? ` using ${owner.apiVersion}` : ''
  return `${JSON.stringify(owner.manager)}${subresource}${version}`
}
