import type { ClusterPorts } from '@kedge/cluster'

/** Real time and chance, for tests that run against servers with sockets. */
export const realPorts: ClusterPorts = {
  clock: { now: () => Date.now() },
  random: { next: () => Math.random() },
  timers: {
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
  },
}
