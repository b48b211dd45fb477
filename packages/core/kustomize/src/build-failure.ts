import { FailureError, type Failure, type Origin } from '@kedge/base'

/** Why a build failed, by cause. */
export type BuildFailureCode =
  | 'kustomize-no-file'
  | 'kustomize-not-found'
  | 'kustomize-load-restricted'
  | 'kustomize-cycle'
  | 'kustomize-invalid'
  | 'kustomize-resource'
  | 'kustomize-conflict'
  | 'kustomize-patch'
  | 'kustomize-transform'
  | 'kustomize-remote'
  | 'kustomize-helm'
  | 'kustomize-function'
  | 'kustomize-limit'

/** The error that a build throws for bad input. */
export function buildFailure(
  code: BuildFailureCode,
  message: string,
  details: { origin?: Origin | undefined; object?: string; fix?: string; cause?: unknown } = {},
): FailureError {
  const { origin, object, fix, cause } = details
  return new FailureError(
    {
      code,
      message,
      ...(origin === undefined ? {} : { origin }),
      ...(object === undefined ? {} : { object }),
      ...(fix === undefined ? {} : { fix }),
    },
    cause === undefined ? undefined : { cause },
  )
}

/** The same failure with words before its message, and a place where it had none. */
export function wrapFailure(error: unknown, prefix: string, origin?: Origin): unknown {
  if (!(error instanceof FailureError)) return error
  const failure: Failure = {
    ...error.failure,
    message: `${prefix}: ${error.failure.message}`,
    ...(error.failure.origin === undefined && origin !== undefined ? { origin } : {}),
  }
  return new FailureError(failure, { cause: error })
}

/** Runs something that a field of a kustomization asks for; a failure without a place gets that of the field. */
export function located<T>(origin: Origin, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.origin !== undefined) throw error
    throw new FailureError({ ...error.failure, origin }, { cause: error })
  }
}
