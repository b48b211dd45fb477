import type { Draft, ResourceKind, StrategyContext } from '../contracts.ts'
import { shelfOf } from '../discovery/registry.ts'
import { storageKey, type StoredObject } from '../store/stored-object.ts'
import type { Call } from './call.ts'
import type { Parts } from './parts.ts'
import { cloneValue } from './draft.ts'
import { notFound, type Subject } from './status.ts'

/** What one request is about: a served kind, and the place that the path names in it. */
export interface Scope {
  readonly kind: ResourceKind
  readonly namespace: string
  /** Empty for a collection. */
  readonly name: string
  readonly subresource: string
  readonly shelf: string
  readonly apiVersion: string
}

export function scopeOf(
  kind: ResourceKind,
  place: { readonly namespace: string; readonly name: string; readonly subresource: string },
): Scope {
  return {
    kind,
    namespace: place.namespace,
    name: place.name,
    subresource: place.subresource,
    shelf: shelfOf(kind),
    apiVersion: apiVersionOf(kind.group, kind.version),
  }
}

export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`
}

/** Whether the request is for the status alone; the approval of a certificate request is a part of that. */
export function writesStatus(scope: Scope): boolean {
  return scope.subresource === 'status' || scope.subresource === 'approval'
}

/** As messages about the resource name it. */
export function resourceSubject(scope: Scope, name: string = scope.name): Subject {
  return { group: scope.kind.group, kind: scope.kind.resource, name }
}

/** As validation messages name it, by its Kind. */
export function kindSubject(scope: Scope, name: string = scope.name): Subject {
  return { group: scope.kind.group, kind: scope.kind.kind, name }
}

/** The stored object that a path names, or the 404 of it. */
export function requireStored(parts: Parts, scope: Scope): StoredObject {
  const stored = parts.storage.get(scope.shelf, storageKey(scope.namespace, scope.name))
  if (stored === undefined) throw notFound(resourceSubject(scope))
  return stored
}

/** The stored object in the version that was asked for, with the defaults that its schema has now. */
export function viewFor(parts: Pick<Parts, 'types'>, kind: ResourceKind, stored: StoredObject): StoredObject {
  const apiVersion = apiVersionOf(kind.group, kind.version)
  const generation = kind.schemaGeneration ?? 1
  if (generation > 1) {
    return stored.view(`${apiVersion}@${generation}`, (object) => {
      const draft = cloneValue(object) as Draft
      draft['apiVersion'] = apiVersion
      parts.types.applySchemaDefaults(apiVersion, kind.kind, draft)
      return draft
    })
  }
  if (stored.object['apiVersion'] === apiVersion) return stored
  return stored.view(apiVersion, (object) => arrange(kind, convert(kind, object, apiVersion)))
}

/** An object of a kind's version in the version that is stored. */
export function toStorage(kind: ResourceKind, object: Draft): Draft {
  const apiVersion = apiVersionOf(kind.storage.group, kind.storage.version)
  return arrange(kind, object['apiVersion'] === apiVersion ? object : convert(kind, object, apiVersion))
}

/** Versions of custom kinds differ in nothing but their name; built-in kinds know better. */
function convert(kind: ResourceKind, object: Readonly<Draft>, apiVersion: string): Draft {
  return kind.strategy.convert?.(object, apiVersion) ?? { ...object, apiVersion }
}

/** kind and apiVersion first, as typed objects are written; lists of built-in kinds leave exactly these two out. */
function arrange(kind: ResourceKind, object: Draft): Draft {
  const { kind: _kind, apiVersion, metadata, ...rest } = object
  return { kind: kind.kind, apiVersion, metadata, ...rest }
}

/** What strategies may look at. */
export function strategyContext(parts: Parts, call: Pick<Call, 'user'>, dryRun: boolean): StrategyContext {
  return {
    user: call.user,
    nowMs: parts.clock.now(),
    random: () => parts.random.next(),
    dryRun,
    ...(parts.access === undefined ? {} : { access: parts.access }),
    lookup: (...[group, resource, namespace, name]) =>
      parts.storage.get(group === '' ? resource : `${resource}.${group}`, storageKey(namespace, name))?.object,
    list: (group, resource, namespace) =>
      parts.storage
        .list(group === '' ? resource : `${resource}.${group}`, namespace === '' ? '' : `${namespace}/`)
        .map((stored) => stored.object),
  }
}
