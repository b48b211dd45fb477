export { bootstrapCluster } from './bootstrap.ts'
