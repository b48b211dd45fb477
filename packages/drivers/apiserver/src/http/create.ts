import type { Answer, Call } from './call.ts'
import { admitToNamespace } from './admission.ts'
import { commitCreate } from './commit.ts'
import { metadataOf, textOf } from './draft.ts'
import { giveIdentity } from './identity.ts'
import { readIncoming } from './incoming.ts'
import { parseWriteOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { storedAnswer } from './answers.ts'
import { resourceSubject, type Scope } from './scope.ts'
import { alreadyExists } from './status.ts'
import { storageKey } from '../store/stored-object.ts'

/** POST to a collection. */
export function create(parts: Parts, scope: Scope, call: Call): Answer {
  const options = parseWriteOptions(call.query, 'CreateOptions', call.userAgent)
  const { draft, warnings } = readIncoming(parts, { call, expected: scope.kind, options })
  giveIdentity(parts, scope, draft)
  const name = textOf(metadataOf(draft), 'name')
  admitToNamespace(parts, scope, name)
  if (parts.storage.get(scope.shelf, storageKey(scope.namespace, name)) !== undefined) {
    throw alreadyExists(resourceSubject(scope, name))
  }
  const written = commitCreate(parts, { scope, call, options, draft })
  return storedAnswer(parts, { scope, call, status: 201, written, warnings })
}
