import type { Draft } from '../../contracts.ts'
import { child, children, numeric, stringMap, strings, text } from '../../kinds/draft.ts'
import { apiVersionOf, type ResourceType } from './resources.ts'

/** A stored object as controllers see it: shared and never changed. */
export type KubeObject = Readonly<Draft>

export function metaOf(object: KubeObject): Draft {
  return child(object, 'metadata') ?? {}
}

export function nameOf(object: KubeObject): string {
  return text(metaOf(object), 'name')
}

export function namespaceOf(object: KubeObject): string {
  return text(metaOf(object), 'namespace')
}

export function uidOf(object: KubeObject): string {
  return text(metaOf(object), 'uid')
}

export function labelsOf(object: KubeObject): Readonly<Record<string, string>> {
  return stringMap(metaOf(object), 'labels')
}

export function annotationsOf(object: KubeObject): Readonly<Record<string, string>> {
  return stringMap(metaOf(object), 'annotations')
}

export function finalizersOf(object: KubeObject): readonly string[] {
  return strings(metaOf(object), 'finalizers')
}

export function ownersOf(object: KubeObject): readonly Draft[] {
  return children(metaOf(object), 'ownerReferences')
}

export function specOf(object: KubeObject): Draft {
  return child(object, 'spec') ?? {}
}

export function statusOf(object: KubeObject): Draft {
  return child(object, 'status') ?? {}
}

export function generationOf(object: KubeObject): number {
  return numeric(metaOf(object), 'generation') ?? 0
}

/** Whether deletion has begun. */
export function isDeleting(object: KubeObject): boolean {
  return metaOf(object)['deletionTimestamp'] !== undefined
}

/** Milliseconds of a time field such as creationTimestamp; undefined when it is absent. */
export function timeOf(holder: Readonly<Draft> | undefined, key: string): number | undefined {
  const written = text(holder, key)
  return written === '' ? undefined : Date.parse(written)
}

export function createdAt(object: KubeObject): number {
  return timeOf(metaOf(object), 'creationTimestamp') ?? 0
}

/** `namespace/name`, or the name alone of a cluster-scoped object. */
export function keyOf(object: KubeObject): string {
  const namespace = namespaceOf(object)
  return namespace === '' ? nameOf(object) : `${namespace}/${nameOf(object)}`
}

/** The owner that controls an object. */
export function controllerOf(object: KubeObject): Draft | undefined {
  return ownersOf(object).find((owner) => owner['controller'] === true)
}

/** An owner reference of a controller to what it makes. */
export function controllerReference(type: ResourceType, owner: KubeObject): Draft {
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    name: nameOf(owner),
    uid: uidOf(owner),
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** RFC 3339 with whole seconds, as metav1.Time is written. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** The condition of a type in an object's status. */
export function conditionOf(object: KubeObject, type: string): Draft | undefined {
  return children(statusOf(object), 'conditions').find((condition) => condition['type'] === type)
}

/** Whether a condition has status True. */
export function isTrue(object: KubeObject, type: string): boolean {
  return conditionOf(object, type)?.['status'] === 'True'
}
