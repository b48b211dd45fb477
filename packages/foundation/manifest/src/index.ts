export { ApiError, type ApiStatus } from './api-error.ts'
export { parseDuration } from './duration.ts'
export { compileJsonPath, compileJsonPathColumn, type JsonPath } from './jsonpath.ts'
export {
  describeKey,
  formatApiVersion,
  formatKey,
  gvkOf,
  keyOf,
  parseApiVersion,
  type GroupVersionKind,
  type KubeObject,
  type ManagedFieldsEntry,
  type ObjectKey,
  type ObjectMeta,
  type OwnerReference,
} from './object.ts'
