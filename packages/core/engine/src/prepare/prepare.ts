import { describeOrigin, type Failure } from '@kedge/base'
import { describeKey, formatKey, gvkOf, type GroupVersionKind, type KubeObject, type ObjectKey } from '@kedge/manifest'

import { isRecord } from '../canonical.ts'
import type { Desired } from '../model/desired.ts'
import type { AnswerOf, Program, ReadingEffect } from '../model/effect.ts'
import type { ObjectRef } from '../model/inventory.ts'
import type { Pass } from '../model/pass.ts'
import { performAll } from '../program.ts'
import { cleanObject } from './clean-object.ts'

/** A desired object whose identity is settled and which carries the owner's mark. */
export interface Subject {
  readonly ref: ObjectRef
  readonly desired: Desired
  readonly object: KubeObject
  /** Whether the server knows the kind already; else a definition among the desired objects brings it. */
  readonly served: boolean
}

/** A desired object that cannot be applied as it is. */
export interface Refusal {
  readonly ref: ObjectRef
  readonly desired: Desired
  readonly failure: Failure
  /** Whether the same object may be acceptable later. */
  readonly retryable: boolean
}

export interface Prepared {
  readonly subjects: readonly Subject[]
  readonly refusals: readonly Refusal[]
}

type Scope =
  | { readonly kind: 'served'; readonly namespaced: boolean }
  | { readonly kind: 'defined'; readonly namespaced: boolean }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreadable'; readonly message: string }

type ResolveEffect = Extract<ReadingEffect, { kind: 'resolve' }>

/** Settles each desired object's identity by what discovery says of its kind, and stamps it. Reads discovery only. */
export function* prepare(pass: Pass): Program<Prepared> {
  const { objects } = pass.delivery.desired
  const kinds = distinctKinds(objects)
  const answers = yield* performAll(kinds.map((gvk): ResolveEffect => ({ kind: 'resolve', gvk, fresh: false })))
  const definitions = definedKinds(objects)
  const scopes = new Map(kinds.map((gvk, index) => [kindText(gvk), scopeOf(gvk, answers[index], definitions)]))
  const settled = objects.map((desired) => settle(desired, scopes.get(kindText(gvkOf(desired.object))), pass))
  return refuseDuplicates(settled)
}

function distinctKinds(objects: readonly Desired[]): readonly GroupVersionKind[] {
  return [...new Map(objects.map(({ object }) => [kindText(gvkOf(object)), gvkOf(object)])).values()]
}

function kindText(gvk: GroupVersionKind): string {
  return `${gvk.group}/${gvk.version}/${gvk.kind}`
}

/** Kinds that the desired objects themselves define, `group/Kind`, and whether they have namespaces. */
function definedKinds(objects: readonly Desired[]): ReadonlyMap<string, boolean> {
  const kinds = new Map<string, boolean>()
  for (const { object } of objects) {
    const spec = object['spec']
    if (object.kind !== 'CustomResourceDefinition' || !isRecord(spec) || !isRecord(spec['names'])) continue
    kinds.set(`${String(spec['group'])}/${String(spec['names']['kind'])}`, spec['scope'] !== 'Cluster')
  }
  return kinds
}

function scopeOf(
  gvk: GroupVersionKind,
  answer: AnswerOf<ResolveEffect> | undefined,
  definitions: ReadonlyMap<string, boolean>,
): Scope {
  if (answer?.ok === true && answer.value !== undefined) return { kind: 'served', namespaced: answer.value.namespaced }
  const namespaced = definitions.get(`${gvk.group}/${gvk.kind}`)
  if (namespaced !== undefined) return { kind: 'defined', namespaced }
  if (answer?.ok === false) return { kind: 'unreadable', message: answer.error.message }
  return { kind: 'unknown' }
}

type Settled = { readonly subject: Subject } | { readonly refusal: Refusal }

function settle(desired: Desired, scope: Scope | undefined, pass: Pass): Settled {
  const { object } = desired
  const { group, version, kind } = gvkOf(object)
  const ref: ObjectRef = {
    group,
    version,
    kind,
    namespace: object.metadata.namespace || (pass.delivery.defaultNamespace ?? ''),
    name: object.metadata.name ?? '',
  }
  if (ref.name === '')
    return refuse({
      ref,
      desired,
      code: 'NameMissing',
      text: 'the object has no metadata.name',
      fix: 'give it a name; generateName is not supported',
    })
  if (scope === undefined || scope.kind === 'unknown') {
    const text = `the cluster does not serve ${object.apiVersion} ${kind}`
    return refuse({
      ref,
      desired,
      code: 'UnknownKind',
      text,
      fix: 'install its CustomResourceDefinition, or correct apiVersion and kind',
      retryable: true,
    })
  }
  if (scope.kind === 'unreadable') {
    const text = `the cluster did not say what ${object.apiVersion} ${kind} is: ${scope.message}`
    return refuse({ ref, desired, code: 'DiscoveryFailed', text, retryable: true })
  }
  if (scope.namespaced && ref.namespace === '') {
    return refuse({
      ref,
      desired,
      code: 'NamespaceMissing',
      text: 'namespace not specified',
      fix: 'set metadata.namespace, or a target namespace for all objects',
    })
  }
  // An identity with a namespace that the server ignores would later look like another object.
  const settledRef = scope.namespaced ? ref : { ...ref, namespace: '' }
  const stamped = pass.delivery.mark.stamp(withNamespace(cleanObject(object), settledRef.namespace))
  return { subject: { ref: settledRef, desired, object: stamped, served: scope.kind === 'served' } }
}

function withNamespace(object: KubeObject, namespace: string): KubeObject {
  const { namespace: _namespace, ...metadata } = object.metadata
  return { ...object, metadata: namespace === '' ? metadata : { ...metadata, namespace } }
}

function refuse(parts: {
  readonly ref: ObjectRef
  readonly desired: Desired
  readonly code: string
  readonly text: string
  readonly fix?: string
  readonly retryable?: boolean
}): Settled {
  const failure: Failure = {
    code: parts.code,
    message: parts.text,
    object: describeKey(parts.ref),
    origin: parts.desired.origin,
    ...(parts.fix === undefined ? {} : { fix: parts.fix }),
  }
  return { refusal: { ref: parts.ref, desired: parts.desired, failure, retryable: parts.retryable ?? false } }
}

/** Two objects with one identity: nobody can say which is meant, so neither is applied. */
function refuseDuplicates(settled: readonly Settled[]): Prepared {
  const byKey = Map.groupBy(
    settled.flatMap((one) => ('subject' in one ? [one.subject] : [])),
    (subject) => formatKey(subject.ref),
  )
  const subjects: Subject[] = []
  const refusals = settled.flatMap((one) => ('refusal' in one ? [one.refusal] : []))
  for (const same of byKey.values()) {
    const [first] = same
    if (first === undefined) continue
    if (same.length === 1) {
      subjects.push(first)
      continue
    }
    const places = same.map((one) => describeOrigin(one.desired.origin)).join(' and ')
    const text = `the object is there ${same.length} times, in ${places}`
    const refused = refuse({
      ref: first.ref,
      desired: first.desired,
      code: 'DuplicateObject',
      text,
      fix: 'keep one of them',
    })
    if ('refusal' in refused) refusals.push(refused.refusal)
  }
  return { subjects, refusals }
}

/** Whether a key is one of these. */
export function isAmong(key: ObjectKey, keys: readonly ObjectKey[]): boolean {
  const text = formatKey(key)
  return keys.some((one) => formatKey(one) === text)
}
