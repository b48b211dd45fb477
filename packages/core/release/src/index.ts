export { applyDefinitions, type DefinitionsEnd } from './actions/apply-definitions.ts'
export { installRelease } from './actions/install-release.ts'
export { rollbackRelease } from './actions/rollback-release.ts'
export { testRelease, type TestFilter } from './actions/test-release.ts'
export { uninstallRelease } from './actions/uninstall-release.ts'
export { unlockRelease } from './actions/unlock-release.ts'
export { upgradeRelease } from './actions/upgrade-release.ts'
export {
  correctDrift,
  findDrift,
  previewDrift,
  type Drift,
  type DriftEnd,
  type DriftOptions,
} from './drift/find-drift.ts'
export type { ActionEnd, ActionFailure, ActionKind, ActionSuccess } from './model/action-end.ts'
export type {
  MalformedRecord,
  RecordList,
  ReleaseAnswerValues,
  ReleaseEffect,
  ReleaseProgram,
  ReleaseStep,
  StoredRecord,
} from './model/effect.ts'
export {
  defaultActionOptions,
  helmOwners,
  type ActionOptions,
  type DefinitionFile,
  type DefinitionPolicy,
  type ReleaseContent,
  type ReleaseTarget,
} from './model/target.ts'
export type { PausePort, RecordStore, ReleasePorts, SeenObject } from './ports.ts'
export { previewRelease } from './preview/preview-release.ts'
export { readHistory, type History } from './records/read-history.ts'
export { ownershipProblems, releaseMark } from './release-mark.ts'
export { maxRecords, runRelease, type RunReleaseOptions } from './run-release.ts'
