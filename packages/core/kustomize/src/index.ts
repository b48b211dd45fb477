export {
  build,
  createBuildCaches,
  KUSTOMIZE_VERSION,
  type BuildCaches,
  type BuildOptions,
  type BuildResult,
} from './build.ts'
export type { ChartRenderer, ChartRequest } from './generate/helm.ts'
export type { LinkedTree, LoadRestriction, RemoteLoader } from './load/loader.ts'
export { parseRepository, type Repository } from './load/repository.ts'
export type { Kustomization } from './model/kustomization.ts'
