export type { CacheEvent, CacheOptions, CacheState, ObjectCache } from './cache/object-cache.ts'
export type {
  AccessAnswer,
  AccessQuestion,
  ApplyOptions,
  Cluster,
  DeleteOptions,
  Deleted,
  GetOptions,
  ListOptions,
  ObjectList,
  ObjectRef,
  Patch,
  RawRequest,
  Selection,
  WriteOptions,
  Written,
} from './client/cluster.ts'
export { createCluster, type ClusterOptions } from './client/create-cluster.ts'
export type { EventInput } from './client/event.ts'
export {
  identityHeaders,
  identityOf,
  serviceAccountIdentity,
  type Identity,
  type IdentityInput,
} from './client/identity.ts'
export type { RequestCount, RequestMetrics, Verb } from './client/metrics.ts'
export type { Deadline } from './client/requester.ts'
export type { ClusterConfig, ClusterTls, Credentials } from './config/cluster-config.ts'
export { loadCluster, type ClusterSource } from './config/load-cluster.ts'
export { discoveryAccept, type Discovery } from './discovery/discovery.ts'
export { parseAggregated } from './discovery/parse-discovery.ts'
export { resourceName, type ApiSurface, type KindRef, type Resource } from './discovery/resource.ts'
export type { ClusterPorts } from './ports.ts'
export { createHttpTransport, type HttpTransportOptions } from './transport/http-transport.ts'
export {
  localTransport,
  type LocalApi,
  type LocalApiCall,
  type LocalTransportOptions,
  type LocalUser,
} from './transport/local-transport.ts'
export { resourcePath, withQuery, type Query } from './transport/paths.ts'
export {
  TransportError,
  type Answer,
  type Call,
  type StreamHandle,
  type StreamSink,
  type Transport,
} from './transport/transport.ts'
