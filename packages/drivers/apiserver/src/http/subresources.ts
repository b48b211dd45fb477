import type { Draft } from '../contracts.ts'
import { storedAnswer } from './answers.ts'
import { objectAnswer, type Answer, type Call } from './call.ts'
import { commitUpdate } from './commit.ts'
import { cloneValue, metadataOf, ownMetadata, partOf, textOf, textsOf, timestamp } from './draft.ts'
import { readIncoming } from './incoming.ts'
import { parseWriteOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { patch } from './patch.ts'
import { bind, evict, podLog } from './pod-verbs.ts'
import { get } from './read.ts'
import { scaleAnswer } from './scale.ts'
import { requireStored, resourceSubject, viewFor, type Scope } from './scope.ts'
import { invalid, methodNotAllowed, modified, noSuchResource, StatusError } from './status.ts'
import { update } from './update.ts'

/** Needs a program that runs, and none does. */
const streams: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy'])

/** How long a token lives when its request does not say, and at least, in seconds. */
const tokenSeconds = { usual: 3600, least: 600, most: 2 ** 32 }

/** Requests to a part of an object: status, scale, log and so on. */
export function subresourceAnswer(parts: Parts, scope: Scope, call: Call): Answer {
  const [name = ''] = scope.subresource.split('/')
  if (streams.has(name) && name in scope.kind.subresources) {
    requireStored(parts, scope)
    throw notImplemented(name)
  }
  if (!(scope.subresource in scope.kind.subresources)) throw noSuchResource()
  if (scope.subresource === 'scale') return scaleAnswer(parts, scope, call)
  if (call.method === 'POST') return posted(parts, scope, call)
  if (scope.subresource === 'log') return podLog(parts, scope, call)
  if (scope.subresource === 'finalize' && call.method === 'PUT') return finalize(parts, scope, call)
  if (call.method === 'GET') return get(parts, scope, call)
  if (call.method === 'PUT') return update(parts, scope, call)
  if (call.method === 'PATCH') return patch(parts, scope, call)
  throw methodNotAllowed()
}

function posted(parts: Parts, scope: Scope, call: Call): Answer {
  switch (`${scope.kind.resource}/${scope.subresource}`) {
    case 'pods/binding':
      return bind(parts, scope, call)
    case 'pods/eviction':
      return evict(parts, scope, call)
    case 'serviceaccounts/token':
      return requestToken(parts, scope, call)
    default:
      throw methodNotAllowed()
  }
}

function notImplemented(name: string): StatusError {
  return new StatusError(501, 'NotImplemented', {
    message: `containers are simulated in this cluster, so ${name} has nothing to talk to`,
  })
}

/** PUT namespaces/<name>/finalize: what still has to be cleared before the namespace may go. */
function finalize(parts: Parts, scope: Scope, call: Call): Answer {
  const options = parseWriteOptions(call.query, 'UpdateOptions', call.userAgent)
  const { draft: sent, warnings } = readIncoming(parts, { call, expected: scope.kind, options })
  const old = requireStored(parts, scope)
  const live = viewFor(parts, scope.kind, old).object
  const revision = textOf(metadataOf(sent), 'resourceVersion')
  if (revision !== '' && revision !== textOf(metadataOf(live), 'resourceVersion'))
    throw modified(resourceSubject(scope))
  const draft = cloneValue(live) as Draft
  draft['spec'] = { ...partOf(draft, 'spec'), finalizers: textsOf(partOf(sent, 'spec'), 'finalizers') }
  const written = commitUpdate(parts, { scope, call, options, draft, old, live })
  return storedAnswer(parts, { scope, call, status: 200, written, warnings })
}

/** POST serviceaccounts/<name>/token: a TokenRequest is answered with a signed token. */
function requestToken(parts: Parts, scope: Scope, call: Call): Answer {
  const options = parseWriteOptions(call.query, 'CreateOptions', call.userAgent)
  const expected = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }
  const { draft } = readIncoming(parts, { call, expected, options })
  const account = metadataOf(requireStored(parts, scope).object)
  const spec = partOf(draft, 'spec')
  const asked = spec['expirationSeconds']
  if (typeof asked === 'number' && asked < tokenSeconds.least) {
    const message = `Invalid value: ${asked}: may not specify a duration less than 10 minutes`
    throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest', name: '' }, [
      { reason: 'FieldValueInvalid', field: 'spec.expirationSeconds', message },
    ])
  }
  const seconds = Math.min(
    tokenSeconds.most,
    Math.max(tokenSeconds.least, typeof asked === 'number' ? asked : tokenSeconds.usual),
  )
  const bound = partOf(spec, 'boundObjectRef')
  const boundKind = textOf(bound, 'kind').toLowerCase()
  const subject = { namespace: scope.namespace, name: scope.name, uid: textOf(account, 'uid') }
  const audiences = textsOf(spec, 'audiences')
  const issued = parts.tokens.issue(subject, {
    audiences,
    seconds,
    ...(boundKind === '' ? {} : { bound: { [boundKind]: { name: bound['name'], uid: bound['uid'] } } }),
  })
  const metadata = {
    ...ownMetadata(draft),
    name: scope.name,
    namespace: scope.namespace,
    creationTimestamp: timestamp(parts.clock.now()),
  }
  return objectAnswer(201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata,
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: boundKind === '' ? null : bound },
    status: { token: issued.token, expirationTimestamp: timestamp(issued.expiresMs) },
  })
}
