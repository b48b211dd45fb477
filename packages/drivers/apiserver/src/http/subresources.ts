import type { Answer, Call } from './call.ts'
import type { Parts } from './parts.ts'
import { patch } from './patch.ts'
import { get } from './read.ts'
import type { Scope } from './scope.ts'
import { methodNotAllowed, noSuchResource } from './status.ts'
import { update } from './update.ts'

/** Requests to a part of an object: status, scale, log and so on. */
export function subresourceAnswer(parts: Parts, scope: Scope, call: Call): Answer {
  const known = scope.kind.subresources[scope.subresource]
  if (known === undefined) throw noSuchResource()
  if (call.method === 'GET') return get(parts, scope, call)
  if (call.method === 'PUT') return update(parts, scope, call)
  if (call.method === 'PATCH') return patch(parts, scope, call)
  throw methodNotAllowed()
}
