import { Command, CommanderError } from 'commander'
import type { Io } from './io.ts'
import type { ExitCode } from './main.ts'
import { rawVerbs } from './raw-verbs.ts'
import { verbs } from './verbs.ts'

/** Runs a command line of the command tree; help and complaints about the line itself are printed here. */
export async function runProgram(args: readonly string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode = 0
  const program = createProgram(io, (code) => {
    exitCode = code
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    throw error
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
  for (const { name, summary, declare } of verbs) {
    declare(program.command(name).description(summary).copyInheritedSettings(program), { io, exit, root: program })
  }
  for (const { name, summary } of rawVerbs) {
    program.command(name).description(summary).allowUnknownOption().helpOption(false)
  }
  return program
}
