import { randomBytes } from 'node:crypto'
import type { Clock, Random, Timers } from '@kedge/base'

/** The machine's own time and randomness. */
export const systemPorts: { readonly clock: Clock; readonly timers: Timers; readonly random: Random } = {
  clock: { now: () => Date.now() },
  timers: {
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
  },
  random: { next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48 },
}
