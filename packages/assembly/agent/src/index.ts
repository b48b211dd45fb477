export { createAgent, type Agent, type AgentMetrics, type AgentOptions } from './agent.ts'
export { chartTar } from './sources/chart-archive.ts'
export { type Standing } from './kinds/controller.ts'
export { type Log, type LogLine } from './log.ts'
export { inlineHelmRender } from './render/helm-render.ts'
export { fetchingRender } from './render/fetching-render.ts'
export { createPooledRender, type PooledRender } from './render/pooled-render.ts'
export { buildApplication, previewApplication, type ApplicationPreviewRequest } from './preview/preview-application.ts'
export {
  buildHelmRelease,
  previewHelmRelease,
  type HelmReleasePreview,
  type HelmReleasePreviewRequest,
  type HookPreview,
} from './preview/preview-helm-release.ts'
export { buildKustomization, previewKustomization, type PreviewRequest } from './preview/preview-kustomization.ts'
export { inlineRender, rememberRenders, type Render } from './render/renderer.ts'
export { renderTree } from './render/render-tree.ts'
export { type ExpectedObject } from './settled.ts'
