import type { StoredObject } from '../store/stored-object.ts'
import { applyAnswer } from './apply.ts'
import { decodeText, mediaType, requireDraft } from './bodies.ts'
import type { Answer, Call } from './call.ts'
import { cloneValue } from './draft.ts'
import { checkIncoming } from './incoming.ts'
import { applyJsonPatch } from './json-patch.ts'
import { applyMergePatch } from './merge-patch.ts'
import { parseWriteOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { requireStored, viewFor, type Scope } from './scope.ts'
import { StatusError } from './status.ts'
import { replace } from './update.ts'

/** The patch formats, by media type. */
export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

/** PATCH of an object or of its status, in any of the four formats. */
export function patch(parts: Parts, scope: Scope, call: Call): Answer {
  const type = mediaType(call.contentType)
  requirePatchType(scope, type)
  if (type === patchTypes.apply) return applyAnswer(parts, scope, call)
  const options = parseWriteOptions(call.query, 'PatchOptions', call.userAgent)
  const old = requireStored(parts, scope)
  const live = viewFor(parts, scope.kind, old)
  const patched = requireDraft(patchedValue(parts, { scope, live, change: readPatch(call), type }))
  const body = { value: patched, duplicates: [], isTyped: false }
  const { draft, warnings } = checkIncoming(parts, { body, expected: scope.kind, options })
  return replace(parts, { scope, call, options, draft, warnings, old, isApplied: false })
}

/** What a patch makes of an object. */
function patchedValue(
  parts: Parts,
  request: { readonly scope: Scope; readonly live: StoredObject; readonly change: unknown; readonly type: string },
): unknown {
  const { scope, live, change, type } = request
  if (type === patchTypes.json) return applyJsonPatch(live.object, change)
  if (type === patchTypes.merge) return cloneValue(applyMergePatch(live.object, requireDraft(change)))
  return cloneValue(parts.fields.strategicMerge(scope.apiVersion, scope.kind.kind, live.object, requireDraft(change)))
}

/** The patch itself; JSON, whatever the format. */
export function readPatch(call: Call): unknown {
  if (call.body.kind === 'value') return call.body.value
  const bytes = call.body.kind === 'bytes' ? call.body.bytes : new Uint8Array()
  return decodeText(bytes, false).value
}

function requirePatchType(scope: Scope, type: string): void {
  const types: readonly string[] = Object.values(patchTypes)
  if (scope.kind.custom && !(types.includes(type) && type !== patchTypes.strategic)) {
    const served = [patchTypes.json, patchTypes.merge, patchTypes.apply].join(', ')
    throw new StatusError(415, 'UnsupportedMediaType', {
      message: `the body of the request was in an unknown format - accepted media types include: ${served}`,
    })
  }
  if (types.includes(type)) return
  throw new StatusError(415, 'UnsupportedMediaType', { message: '415: Unsupported Media Type', details: {} })
}
