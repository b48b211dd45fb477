import { FailureError } from '@kedge/base'
import { ApiError } from '@kedge/manifest'
import type { Io } from '../io.ts'
import { startFailure } from './global-flags.ts'
import { logLine } from './helm-io.ts'
import { reasonOf } from './value-flags.ts'

/** Runs a command of helm and tells of what failed as helm does: `Error: …` on stderr and exit code 1. Bugs are thrown. */
export async function tellingFailures(io: Pick<Io, 'stderr'>, run: () => number | Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (error) {
    const told = textOf(error)
    if (told === undefined) throw error
    io.stderr(told)
    return 1
  }
}

function textOf(error: unknown): string | undefined {
  if (error instanceof FailureError) {
    const { code, message } = error.failure
    // Its message ends with what to do, where the failure says that.
    return code === startFailure ? logLine('WARN', 'command failed', { error: message }) : `Error: ${error.message}\n`
  }
  if (error instanceof ApiError) return `Error: ${error.message}\n`
  if (!(error instanceof Error)) return undefined
  // What makes connections is loaded by those commands alone that need it.
  if (error.name === 'TransportError') return `Error: kubernetes cluster unreachable: ${error.message}\n`
  const { syscall, path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string }
  if (syscall === undefined || path === undefined) return undefined
  return `Error: ${syscall} ${dest ?? path}: ${reasonOf(error)}\n`
}
