export {
  fileText,
  type Chart,
  type ChartDependency,
  type ChartFile,
  type ChartMaintainer,
  type ChartMetadata,
} from './chart/chart.ts'
export { chartError } from './chart/chart-error.ts'
export { isInRange, missingDependencies, processDependencies } from './chart/dependencies.ts'
export { loadChartArchive, loadChartFiles, loadChartTree, type LoadOptions } from './chart/load-chart.ts'
export type { Gunzip } from './chart/read-archive.ts'
export { lintChart, type LintRequest } from './lint/lint-chart.ts'
export type { LintMessage, LintSeverity } from './lint/lint-message.ts'
export { fromPlain } from './functions/plain-value.ts'
export { kubeVersionComplaint, normalKubeVersion, parseKubeVersion, type Capabilities } from './render/capabilities.ts'
export { defaultApiVersions } from './render/default-api-versions.ts'
export { ParsedTemplates, renderChart, type EngineOptions, type Lookup, type RenderRequest } from './render/engine.ts'
export type { ReleaseFacts } from './render/render-values.ts'
export type { Hook, HookEvent, Manifest, ManifestSplitting } from './release/manifests.ts'
export { splitManifests } from './release/manifests.ts'
export { compareInstallOrder } from './release/kind-order.ts'
export { printRelease, releaseManifest, selectSources, type PrintOptions } from './release/print-release.ts'
export {
  RenderError,
  helmProfiles,
  renderRelease,
  type CrdFile,
  type HelmProfile,
  type PostRender,
  type ReleaseOptions,
  type ReleaseRequest,
  type RenderedRelease,
} from './release/render-release.ts'
export { currentRevision, reusedDefaults, reusedValues } from './release/reuse-values.ts'
export type { FetchedSchema, SchemaSource } from './schema/schema-library.ts'
export { coalesceValues, type Warn, type WarnDetails } from './values/coalesce.ts'
export { setValues, type SetKind, type SetOptions } from './values/parse-set.ts'
export { mergeMaps, readFirstValues, readValues, toFloats } from './values/read-values.ts'
export { scanJson } from './values/scan-json.ts'
export { dependencyFields, encodeRelease } from './storage/encode-release.ts'
export { plainJson, printGoJson, type GoJson } from './storage/go-json.ts'
export {
  byRevision,
  deployedRevision,
  isPending,
  latestRevisions,
  surplusRevisions,
} from './storage/release-history.ts'
export {
  decodeRecord,
  encodeRecord,
  recordName,
  recordSelector,
  recordType,
  type RecordHost,
  type RecordTime,
} from './storage/release-record.ts'
export { restoreChart, storeChart } from './storage/stored-chart.ts'
export type {
  HookRun,
  ReleaseInfo,
  ReleaseStatus,
  StoredChart,
  StoredFile,
  StoredHook,
  StoredRelease,
} from './storage/stored-release.ts'
export {
  explainRelease,
  type ExplainRequest,
  type ExplainedLine,
  type ExplainedPiece,
  type ExplainedValue,
} from './explain/explain-release.ts'
export type { TemplatePlace } from './explain/locate-text.ts'
export { RenderTrace } from './explain/render-trace.ts'
export type { ValueLayer, ValueOrigin } from './explain/value-origin.ts'
export { lineOfPath } from './explain/line-of-path.ts'
