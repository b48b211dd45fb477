import { FailureError } from '@kedge/base'
import { runWith, touch, type RunOptions } from '@kedge/engine'
import { decodeRecord, encodeRecord, recordName, recordSelector, type StoredRelease } from '@kedge/helm'
import { ApiError, formatKey, type KubeObject } from '@kedge/manifest'

import type {
  MalformedRecord,
  RecordList,
  ReleaseEffect,
  ReleaseProgram,
  ReleaseStep,
  StoredRecord,
} from './model/effect.ts'
import type { ReleasePorts } from './ports.ts'

/** Records of one release that are read; older helm versions kept all of them. */
export const maxRecords = 1000

/** How a release program is run. The signal also ends a pause. */
export interface RunReleaseOptions extends RunOptions<ReleaseStep> {
  /** Calls off all waits for health: what is not healthy by then has failed, and the action ends in order. */
  readonly callOff?: AbortSignal
}

/**
 * Carries out a release program through the ports and returns its value. Throws what is no ApiError, and the signal's
 * reason. May be ended anywhere: the next action finds out from the records what was left undone.
 */
export async function runRelease<T>(
  program: ReleaseProgram<T>,
  ports: ReleasePorts,
  options: RunReleaseOptions,
): Promise<T> {
  // What each object looked like when the program read it last, so that a change before a pause is not slept through.
  const seen = new Map<string, string>()
  const carry = async (step: ReleaseStep): Promise<unknown> => {
    if (isReleaseEffect(step)) return carryOut(step, { ports, seen, signal: options.signal, callOff: options.callOff })
    const value = await touch(step, ports, options.owner)
    if (step.kind === 'read') seen.set(formatKey(step.ref), versionOf(value as KubeObject | undefined))
    return value
  }
  return runWith<ReleaseStep, T>(program, carry, options)
}

const releaseKinds: ReadonlySet<string> = new Set<ReleaseEffect['kind']>([
  'list-records',
  'create-record',
  'update-record',
  'delete-record',
  'clock',
  'pause',
])

function isReleaseEffect(step: ReleaseStep): step is ReleaseEffect {
  return releaseKinds.has(step.kind)
}

function versionOf(object: KubeObject | undefined): string {
  return object?.metadata.resourceVersion ?? ''
}

interface Carrying {
  readonly ports: ReleasePorts
  readonly seen: ReadonlyMap<string, string>
  readonly signal: AbortSignal | undefined
  readonly callOff: AbortSignal | undefined
}

async function carryOut(step: ReleaseEffect, carrying: Carrying): Promise<unknown> {
  const { ports, seen } = carrying
  switch (step.kind) {
    case 'clock':
      return ports.clock.now()
    case 'pause': {
      const objects = step.objects.map((ref) => ({ ref, resourceVersion: seen.get(formatKey(ref)) ?? '' }))
      const callOff = step.forHealth ? carrying.callOff : undefined
      const signals = [carrying.signal, callOff].filter((signal) => signal !== undefined)
      if (callOff?.aborted !== true) await ports.pauses.pause(objects, step.untilMs, signals)
      return callOff?.aborted === true ? 'called-off' : 'over'
    }
    case 'list-records':
      return listRecords(step, ports)
    case 'create-record':
      return storedRecord(step.release, await ports.records.create(secretOf(step, 'createdAt', ports)))
    case 'update-record': {
      const secret = secretOf(step, 'modifiedAt', ports)
      const { resourceVersion } = step
      const metadata = { ...secret.metadata, resourceVersion }
      return storedRecord(step.release, await ports.records.update({ ...secret, metadata }))
    }
    case 'delete-record':
      await ports.records.delete(step.namespace, step.name, step.uid)
      return null
  }
}

function storedRecord(release: StoredRelease, secret: KubeObject): StoredRecord {
  return { release, uid: secret.metadata.uid ?? '', resourceVersion: versionOf(secret) }
}

function secretOf(
  step: { readonly namespace: string; readonly release: StoredRelease },
  kind: 'createdAt' | 'modifiedAt',
  ports: ReleasePorts,
): KubeObject {
  const seconds = Math.floor(ports.clock.now() / 1000)
  try {
    const secret = encodeRecord(step.release, { kind, seconds }, ports.host)
    return { ...secret, metadata: { ...secret.metadata, namespace: step.namespace } }
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    const status = { code: 413, reason: 'RequestEntityTooLarge', message: error.failure.message }
    throw new ApiError(status, { outcomeKnown: true, cause: error })
  }
}

async function listRecords(
  step: Extract<ReleaseEffect, { kind: 'list-records' }>,
  ports: ReleasePorts,
): Promise<RecordList> {
  const secrets = await ports.records.list(step.namespace, recordSelector(step.release), maxRecords)
  const records: StoredRecord[] = []
  const malformed: MalformedRecord[] = []
  for (const secret of secrets) {
    try {
      const release = decodeRecord(secret, ports.host)
      if (recordName(release.name, release.version) !== secret.metadata.name) continue
      records.push(storedRecord(release, secret))
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      malformed.push(malformedRecord(secret, error.failure))
    }
  }
  return { records: records.toSorted((a, b) => a.release.version - b.release.version), malformed }
}

function malformedRecord(secret: KubeObject, failure: FailureError['failure']): MalformedRecord {
  const { name = '', uid = '' } = secret.metadata
  return { name, uid, resourceVersion: versionOf(secret), version: Number(/\.v(\d+)$/.exec(name)?.[1] ?? 0), failure }
}
