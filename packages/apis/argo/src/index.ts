export { applicationCrd } from './crds/application-crd.ts'
export { resourceOptions, type ResourceOptions } from './delivery/resource-options.ts'
export { syncRank, syncWaves } from './delivery/sync-waves.ts'
export { deliveryId, toDelivery, toRemoval, type DeliveryInput, type RenderedObject } from './delivery/to-delivery.ts'
export {
  applicationMark,
  controlNamespace,
  instanceName,
  parseTrackingId,
  trackingAnnotation,
  trackingId,
} from './delivery/tracking.ts'
export { reconcileApplication, type ApplicationInput } from './reconcile/application.ts'
export { refreshAnnotation } from './reconcile/fetch-source.ts'
export {
  perform,
  type ArgoAnswers,
  type ArgoEffect,
  type ArgoProgram,
  type CheckoutAnswer,
  type EventNote,
  type PassContext,
  type PassEnd,
  type RenderAnswer,
} from './reconcile/effects.ts'
export {
  inClusterServer,
  readApplication,
  type ApplicationSource,
  type ApplicationSpec,
  type DirectoryOptions,
  type KustomizeOptions,
} from './spec/application.ts'
export { readOperation, type SyncOperation } from './spec/operation.ts'
export { readInventory, writeResource, type ResourceStatus } from './status/application-status.ts'
export { applicationHealth, resourceHealth, type HealthWord, type ResourceHealth } from './status/health-word.ts'
