import { FailureError, describeFailure } from '@kedge/base'
import { Command, CommanderError } from 'commander'
import { processIo, type Io } from './io.ts'
import { verbs } from './verbs.ts'

/** Exit codes of every verb: 0 done, 1 a difference or something not ready, 2 an error. */
export type ExitCode = 0 | 1 | 2

/** Runs one command line, without the program's name, and gives the exit code. Never throws. */
export async function main(args: readonly string[], io: Io = processIo()): Promise<ExitCode> {
  let exitCode: ExitCode = 0
  const program = createProgram(io, (code) => {
    exitCode = code
  })
  try {
    const [first, ...rest] = args
    const raw = first === undefined ? undefined : verbs.find((verb) => verb.kind === 'raw' && verb.name === first)
    if (raw?.kind === 'raw') return await (await raw.load())(rest, io)
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    return report(error, io)
  }
}

/** The whole command tree, for running and for shell completion. */
export function createProgram(io: Io, exit: (code: ExitCode) => void): Command {
  const program = new Command('kedge')
    .description('GitOps for Kubernetes: Git is the source of truth, and the cluster follows.')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .showSuggestionAfterError()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .exitOverride()
  for (const verb of verbs) {
    const command = program.command(verb.name).description(verb.summary).copyInheritedSettings(program)
    if (verb.kind === 'raw') command.allowUnknownOption().helpOption(false)
    else verb.declare(command, { io, exit, root: program })
  }
  return program
}

function report(error: unknown, io: Io): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof FailureError) io.stderr(`kedge: ${describeFailure(error.failure)}\n`)
  else io.stderr(`kedge: ${error instanceof Error ? error.message : String(error)}\n`)
  if (io.env['KEDGE_DEBUG'] !== undefined && error instanceof Error) io.stderr(`${error.stack ?? ''}\n`)
  return 2
}
