import { type Failure, FailureError } from '@kedge/base'

/** Every way in which a Git source fails. Stable: adapters map these to the reasons of their API. */
export type GitFailureCode =
  | 'URLInvalid'
  | 'RefInvalid'
  | 'LocalRefused'
  | 'AddressRefused'
  | 'AuthenticationFailed'
  | 'AccessDenied'
  | 'RepositoryNotFound'
  | 'NotAGitServer'
  | 'RepositoryUnsupported'
  | 'EmptyRepository'
  | 'RefNotFound'
  | 'CommitNotFound'
  | 'RedirectRefused'
  | 'RateLimited'
  | 'ServerError'
  | 'ConnectionFailed'
  | 'TLSFailed'
  | 'Timeout'
  | 'Cancelled'
  | 'ProtocolError'
  | 'ObjectInvalid'
  | 'PackInvalid'
  | 'LimitExceeded'
  | 'SparsePathNotFound'

/** A failure of a Git source. `retryAfterMs` is what the server asked for. */
export interface GitFailure extends Failure {
  readonly code: GitFailureCode
  readonly retryAfterMs?: number
}

/** A FailureError whose failure is a GitFailure. */
export class GitError extends FailureError {
  override readonly failure: GitFailure

  constructor(failure: GitFailure, options?: { cause?: unknown }) {
    super(failure, options)
    this.name = 'GitError'
    this.failure = failure
  }
}

/** Shorthand for a GitError with a remedy. */
export function gitError(code: GitFailureCode, message: string, fix?: string): GitError {
  return new GitError(fix === undefined ? { code, message } : { code, message, fix })
}

/** The failure of a limit, naming the limit so that it can be raised. */
export function limitExceeded(limit: string, value: number, what: string): GitError {
  return gitError(
    'LimitExceeded',
    `${what} exceeds the limit ${limit} (${value})`,
    `raise ${limit} if this is expected`,
  )
}

/** The failure of bytes that break the protocol. */
export function protocolError(message: string): GitError {
  return gitError('ProtocolError', `the Git server's answer is malformed: ${message}`)
}

/** The failure of a pack that cannot be trusted. */
export function packInvalid(message: string): GitError {
  return gitError('PackInvalid', `the pack is damaged: ${message}`, 'run git fsck on the repository')
}

/** The failure of an object that is not what Git writes. */
export function objectInvalid(message: string): GitError {
  return gitError('ObjectInvalid', message, 'run git fsck on the repository and rewrite the object')
}

/** Whether an error only says that its caller stopped waiting. */
export function isInterruption(error: unknown): boolean {
  if (error instanceof GitError) return error.failure.code === 'Timeout' || error.failure.code === 'Cancelled'
  return error instanceof Error && error.name === 'AbortError'
}
