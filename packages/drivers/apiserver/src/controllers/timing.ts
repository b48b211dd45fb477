import type { Random } from '@kedge/base'

/** A span of time in milliseconds, drawn from anew each time. */
export type Span = readonly [leastMs: number, mostMs: number]

/** How long the simulated parts of the cluster take. */
export interface TimingProfile {
  readonly schedule: Span
  readonly pull: Span
  readonly start: Span
  /** From the request to stop until the container has ended, when it heeds the request. */
  readonly stop: Span
  /** How long a container of a Job runs. */
  readonly run: Span
  readonly provision: Span
  readonly loadBalancer: Span
  /** Whether readiness probes' initialDelaySeconds count. */
  readonly honoursProbeDelays: boolean
  /** First and longest back-off after a failed pull or a crash. */
  readonly backOff: Span
}

/** Pods run within a quarter of a second. */
export const fastTiming: TimingProfile = {
  schedule: [5, 5],
  pull: [20, 80],
  start: [30, 120],
  stop: [10, 50],
  run: [50, 200],
  provision: [20, 60],
  loadBalancer: [20, 60],
  honoursProbeDelays: false,
  backOff: [10_000, 300_000],
}

/** As on a small real cluster. */
export const realisticTiming: TimingProfile = {
  schedule: [10, 50],
  pull: [1000, 5000],
  start: [300, 1200],
  stop: [500, 2000],
  run: [2000, 6000],
  provision: [1000, 4000],
  loadBalancer: [3000, 8000],
  honoursProbeDelays: true,
  backOff: [10_000, 300_000],
}

/** A time within a span. */
export function draw(span: Span, random: Random): number {
  return Math.round(span[0] + (span[1] - span[0]) * random.next())
}
