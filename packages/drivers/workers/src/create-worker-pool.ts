import { deserialize } from 'node:v8'
import { Worker, type ResourceLimits } from 'node:worker_threads'

import { fail, ok, type Failure, type Result, type Timers } from '@kedge/base'

import { createJobQueue, type JobQueue } from './job-queue.ts'
import { readWorkerMessage, type JobMessage } from './messages.ts'
import { tooLarge } from './run-job.ts'
import type { PoolState, RunOptions, WorkerPool } from './worker-pool.ts'

/** How a pool is made. */
export interface WorkerPoolOptions {
  /** The module that each worker runs; it calls `serveJobs`. */
  readonly entry: URL
  /** Workers at most. */
  readonly size: number
  /** Memory of each worker. Default: 512 MiB of heap, 4 MiB of stack. */
  readonly resourceLimits?: ResourceLimits
  readonly timers: Timers
  /** Jobs that may wait. Default 10,000, and a tenth of it for each owner. */
  readonly maxWaiting?: number
  readonly maxWaitingPerOwner?: number
  /** A worker is retired after so many jobs, so that what it leaks stays bounded. Default 5,000. */
  readonly jobsPerWorker?: number
  /** For a worker to come up. Default 30 s. */
  readonly startTimeoutMs?: number
  /** Start the workers now rather than with the first jobs. Default true. */
  readonly warm?: boolean
}

const defaultLimits: ResourceLimits = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 }

/** A pool of worker threads. */
export function createWorkerPool<Job, Output>(options: WorkerPoolOptions): WorkerPool<Job, Output> {
  return new ThreadPool<Job, Output>(options)
}

interface Task<Job, Output> {
  readonly id: number
  readonly job: Job
  readonly options: RunOptions
  settle(result: Result<Output>): void
}

interface Seat<Job, Output> {
  readonly worker: Worker
  ready: boolean
  jobs: number
  task: Task<Job, Output> | undefined
  /** Why the worker is being ended by us. */
  ending: Failure | undefined
  cancelTimer: () => void
}

class ThreadPool<Job, Output> implements WorkerPool<Job, Output> {
  readonly #options: WorkerPoolOptions
  readonly #queue: JobQueue<Task<Job, Output>>
  readonly #seats = new Set<Seat<Job, Output>>()
  #nextId = 1
  #replaced = 0
  #closed = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    const total = options.maxWaiting ?? 10_000
    this.#queue = createJobQueue({ total, perOwner: options.maxWaitingPerOwner ?? Math.ceil(total / 10) })
    if (options.warm !== false) while (this.#seats.size < options.size) this.#start()
  }

  run(job: Job, options: RunOptions): Promise<Result<Output>> {
    if (this.#closed) return Promise.resolve(fail(closedFailure))
    if (options.signal?.aborted === true) return Promise.resolve(fail(abortedFailure))
    return new Promise((resolve) => {
      const onAbort = (): void => this.#abort(task)
      let settled = false
      const task: Task<Job, Output> = {
        id: this.#nextId,
        job,
        options,
        settle: (result) => {
          if (settled) return
          settled = true
          options.signal?.removeEventListener('abort', onAbort)
          resolve(result)
        },
      }
      this.#nextId += 1
      if (!this.#queue.add(options.owner ?? '', task)) return task.settle(fail(fullFailure))
      options.signal?.addEventListener('abort', onAbort, { once: true })
      return this.#dispatch()
    })
  }

  state(): PoolState {
    const seats = [...this.#seats]
    return {
      waiting: this.#queue.size(),
      running: seats.filter(({ task }) => task !== undefined).length,
      idle: seats.filter((seat) => isFree(seat)).length,
      replaced: this.#replaced,
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const task of this.#queue.drain()) task.settle(fail(closedFailure))
    await Promise.all([...this.#seats].map((seat) => this.#end(seat, closedFailure)))
  }

  /** Hands waiting jobs to free workers, and starts workers while there are more jobs than those to come. */
  #dispatch(): void {
    if (this.#closed) return
    for (const seat of this.#seats) {
      if (!isFree(seat)) continue
      const task = this.#queue.next()
      if (task === undefined) return
      this.#assign(seat, task)
    }
    const coming = [...this.#seats].filter(({ ready }) => !ready).length
    const wanted = Math.min(this.#queue.size() - coming, this.#options.size - this.#seats.size)
    for (let more = wanted; more > 0; more -= 1) this.#start()
  }

  #start(): void {
    const worker = new Worker(this.#options.entry, {
      resourceLimits: this.#options.resourceLimits ?? defaultLimits,
      // What runs in there needs nothing of this process: no environment, no arguments, no input.
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
    })
    // Nothing that a job prints reaches the program's own output; unread, it would pile up.
    worker.stdout.resume()
    worker.stderr.resume()
    const seat: Seat<Job, Output> = {
      worker,
      ready: false,
      jobs: 0,
      task: undefined,
      ending: undefined,
      cancelTimer: () => {},
    }
    this.#seats.add(seat)
    worker.on('message', (message: unknown) => this.#heard(seat, message))
    worker.on('messageerror', () => void this.#end(seat, crashed('its answer cannot be read')))
    worker.on('error', (error: unknown) => {
      seat.ending ??= failureOfError(error)
    })
    worker.on('exit', (code) => this.#gone(seat, code))
    const startTimeoutMs = this.#options.startTimeoutMs ?? 30_000
    seat.cancelTimer = this.#options.timers.after(startTimeoutMs, () => {
      const message = `a worker did not come up within ${startTimeoutMs} ms`
      void this.#end(seat, { code: 'worker-start-failed', message })
    })
    worker.unref()
  }

  #assign(seat: Seat<Job, Output>, task: Task<Job, Output>): void {
    const { timeoutMs, maxOutputBytes } = task.options
    seat.task = task
    seat.jobs += 1
    // A running job keeps the process alive, an idle worker does not.
    seat.worker.ref()
    seat.cancelTimer = this.#options.timers.after(timeoutMs, () => {
      const message = `the job took longer than ${timeoutMs} ms and was stopped`
      void this.#end(seat, { code: 'worker-timeout', message })
    })
    const message: JobMessage = { id: task.id, job: task.job, maxOutputBytes }
    try {
      seat.worker.postMessage(message, [])
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      this.#finish(seat, fail({ code: 'job-failed', message: `the job cannot be sent to a worker: ${text}` }))
    }
  }

  #heard(seat: Seat<Job, Output>, value: unknown): void {
    if (seat.ending !== undefined) return
    const message = readWorkerMessage(value)
    if (message === undefined) return
    if (message.kind === 'ready') {
      if (seat.ready) return
      seat.ready = true
      seat.cancelTimer()
      return this.#dispatch()
    }
    // A reply that nobody waits for any more.
    if (seat.task === undefined || message.id !== seat.task.id) return undefined
    if (message.kind === 'failed') return this.#finish(seat, fail(message.failure))
    const { maxOutputBytes } = seat.task.options
    const size = message.output.byteLength
    if (size > maxOutputBytes) return this.#finish(seat, fail(tooLarge(size, maxOutputBytes)))
    return this.#finish(seat, this.#decode(message.output))
  }

  #decode(output: Uint8Array): Result<Output> {
    try {
      return ok(deserialize(output))
    } catch {
      return fail(crashed('its answer cannot be read'))
    }
  }

  #finish(seat: Seat<Job, Output>, result: Result<Output>): void {
    const { task } = seat
    seat.task = undefined
    seat.cancelTimer()
    seat.worker.unref()
    task?.settle(result)
    if (seat.jobs >= (this.#options.jobsPerWorker ?? 5_000)) void this.#end(seat, closedFailure)
    else this.#dispatch()
  }

  #abort(task: Task<Job, Output>): void {
    if (this.#queue.remove(task.options.owner ?? '', task)) return task.settle(fail(abortedFailure))
    const seat = [...this.#seats].find((candidate) => candidate.task === task)
    if (seat !== undefined) void this.#end(seat, abortedFailure)
    return undefined
  }

  /** Ends a worker; its job, where it has one, fails with this. */
  async #end(seat: Seat<Job, Output>, failure: Failure): Promise<void> {
    seat.ending ??= failure
    seat.task?.settle(fail(seat.ending))
    await seat.worker.terminate()
  }

  #gone(seat: Seat<Job, Output>, code: number): void {
    this.#seats.delete(seat)
    seat.cancelTimer()
    const failure = seat.ending ?? crashed(`it ended with code ${code}`)
    const { task } = seat
    seat.task = undefined
    task?.settle(fail(failure))
    if (this.#closed) return
    if (task !== undefined) this.#replaced += 1
    if (!seat.ready) return this.#startFailed(failure)
    // The next job should not have to wait for a worker to come up.
    if (this.#options.warm !== false && this.#seats.size < this.#options.size) this.#start()
    return this.#dispatch()
  }

  /** No worker comes up: the job whose turn it is learns why, and no other worker is started but for the next one. */
  #startFailed(failure: Failure): void {
    const message = `a worker cannot be started: ${failure.message}`
    this.#queue.next()?.settle(fail({ code: 'worker-start-failed', message }))
    this.#dispatch()
  }
}

function isFree(seat: Seat<unknown, unknown>): boolean {
  return seat.ready && seat.task === undefined && seat.ending === undefined
}

const closedFailure: Failure = { code: 'pool-closed', message: 'the program is ending' }
const abortedFailure: Failure = { code: 'job-aborted', message: 'the job was given up' }
const fullFailure: Failure = {
  code: 'worker-queue-full',
  message: 'too many jobs wait for a worker',
  fix: 'try again later',
}

function crashed(how: string): Failure {
  return { code: 'worker-crashed', message: `the worker that ran the job was lost: ${how}` }
}

function failureOfError(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return { code: 'worker-out-of-memory', message: 'the job needed more memory than it may use and was stopped' }
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return crashed(text.slice(0, 500))
}
