export { createInlinePool, type InlinePoolOptions } from './create-inline-pool.ts'
export { createWorkerPool, type WorkerPoolOptions } from './create-worker-pool.ts'
export { serveJobs } from './serve-jobs.ts'
export type { PoolState, RunOptions, WorkerPool } from './worker-pool.ts'
