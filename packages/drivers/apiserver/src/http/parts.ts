import type { Clock, Random, Timers } from '@kedge/base'
import type { Authorizer, Draft, FieldManager, ProtobufCodec, RequestUser, TypeSystem } from '../contracts.ts'
import type { ResourceRegistry } from '../discovery/registry.ts'
import type { Storage } from '../store/storage.ts'
import type { TokenIssuer } from './tokens.ts'

/** Everything that the verbs work with. */
export interface Parts {
  readonly storage: Storage
  readonly registry: ResourceRegistry
  readonly types: TypeSystem
  readonly fields: FieldManager
  readonly protobuf: ProtobufCodec
  readonly authorizer: Authorizer
  readonly tokens: TokenIssuer
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  /** Lists what a user may do in a namespace, for SelfSubjectRulesReview. */
  readonly rulesOf: (user: RequestUser, namespace: string) => Draft
}
