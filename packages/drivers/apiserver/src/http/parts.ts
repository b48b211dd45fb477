import type { Clock, Random, Timers } from '@kedge/base'
import type { Access, FieldManager, ProtobufCodec } from '../contracts.ts'
import type { ResourceRegistry } from '../discovery/registry.ts'
import type { KindTypes } from '../schema/type-system.ts'
import type { Storage } from '../store/storage.ts'
import type { TokenIssuer } from './tokens.ts'

/** Everything that the verbs work with. */
export interface Parts {
  readonly storage: Storage
  readonly registry: ResourceRegistry
  readonly types: KindTypes
  readonly fields: FieldManager
  readonly protobuf: ProtobufCodec
  /** Undefined when everybody may do everything. */
  readonly access: Access | undefined
  readonly tokens: TokenIssuer
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
}
