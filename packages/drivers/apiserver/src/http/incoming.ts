import type { Draft } from '../contracts.ts'
import { decodeBody, requireDraft, type DecodedBody } from './bodies.ts'
import type { Call } from './call.ts'
import { ownMetadata, textOf } from './draft.ts'
import type { WriteOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { apiVersionOf } from './scope.ts'
import { badRequest } from './status.ts'

/** An object as a client sent it, of the right kind, with only known fields of the right types. */
export interface Incoming {
  readonly draft: Draft
  readonly warnings: readonly string[]
}

/** The kind that a request's body must have: the resource's own, or a subresource's. */
export interface Expected {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** Reads the body of a create or update. */
export function readIncoming(
  parts: Parts,
  request: { readonly call: Call; readonly expected: Expected; readonly options: WriteOptions },
): Incoming {
  const body = decodeBody(request.call, parts.protobuf, request.expected.kind)
  return checkIncoming(parts, { body, expected: request.expected, options: request.options })
}

/** Checks kind, types and fields of a decoded object, and drops unknown fields. */
export function checkIncoming(
  parts: Parts,
  request: {
    readonly body: DecodedBody
    readonly expected: Expected
    readonly options: Pick<WriteOptions, 'fieldValidation'>
    /** How what is wrong is told; as a body that cannot be decoded when absent. */
    readonly refuse?: (what: string) => Error
  },
): Incoming {
  const { body, expected } = request
  const draft = requireDraft(body.value, expected.kind)
  const apiVersion = apiVersionOf(expected.group, expected.version)
  checkKind(draft, expected, apiVersion)
  draft['kind'] = expected.kind
  draft['apiVersion'] = apiVersion
  ownMetadata(draft)
  if (body.isTyped) return { draft, warnings: [] }
  const report = parts.types.check(apiVersion, expected.kind, draft)
  const undecodable = (what: string): Error =>
    badRequest(`${expected.kind} in version "${expected.version}" cannot be handled as a ${expected.kind}: ${what}`)
  const refuse = request.refuse ?? undecodable
  if (report.mismatches.length > 0) throw refuse(report.mismatches[0] ?? '')
  if (report.unknown.length > 0) parts.types.prune(apiVersion, expected.kind, draft)
  parts.types.normalize(apiVersion, expected.kind, draft)
  const complaints = [
    ...body.duplicates.map((field) => `duplicate field "${field}"`),
    ...report.unknown.map((field) => `unknown field "${field}"`),
  ]
  if (request.options.fieldValidation === 'Ignore' || complaints.length === 0) return { draft, warnings: [] }
  if (request.options.fieldValidation === 'Strict') throw refuse(`strict decoding error: ${complaints.join(', ')}`)
  return { draft, warnings: complaints }
}

function checkKind(draft: Draft, expected: Expected, apiVersion: string): void {
  const kind = textOf(draft, 'kind')
  const given = textOf(draft, 'apiVersion')
  if ((kind === '' || kind === expected.kind) && (given === '' || given === apiVersion)) return
  if (kind !== '' && kind !== expected.kind) {
    const version = given === '' ? apiVersion : given
    const go = `(v1.${kind}) to (core.${expected.kind})`
    throw badRequest(
      `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: converting ${go}: unknown conversion`,
    )
  }
  throw badRequest(
    `${expected.kind} in version ${JSON.stringify(given)} cannot be handled as a ${expected.kind}: no kind ${JSON.stringify(expected.kind)} is registered for version ${JSON.stringify(given)} in scheme "pkg/runtime/scheme.go:111"`,
  )
}
