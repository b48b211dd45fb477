import { serialize } from 'node:v8'

import { fail, FailureError, ok, type Failure, type Result } from '@kedge/base'

const maxMessageLength = 2_000

/** Runs a job's function and serialises what it gives; whatever it throws becomes a Failure. */
export async function runJob<Job, Output>(
  handle: (job: Job) => Output | Promise<Output>,
  job: Job,
  maxOutputBytes: number,
): Promise<Result<Uint8Array>> {
  try {
    const output = serialize(await handle(job))
    return output.byteLength > maxOutputBytes ? fail(tooLarge(output.byteLength, maxOutputBytes)) : ok(output)
  } catch (error) {
    return fail(failureOf(error))
  }
}

/** The Failure of an output over its bound. */
export function tooLarge(bytes: number, maxBytes: number): Failure {
  return {
    code: 'worker-output-too-large',
    message: `the result has ${bytes} bytes, more than the ${maxBytes} that are allowed`,
    fix: 'split it into smaller parts',
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { code: 'job-failed', message: `the job failed: ${text.slice(0, maxMessageLength)}` }
}
