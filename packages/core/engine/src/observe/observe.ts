import type { Failure } from '@kedge/base'
import { assessHealth, type Health } from '@kedge/health'
import { describeKey, formatKey, type KubeObject } from '@kedge/manifest'

import type { AnswerOf, Program, ReadingEffect } from '../model/effect.ts'
import type { ObjectRef } from '../model/inventory.ts'
import type { AppliedRecord, Memory } from '../model/memory.ts'
import type { Pass } from '../model/pass.ts'
import type { HealthWait, ObjectHealth } from '../model/report.ts'
import { performAll } from '../program.ts'
import { isOlderVersion } from '../version-order.ts'

/** Objects to look at, and how long they may take. */
export interface Look {
  /** The wave's name; empty for the final check. */
  readonly wave: string
  readonly objects: readonly ObjectRef[]
  readonly timeoutMs: number
  readonly applied: Memory['applied']
}

export interface Observation {
  readonly result: 'healthy' | 'waiting' | 'failed'
  readonly health: readonly ObjectHealth[]
  /** The wait that this observation is part of; when it began, its deadline. */
  readonly wait: HealthWait
  readonly failures: readonly Failure[]
}

type ReadEffect = Extract<ReadingEffect, { kind: 'read' }>

/** Looks once at objects' health. Does not wait: the wait is a value. */
export function* observe(look: Look, pass: Pass): Program<Observation> {
  const readings = yield* performAll(look.objects.map((ref): ReadEffect => ({ kind: 'read', ref, fresh: false })))
  const health = look.objects.map((ref, index) => ({
    ref,
    health: healthOf(readings[index], look.applied[formatKey(ref)], pass),
  }))
  const wait = waitOf(look, pass)
  const failures = failuresOf(health, wait, pass)
  if (failures.length > 0) return { result: 'failed', health, wait, failures }
  const healthy = health.every((one) => one.health.status === 'Current')
  return { result: healthy ? 'healthy' : 'waiting', health, wait, failures }
}

function healthOf(reading: AnswerOf<ReadEffect> | undefined, record: AppliedRecord | undefined, pass: Pass): Health {
  if (reading?.ok !== true) {
    return { status: 'Unknown', message: `it could not be read: ${reading?.error.message ?? 'no answer'}` }
  }
  const seen = reading.value?.metadata.resourceVersion
  // What a lagging cache shows is the health of what was there before.
  if (record !== undefined && (seen === undefined || isOlderVersion(seen, record.resourceVersion))) {
    return { status: 'InProgress', message: 'the change has not been seen yet' }
  }
  return assessHealth(reading.value, { expressions: pass.delivery.healthExpressions })
}

function waitOf(look: Look, pass: Pass): HealthWait {
  const { delivery, memory, nowMs } = pass
  const began = memory.revision === delivery.revision ? memory.waits[look.wave] : undefined
  const startedAtMs = began ?? nowMs
  return {
    deliveryId: delivery.id,
    revision: delivery.revision,
    wave: look.wave,
    objects: look.objects,
    startedAtMs,
    deadlineMs: startedAtMs + look.timeoutMs,
    failFast: delivery.failFast,
  }
}

function failuresOf(health: readonly ObjectHealth[], wait: HealthWait, pass: Pass): readonly Failure[] {
  const open = health.filter((one) => one.health.status !== 'Current')
  const isLate = pass.nowMs >= wait.deadlineMs
  const broken = open.filter((one) => one.health.status === 'Failed')
  const settledAll = broken.length === open.length
  if (isLate) return open.map((one) => unhealthy(one, `after ${(wait.deadlineMs - wait.startedAtMs) / 1000} s`))
  if (broken.length > 0 && (wait.failFast || settledAll)) return broken.map((one) => unhealthy(one, ''))
  return []
}

function unhealthy(one: ObjectHealth, when: string): Failure {
  const text = when === '' ? '' : ` ${when}`
  return {
    code: 'Unhealthy',
    message: `it is ${one.health.status}${text}: ${one.health.message}`,
    object: describeKey(one.ref),
    fix: 'look at the events and the status of the object',
  }
}

/** What a wait needs to be judged between two passes. */
export interface WaitView {
  readonly nowMs: number
  /** The object as the watch cache has it; undefined when absent. */
  live(ref: ObjectRef): KubeObject | undefined
  readonly applied: Memory['applied']
  readonly expressions: Parameters<typeof assessHealth>[1]['expressions']
}

/** Whether a wait's delivery has something to do now: the objects are healthy, have failed, or are late. Pure. */
export function isWaitOver(wait: HealthWait, view: WaitView): boolean {
  if (view.nowMs >= wait.deadlineMs) return true
  const states = wait.objects.map((ref) => {
    const live = view.live(ref)
    const record = view.applied[formatKey(ref)]
    const isOld =
      record !== undefined &&
      (live === undefined || isOlderVersion(live.metadata.resourceVersion ?? '', record.resourceVersion))
    return isOld ? 'InProgress' : assessHealth(live, { expressions: view.expressions }).status
  })
  if (wait.failFast && states.includes('Failed')) return true
  return states.every((state) => state === 'Current' || state === 'Failed')
}
