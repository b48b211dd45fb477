import type { Draft } from '../contracts.ts'
import { goText } from '../schema/go-text.ts'
import type { StoredObject } from '../store/stored-object.ts'
import { applyAnswer } from './apply.ts'
import { decodeText, mediaType, requireDraft } from './bodies.ts'
import type { Answer, Call, CallBody } from './call.ts'
import { cloneValue, isDraft } from './draft.ts'
import { checkIncoming } from './incoming.ts'
import { applyJsonPatch } from './json-patch.ts'
import { JsonSyntaxError } from './json-syntax.ts'
import { applyMergePatch } from './merge-patch.ts'
import { optionError, parseWriteOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { requireStored, viewFor, writesStatus, type Scope } from './scope.ts'
import { badRequest, invalid, StatusError } from './status.ts'
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
  if (call.query.has('force')) {
    const message = 'Forbidden: may not be specified for non-apply patch'
    throw optionError('PatchOptions', 'force', { reason: 'FieldValueForbidden', message })
  }
  const old = requireStored(parts, scope)
  const live = viewFor(parts, scope.kind, old)
  const change = readPatch(call, type)
  const patched = requireDraft(patchedValue(parts, { scope, live, change, type }))
  const body = { value: patched, duplicates: [], isTyped: false }
  const shown = (): string => (type === patchTypes.strategic ? goText(change) : patchedText(patched))
  const refuse = (what: string): Error => badPatch(shown(), what)
  const { draft, warnings } = checkIncoming(parts, { body, expected: scope.kind, options, refuse })
  return replace(parts, { scope, call, options, draft, warnings, old, isApplied: false })
}

/** The patch applied, and what came of it is no object of the kind. */
function badPatch(shown: string, what: string): StatusError {
  return invalid({ group: '', kind: '', name: '' }, [
    { reason: 'FieldValueInvalid', field: 'patch', message: `Invalid value: ${JSON.stringify(shown)}: ${what}` },
  ])
}

/** The object as the real server shows it: the patch goes into a map, whose fields come in the order of their names. */
function patchedText(patched: Draft): string {
  return JSON.stringify(Object.fromEntries(Object.entries(patched).toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

/** What a patch makes of an object. */
function patchedValue(
  parts: Parts,
  request: { readonly scope: Scope; readonly live: StoredObject; readonly change: unknown; readonly type: string },
): unknown {
  const { scope, live, change, type } = request
  if (type === patchTypes.json) return applyJsonPatch(live.object, change)
  if (type === patchTypes.merge) {
    const merged = applyMergePatch(live.object, requireDraft(change))
    return writesStatus(scope) && scope.kind.custom ? cloneBeside(merged, live.object) : cloneValue(merged)
  }
  return cloneValue(parts.fields.strategicMerge(scope.apiVersion, scope.kind.kind, live.object, requireDraft(change)))
}

/** A copy that may be changed, but for the fields that are the stored ones: of these a status takes none. */
function cloneBeside(merged: unknown, stored: Readonly<Draft>): unknown {
  if (!isDraft(merged)) return merged
  const entries = Object.entries(merged)
  return Object.fromEntries(entries.map(([name, part]) => [name, part === stored[name] ? part : cloneValue(part)]))
}

/** The patch itself; JSON, whatever the format. */
export function readPatch(call: Call, type: string): unknown {
  const change = call.body.kind === 'value' ? call.body.value : parsePatch(call.body, type)
  if (type !== patchTypes.json && !isDraft(change)) {
    const what = Array.isArray(change) ? 'array' : typeof change
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${what} into Go value of type map[string]interface {}`,
    )
  }
  return change
}

function parsePatch(body: Exclude<CallBody, { kind: 'value' }>, type: string): unknown {
  try {
    return decodeText(body.kind === 'bytes' ? body.bytes : new Uint8Array(), false).value
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    throw badRequest(type === patchTypes.merge ? 'invalid JSON patch' : `error decoding patch: ${error.reason}`)
  }
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
