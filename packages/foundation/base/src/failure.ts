/** A place in a source: a file of a tree, relative to its root, and a line counted from 1. */
export interface Origin {
  readonly file: string
  readonly line?: number
}

/**
 * An expected way for something to go wrong: bad input, a denied request, an object that does not get ready.
 * `code` is stable and may be matched on; the texts are for people.
 */
export interface Failure {
  readonly code: string
  /** What failed, in one sentence, never holding a secret. */
  readonly message: string
  /** Where it came from in the source, when it came from there. */
  readonly origin?: Origin
  /** The Kubernetes object concerned, as `Kind/namespace/name`. */
  readonly object?: string
  /** What the reader can do about it. */
  readonly fix?: string
}

export type Result<T, F = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: F }

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

export function fail<F>(failure: F): { readonly ok: false; readonly failure: F } {
  return { ok: false, failure }
}

/** Carries a Failure through code that throws. Only edges catch it. */
export class FailureError extends Error {
  readonly failure: Failure

  constructor(failure: Failure, options?: { cause?: unknown }) {
    super(describeFailure(failure), options)
    this.name = 'FailureError'
    this.failure = failure
  }
}

/** A state that the program's own logic rules out. Nobody catches it but the outermost loop. */
export class Bug extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'Bug'
  }
}

/** One line for people: object, message, place, remedy. */
export function describeFailure(failure: Failure): string {
  const object = failure.object === undefined ? '' : `${failure.object}: `
  const place = failure.origin === undefined ? '' : ` (${describeOrigin(failure.origin)})`
  const fix = failure.fix === undefined ? '' : `; ${failure.fix}`
  return `${object}${failure.message}${place}${fix}`
}

/** `file:line`, or the file alone where the line is not known. */
export function describeOrigin(origin: Origin): string {
  return origin.line === undefined ? origin.file : `${origin.file}:${origin.line}`
}
