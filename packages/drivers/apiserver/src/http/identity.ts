import type { Draft } from '../contracts.ts'
import { ownMetadata, textOf, timestamp } from './draft.ts'
import type { Parts } from './parts.ts'
import { kindSubject, type Scope } from './scope.ts'
import { badRequest, invalid, StatusError } from './status.ts'

/** Letters of generated names: no vowels and no look-alikes, so that no words come out. */
const letters = 'bcdfghjklmnpqrstvwxz2456789'

/** Longest base of a generated name. */
const baseLimit = 58

/** Puts name, namespace and uid of a new object in order; what only the server may set is taken out or set. */
export function giveIdentity(parts: Parts, scope: Scope, draft: Draft): void {
  const metadata = ownMetadata(draft)
  placeInNamespace(scope, metadata)
  if (textOf(metadata, 'name') === '') {
    const base = textOf(metadata, 'generateName')
    if (base === '') {
      throw invalid(kindSubject(scope, ''), [
        {
          reason: 'FieldValueRequired',
          field: 'metadata.name',
          message: 'Required value: name or generateName is required',
        },
      ])
    }
    metadata['name'] = `${base.slice(0, baseLimit)}${suffix(parts)}`
  }
  if (textOf(metadata, 'resourceVersion') !== '') {
    throw new StatusError(500, '', { message: 'resourceVersion should not be set on objects to be created' })
  }
  for (const field of ['resourceVersion', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink']) {
    delete metadata[field]
  }
  metadata['uid'] = uuid(parts)
  metadata['creationTimestamp'] = timestamp(parts.clock.now())
}

/** The namespace of the path holds; an object that names another one is refused. */
export function placeInNamespace(scope: Scope, metadata: Draft): void {
  const given = textOf(metadata, 'namespace')
  if (!scope.kind.namespaced) {
    if (given === '') delete metadata['namespace']
    return
  }
  if (given !== '' && given !== scope.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  metadata['namespace'] = scope.namespace
}

function suffix(parts: Parts): string {
  return Array.from({ length: 5 }, () => letters[Math.floor(parts.random.next() * letters.length)]).join('')
}

/** A random (version 4) UUID from the given source of randomness. */
export function uuid(parts: Pick<Parts, 'random'>): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(parts.random.next() * 16).toString(16))
  digits[12] = '4'
  digits[16] = '89ab'[Math.floor(parts.random.next() * 4)] ?? '8'
  const hex = digits.join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
