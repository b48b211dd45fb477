import { FailureError, describeFailure } from '@kedge/base'
import { processIo, type Io } from './io.ts'
import { rawVerbs } from './raw-verbs.ts'

/** Exit codes of every verb: 0 done, 1 a difference or something not ready, 2 an error. */
export type ExitCode = 0 | 1 | 2

/** Runs one command line, without the program's name, and gives the exit code. Never throws. */
export async function main(args: readonly string[], io: Io = processIo()): Promise<ExitCode> {
  try {
    const [first, ...rest] = args
    const raw = rawVerbs.find((verb) => verb.name === first)
    if (raw !== undefined) return await (await raw.load())(rest, io)
    const { runProgram } = await import('./program.ts')
    return await runProgram(args, io)
  } catch (error) {
    return report(error, io)
  }
}

function report(error: unknown, io: Io): ExitCode {
  if (error instanceof FailureError) io.stderr(`kedge: ${describeFailure(error.failure)}\n`)
  else io.stderr(`kedge: ${error instanceof Error ? error.message : String(error)}\n`)
  if (io.env['KEDGE_DEBUG'] !== undefined && error instanceof Error) io.stderr(`${error.stack ?? ''}\n`)
  return 2
}
