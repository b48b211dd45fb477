import type { Clock, Random, Timers } from '@kedge/base'
import { createAccess } from './access/index.ts'
import { createFieldManager } from './apply/field-manager.ts'
import type { RequestUser } from './contracts.ts'
import { builtInKinds } from './discovery/built-in.ts'
import { definitionShelf, forgetDefinition, serveDefinition } from './discovery/definitions.ts'
import { ResourceRegistry } from './discovery/registry.ts'
import type { Parts } from './http/parts.ts'
import { createTokenIssuer, makeTokenKey } from './http/tokens.ts'
import { createStrategies } from './kinds/index.ts'
import { createProtobufCodec } from './protobuf/decode.ts'
import { createTypeSystem } from './schema/type-system.ts'
import type { Observer, StorageOptions } from './store/memory-storage.ts'
import type { Storage } from './store/storage.ts'

/** What the parts of a server are made from. */
export interface AssemblyOptions {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly authorization?: 'rbac' | 'always-allow'
  readonly tokens?: ReadonlyMap<string, RequestUser>
  /** Private key that service account tokens are signed with, PEM; a new one when absent. */
  readonly tokenKey: string | undefined
  readonly createStorage: (options: StorageOptions) => Storage
}

/** Puts the parts of a server together. */
export function assembleParts(options: AssemblyOptions): Parts {
  const { clock, timers, random } = options
  const registry = new ResourceRegistry()
  const strategies = createStrategies()
  for (const kind of builtInKinds(({ group, resource }) => strategies.strategyFor(group, resource))) registry.add(kind)
  const types = createTypeSystem()
  const access = options.authorization === 'always-allow' ? undefined : createAccess()
  const storage = options.createStorage({ observe: observer({ registry, types, access }) })
  const key = (): string => options.tokenKey ?? makeTokenKey()
  return {
    storage,
    registry,
    types,
    fields: createFieldManager(types),
    protobuf: createProtobufCodec(),
    access,
    tokens: createTokenIssuer({ key, fixed: options.tokens ?? new Map(), storage, clock, random }),
    clock,
    timers,
    random,
  }
}

/** Keeps what is derived from stored objects in step with them: served kinds, and who may do what. */
function observer(derived: Pick<Parts, 'registry' | 'types' | 'access'>): Observer {
  return (shelf, current, previous) => {
    if (shelf === definitionShelf) {
      if (current !== undefined) serveDefinition(derived, current.object)
      else if (previous !== undefined) forgetDefinition(derived, previous.object)
    }
    if (derived.access === undefined || !shelf.endsWith('.rbac.authorization.k8s.io')) return
    if (current !== undefined) derived.access.put(current.object)
    else if (previous !== undefined) derived.access.remove(previous.object)
  }
}
