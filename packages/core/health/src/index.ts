export type { Health, HealthExpressions, HealthStatus } from './health.ts'
