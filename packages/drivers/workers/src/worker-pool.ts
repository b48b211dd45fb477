import type { Result } from '@kedge/base'

/** How one job is run. */
export interface RunOptions {
  /** From the moment a worker takes the job. */
  readonly timeoutMs: number
  /** Size of the serialised output. */
  readonly maxOutputBytes: number
  /** Gives the job up; a worker that runs it is ended. */
  readonly signal?: AbortSignal
  /** Whose job it is: owners take turns, so that one with many jobs does not hold up the others. */
  readonly owner?: string
}

/** What a pool is doing. */
export interface PoolState {
  readonly waiting: number
  readonly running: number
  /** Workers that are up and idle. */
  readonly idle: number
  /** Workers that were ended because of what a job did. */
  readonly replaced: number
}

/**
 * Runs jobs apart from this thread. A job that hangs, crashes, exhausts its memory or answers too much costs itself a
 * Failure and nothing else. Codes: `worker-timeout`, `worker-crashed`, `worker-out-of-memory`,
 * `worker-output-too-large`, `worker-start-failed`, `worker-queue-full`, `job-aborted`, `job-failed`, `pool-closed`;
 * a Failure that the job itself threw keeps its code.
 */
export interface WorkerPool<Job, Output> {
  run(job: Job, options: RunOptions): Promise<Result<Output>>
  state(): PoolState
  /** Ends all workers; jobs that wait or run fail with `pool-closed`. */
  close(): Promise<void>
}
