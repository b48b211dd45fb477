import { isInterruption } from './git-failure.ts'

/**
 * Work that many ask for at once. A call that comes while the work runs does not share its result, which may be older
 * than the call, but all such calls share the next run: however many ask, at most two runs follow the last question.
 */
export class Coalesced<T> {
  #running: Promise<T> | undefined
  #next: Promise<T> | undefined

  /** Whether nothing runs and nobody waits. */
  get idle(): boolean {
    return this.#running === undefined
  }

  /** The result of a run that began no earlier than this call. A run that another caller gave up is begun again. */
  async run(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const running = this.#running
    if (running === undefined) return this.#start(work)
    this.#next ??= this.#after(running, work)
    try {
      return await this.#next
    } catch (error) {
      if (!isInterruption(error) || signal.aborted) throw error
      return this.run(work, signal)
    }
  }

  async #after(running: Promise<T>, work: () => Promise<T>): Promise<T> {
    await running.catch(() => undefined)
    this.#next = undefined
    return this.#start(work)
  }

  #start(work: () => Promise<T>): Promise<T> {
    const started = work().finally(() => {
      if (this.#running === started) this.#running = undefined
    })
    this.#running = started
    return started
  }
}
