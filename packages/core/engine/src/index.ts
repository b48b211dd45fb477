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
  HealthCheck,
  OwnerMark,
  Propagation,
  ProtectedObject,
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
  JsonPatchStep,
  Program,
  ReadingEffect,
  ResourceKindInfo,
  WritingEffect,
} from './model/effect.ts'
export type { InventoryEntry, ObjectRef } from './model/inventory.ts'
export { emptyMemory, type AppliedRecord, type FightRecord, type Memory } from './model/memory.ts'
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
