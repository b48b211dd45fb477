import type { Command } from 'commander'
import type { VerbContext } from '../verbs.ts'

export interface LogFlags {
  readonly dataDir: string
  readonly follow?: boolean
  readonly tail?: string
  readonly level?: string
  readonly kind?: string
  readonly name?: string
  readonly namespace?: string
  readonly output?: string
}

/** `kedge logs`: what the engine started in this folder wrote. */
export function declareLogs(command: Command, { io, exit }: VerbContext): void {
  command
    .option('--data-dir <folder>', 'folder of the running engine', '.kedge')
    .option('-f, --follow', 'go on with new lines')
    .option('--tail <lines>', 'only the last lines')
    .option('--level <level>', 'only this level: debug, info, warn, error')
    .option('--kind <kind>', 'only lines about this kind')
    .option('--name <name>', 'only lines about objects of this name')
    .option('-n, --namespace <name>', 'only lines about this namespace')
    .option('-o, --output <format>', 'json for the lines as they were written')
    .action(async (flags: LogFlags) => {
      const { runLogs } = await import('./logs-run.ts')
      exit(await runLogs(flags, io))
    })
}
