export { bootstrapCluster, type BootstrapOptions } from './bootstrap.ts'
export { healthyConditions } from './nodes.ts'
