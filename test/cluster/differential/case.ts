import type { Call } from '@kedge/cluster'

/** One request of a case. `NS` in the path and in texts of the body stands for the case's own namespace. */
export interface Step {
  readonly method: Call['method']
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Sent to prepare what follows; its answer is not compared. */
  readonly unchecked?: boolean
}

/** A sequence of requests that both servers must answer alike. */
export interface Case {
  /** A sentence, unique. */
  readonly name: string
  readonly steps: readonly Step[]
}

/** GET. */
export function read(path: string, headers?: Readonly<Record<string, string>>): Step {
  return { method: 'GET', path, ...(headers === undefined ? {} : { headers }) }
}

/** POST. */
export function post(path: string, body: unknown): Step {
  return { method: 'POST', path, body }
}

/** PUT. */
export function put(path: string, body: unknown): Step {
  return { method: 'PUT', path, body }
}

/** DELETE, with options where given. */
export function remove(path: string, body?: unknown): Step {
  return { method: 'DELETE', path, ...(body === undefined ? {} : { body }) }
}

const patchTypes = {
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const

/** PATCH of one of the four types. */
export function patch(type: keyof typeof patchTypes, path: string, body: unknown): Step {
  return { method: 'PATCH', path, body, headers: { 'content-type': patchTypes[type] } }
}

/** The step, sent without looking at its answer. */
export function unchecked(step: Step): Step {
  return { ...step, unchecked: true }
}
