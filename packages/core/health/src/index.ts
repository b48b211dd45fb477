export { assessHealth } from './assess-health.ts'
export type { Health, HealthExpressions, HealthStatus } from './health.ts'
