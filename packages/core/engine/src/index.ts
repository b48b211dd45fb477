export { canonicalJson, digestOf, digestText, useHostSha256 } from './canonical.ts'
export { fightWindowMs, judgeFight, longestPauseMs, maxCorrections, type FightVerdict } from './fights.ts'
export { judgeEvent, type EventVerdict, type ObjectEvent } from './judge-event.ts'
export type {
  Change,
  HoldReason,
  KeepReason,
  Plan,
  PlannedWave,
  PruneItem,
  PruneVerdict,
  ReleaseReason,
  Target,
  UpdateCause,
} from './model/change.ts'
export type {
  Delivery,
  DeleteGuards,
  FieldOwnerPattern,
  HealthCheck,
  OwnerMark,
  Propagation,
  ProtectedObject,
  Rank,
  Wave,
} from './model/delivery.ts'
export type { ApplyMode, Desired, DesiredSet } from './model/desired.ts'
export type {
  Answer,
  AnswerOf,
  AnswerValues,
  Batch,
  Effect,
  EffectError,
  EffectOwner,
  JsonPatchStep,
  Program,
  ReadingEffect,
  ResourceKindInfo,
  WritingEffect,
} from './model/effect.ts'
export type { InventoryEntry, ObjectRef } from './model/inventory.ts'
export { emptyMemory, type AppliedRecord, type FightRecord, type Memory } from './model/memory.ts'
export type { Pass } from './model/pass.ts'
export type { HealthWait, ObjectHealth, Outcome, OutcomeKind, PassResult, Preview, Report } from './model/report.ts'
export type {
  ApplyOptions,
  ClaimsPort,
  ClusterPort,
  ClusterResource,
  DeleteOptions,
  EnginePorts,
  RecordPort,
} from './ports.ts'
export { isWaitOver, type WaitView } from './observe/observe.ts'
export { alwaysAllowed, allowedShare } from './plan/brakes/too-many-deletes.ts'
export { byRank, kindRank } from './plan/kind-rank.ts'
export { stageTimeoutMs, wavesByKind } from './plan/waves-by-kind.ts'
export { perform, performAll, together } from './program.ts'
export { appliedDigest, projectionDigest, recordOf } from './projection.ts'
export { dismantle, preview, reconcile } from './reconcile.ts'
export {
  createTrace,
  defaultConcurrency,
  run,
  runWith,
  touch,
  type EffectWatcher,
  type RunOptions,
  type Touch,
  type TraceEntry,
} from './run.ts'
export { isOlderVersion } from './version-order.ts'
