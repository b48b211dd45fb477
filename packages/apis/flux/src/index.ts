export { artifactGeneratorCrd } from './crds/artifact-generator-crd.ts'
export { externalArtifactCrd } from './crds/external-artifact-crd.ts'
export { gitRepositoryCrd } from './crds/git-repository-crd.ts'
export { helmChartCrd } from './crds/helm-chart-crd.ts'
export { helmRepositoryCrd } from './crds/helm-repository-crd.ts'
export { helmReleaseCrd } from './crds/helm-release-crd.ts'
export { kustomizationCrd } from './crds/kustomization-crd.ts'
export { ociRepositoryCrd } from './crds/oci-repository-crd.ts'
export {
  dependencyKey,
  findCycle,
  judgeDependency,
  topologicalOrder,
  type DependencyInput,
  type Dependent,
} from './delivery/dependencies.ts'
export { confirmDeleteAnnotation, deleteGuardAnnotation, readGuards } from './delivery/guards.ts'
export { keepsLive, objectPolicy, optsOut, type ObjectPolicy } from './delivery/object-policy.ts'
export { kustomizationMark, nameLabel, namespaceLabel } from './delivery/owner-mark.ts'
export { matchesSelector, selects } from './delivery/selector.ts'
export {
  deliveryId,
  fieldManager,
  toDelivery,
  toRemoval,
  type DeliveryInput,
  type RenderedObject,
} from './delivery/to-delivery.ts'
export {
  timeoutOf,
  typeOf,
  type ActionOrder,
  type ActionType,
  type ChartFacts,
  type FinishedAction,
  type OrderedContent,
  type ReleasePlace,
} from './helm-release/action-order.ts'
export { helmNameLabel, helmNamespaceLabel, originLabels } from './helm-release/chart-template.ts'
export { driftRules } from './helm-release/drift.ts'
export {
  type ChartLoad,
  type ChartWrite,
  type DriftAnswer,
  type DriftQuery,
  type HelmAnswers,
  type HelmEffect,
  type HelmProgram,
  type StorageAnswer,
  type StorageQuery,
} from './helm-release/effects.ts'
export { factsOf, type RevisionFacts, type StorageFacts } from './helm-release/facts.ts'
export { type ReleaseAction } from './helm-release/next-action.ts'
export { reconcileHelmRelease, type HelmReleaseInput, type ResumedRun } from './helm-release/reconcile-helm-release.ts'
export { releaseHolder, releaseId } from './helm-release/release-holder.ts'
export { resetAtAnnotation, type HelmReleaseEnd } from './helm-release/release-pass.ts'
export { settleAction, type SettledOutcome, type Settlement } from './helm-release/settle-action.ts'
export { type History as ReleaseHistory, type Snapshot, type TestHook } from './helm-release/snapshot.ts'
export { readHelmRelease, type ChartRef, type HelmReleaseSpec } from './helm-release/spec.ts'
export { readHelmReleaseStatus, readReleaseInventory, type HelmReleaseStatus } from './helm-release/status.ts'
export { digestValues, type Values } from './helm-release/values-digest.ts'
export {
  perform,
  type Artifact,
  type BuiltChart,
  type ChartBuild,
  type DeliverAnswer,
  type FetchAnswer,
  type FetchedArtifact,
  type FluxAnswers,
  type FluxEffect,
  type FluxProgram,
  type GenerateAnswer,
  type GeneratedArtifact,
  type Generation,
  type GitFetch,
  type ObservedSource,
  type Place,
  type ReadRef,
  type RenderAnswer,
  type RenderRequest,
  type SourceAnswer,
  type StoredArtifact,
  type Substitution,
  type TargetCluster,
} from './reconcile/effects.ts'
export { readArtifact, reconcileGitRepository } from './reconcile/git-repository.ts'
export { reconcileKustomization, type KustomizationInput } from './reconcile/kustomization.ts'
export { type PassEnd } from './reconcile/pass-end.ts'
export { secretBytes, textData } from './reconcile/secret-data.ts'
export { defaultSettings, type Expressions, type FluxSettings, type PassContext } from './reconcile/settings.ts'
export { finalizer } from './reconcile/target.ts'
export { generatorFinalizer, reconcileArtifactGenerator } from './sources/artifact-generator.ts'
export {
  generatorReconcileAnnotation,
  isDisabledGenerator,
  readArtifactGenerator,
  type ArtifactGeneratorSpec,
  type CopyStep,
  type GeneratorSource,
} from './sources/artifact-generator-spec.ts'
export { generatorLabel, generatorOf, type ExternalWrite } from './sources/external-artifact.ts'
export { findPaths, hasPattern, matchesPath, type PathIndex } from './sources/path-glob.ts'
export { planArtifacts, type PlannedArtifact } from './sources/path-pattern.ts'
export { reconcileHelmChart } from './sources/helm-chart.ts'
export { readHelmChart, type ChartHolder, type HelmChartSpec } from './sources/helm-chart-spec.ts'
export { reconcileHelmRepository } from './sources/helm-repository.ts'
export {
  normalUrl,
  readHelmRepository,
  type HelmRepositorySpec,
  type RegistryProvider,
} from './sources/helm-repository-spec.ts'
export { reconcileOciRepository } from './sources/oci-repository.ts'
export {
  readOciRepository,
  type LayerSelector,
  type OciRef,
  type OciRepositorySpec,
} from './sources/oci-repository-spec.ts'
export { formatDuration, jitter } from './spec/duration.ts'
export { readGitRepository, type GitInclude, type GitRef, type GitRepositorySpec } from './spec/git-repository.ts'
export {
  readKustomization,
  type BuildFields,
  type Dependency,
  type HealthCheckExpr,
  type IgnoreRule,
  type KubeConfigRef,
  type KustomizationSpec,
  type Selector,
  type SourceRef,
} from './spec/kustomization.ts'
export {
  findCondition,
  isTrue,
  readConditions,
  setConditions,
  statementsFor,
  type Condition,
  type Standing,
  type Statement,
} from './status/conditions.ts'
export { type EventNote } from './status/event-note.ts'
export { upsertHistory, type HistoryEntry } from './status/history.ts'
export { formatInventoryId, parseInventoryId } from './status/inventory-id.ts'
export {
  readInventory,
  readKustomizationStatus,
  writeInventory,
  type KustomizationStatus,
} from './status/kustomization-status.ts'
export { forceAtAnnotation, readRequest, requestedAtAnnotation } from './status/triggers.ts'
export {
  checkVariableNames,
  mergeVariables,
  substituteObject,
  substituteText,
  type ObjectText,
  type SubstitutionOptions,
} from './substitution/substitute.ts'
