export {
  build,
  createBuildCaches,
  KUSTOMIZE_VERSION,
  type BuildCaches,
  type BuildOptions,
  type BuildResult,
} from './build.ts'
export { BuildCache, type CachedBuild } from './build-cache.ts'
export { editKustomization, existingComponents, type KustomizationEdits } from './edit/edit-kustomization.ts'
export { generateKustomization, hasKustomization } from './edit/generate-kustomization.ts'
export { explain, type Explanation, type Setting } from './explain.ts'
export type { ChartRenderer, ChartRequest } from './generate/helm.ts'
export type { LinkedTree, LoadRestriction } from './load/loader.ts'
export {
  attemptWith,
  defaultRemoteLimits,
  FetchedRemotes,
  withRemotes,
  type RemoteAnswer,
  type RemoteChart,
  type RemoteLimits,
  type RemoteLoader,
  type RemoteNeed,
} from './load/remotes.ts'
export { parseRepository, type Repository } from './load/repository.ts'
export type { ImageSpec, Kustomization, LabelSpec, PatchSpec, ReplicaSpec, Selector } from './model/kustomization.ts'
export type { Resource } from './model/resource.ts'
