import { FailureError } from '@kedge/base'
import { StorageFailure } from '../store/storage.ts'
import type { Answer, Call } from './call.ts'
import { objectAnswer } from './call.ts'
import { create } from './create.ts'
import { deleteCollection, deleteOne } from './delete.ts'
import { isTrue } from './options.ts'
import { otherAnswer, pageNotFound } from './other.ts'
import { patch } from './patch.ts'
import { bind } from './pod-verbs.ts'
import type { Parts } from './parts.ts'
import { get, list } from './read.ts'
import { reviewAnswer } from './reviews.ts'
import { scopeOf, type Scope } from './scope.ts'
import { internalError, methodNotAllowed, noSuchResource, notAllowed, StatusError } from './status.ts'
import { subresourceAnswer } from './subresources.ts'
import { parseTarget, type Target } from './target.ts'
import { update } from './update.ts'
import { watch } from './watch.ts'

/** How often a read is made again because what it saw was lost with a failed write. */
const retryLimit = 3

/**
 * Answers one request: authorization, the verb, and the wait until everything that the answer tells is durable.
 * Between the reads and the writes of one verb nothing else happens.
 */
export async function answerCall(parts: Parts, call: Call): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const before = parts.storage.revision
    const answer = answerNow(parts, call)
    const revision = parts.storage.revision
    const wait = parts.storage.durable(revision)
    if (wait === undefined) return answer
    try {
      await wait
      return answer
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error
      if (revision !== before || attempt === retryLimit) return failureAnswer(internalError(error.message))
    }
  }
}

/** The answer that tells a failure. */
export function failureAnswer(error: StatusError): Answer {
  return objectAnswer(error.code, error.toStatus())
}

/** The answer without the wait: what it tells may not be durable yet. */
export function answerNow(parts: Parts, call: Call): Answer {
  try {
    return dispatch(parts, call)
  } catch (error) {
    if (error instanceof StatusError) return failureAnswer(error)
    if (error instanceof StorageFailure) return failureAnswer(internalError(error.message))
    if (error instanceof FailureError)
      return failureAnswer(new StatusError(500, '', { message: error.failure.message }))
    throw error
  }
}

function dispatch(parts: Parts, call: Call): Answer {
  const target = parseTarget(call.path)
  if (target.kind === 'other') {
    authorizePath(parts, call)
    return otherAnswer(parts, call)
  }
  authorizeResource(parts, call, target)
  const kind = parts.registry.find(target.group, target.version, target.resource)
  if (kind === undefined) return missing(parts, target)
  if (target.namespace !== '' && !kind.namespaced) return missing(parts, target)
  const scope = scopeOf(kind, target)
  if (scope.subresource !== '') return subresourceAnswer(parts, scope, call)
  return scope.name === '' ? onCollection(parts, scope, call) : onObject(parts, scope, call)
}

function missing(parts: Parts, target: { readonly group: string }): Answer {
  if (parts.registry.hasGroup(target.group)) throw noSuchResource()
  return pageNotFound()
}

function onCollection(parts: Parts, scope: Scope, call: Call): Answer {
  const verbs = scope.kind.verbs
  if (call.method === 'GET' && verbs.includes('list')) {
    return isTrue(call.query.get('watch')) ? watch(parts, scope, call) : list(parts, scope, call)
  }
  if (call.method === 'POST' && verbs.includes('create')) {
    if (scope.kind.namespaced && scope.namespace === '') throw methodNotAllowed()
    if (scope.shelf === 'bindings') return bind(parts, podsOf(parts, scope), call)
    return reviewAnswer(parts, scope, call) ?? create(parts, scope, call)
  }
  if (call.method === 'DELETE' && verbs.includes('deletecollection')) return deleteCollection(parts, scope, call)
  throw methodNotAllowed()
}

/** A Binding posted to its own collection is meant for the pod that it names. */
function podsOf(parts: Parts, scope: Scope): Scope {
  const kind = parts.registry.find('', 'v1', 'pods')
  if (kind === undefined) throw noSuchResource()
  return scopeOf(kind, { namespace: scope.namespace, name: '', subresource: '' })
}

function onObject(parts: Parts, scope: Scope, call: Call): Answer {
  const { kind } = scope
  if (kind.namespaced && scope.namespace === '') throw noSuchResource()
  switch (call.method) {
    case 'GET':
      if (!kind.verbs.includes('get')) break
      return isTrue(call.query.get('watch')) ? watch(parts, scope, call) : get(parts, scope, call)
    case 'PUT':
      if (!kind.verbs.includes('update')) break
      return update(parts, scope, call)
    case 'PATCH':
      if (!kind.verbs.includes('patch')) break
      return patch(parts, scope, call)
    case 'DELETE':
      if (!kind.verbs.includes('delete')) break
      return deleteOne(parts, scope, call)
    default:
  }
  throw methodNotAllowed()
}

function authorizePath(parts: Parts, call: Call): void {
  if (openPaths.has(call.path)) return
  const verb = call.method.toLowerCase()
  const none = { group: '', version: '', resource: '', subresource: '', namespace: '', name: '' }
  const attributes = { user: call.user, verb, ...none, path: call.path }
  if (parts.access !== undefined && !parts.access.authorize(attributes).allowed)
    throw notAllowed(attributes, parts.access)
}

const openPaths: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz'])

function authorizeResource(parts: Parts, call: Call, target: Extract<Target, { kind: 'resource' }>): void {
  const verb = verbOf(call, target)
  // The namespace object is authorized inside itself, as RoleBindings there may grant it.
  const namespace = target.resource === 'namespaces' && target.group === '' ? target.name : target.namespace
  const { group, version, resource, subresource, name } = target
  const attributes = { user: call.user, verb, group, version, resource, subresource, namespace, name }
  if (parts.access === undefined || parts.access.authorize(attributes).allowed) return
  throw notAllowed(attributes, parts.access)
}

function verbOf(call: Call, target: Extract<Target, { kind: 'resource' }>): string {
  switch (call.method) {
    case 'GET':
    case 'HEAD':
      if (isTrue(call.query.get('watch'))) return 'watch'
      return target.name === '' ? 'list' : 'get'
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return target.name === '' ? 'deletecollection' : 'delete'
    default:
      return call.method.toLowerCase()
  }
}
