import type { Command } from 'commander'
import { scopeFlags, type ScopeFlags } from '../flags.ts'
import type { VerbContext } from '../verbs.ts'

export interface EventFlags extends ScopeFlags {
  readonly for?: string
  readonly types?: string
  readonly watch?: boolean
}

/** `kedge events [--for TYPE/NAME] [--watch]`. */
export function declareEvents(command: Command, { io, exit }: VerbContext): void {
  scopeFlags(command)
    .option('--for <type/name>', 'only events of this object')
    .option('--types <list>', 'only these event types: Normal, Warning')
    .option('-w, --watch', 'go on with new events')
    .action(async (flags: EventFlags) => {
      const { runEvents } = await import('./events-run.ts')
      exit(await runEvents(flags, io))
    })
}
