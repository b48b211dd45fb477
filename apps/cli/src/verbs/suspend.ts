import type { Command } from 'commander'
import { scopeFlags, type ScopeFlags } from '../flags.ts'
import type { VerbContext } from '../verbs.ts'

/** `kedge suspend TYPE/NAME …`. */
export function declareSuspend(command: Command, context: VerbContext): void {
  declare(command, context, true)
}

/** `kedge resume TYPE/NAME …`. */
export function declareResume(command: Command, context: VerbContext): void {
  declare(command, context, false)
}

function declare(command: Command, { io, exit }: VerbContext, suspend: boolean): void {
  scopeFlags(command)
    .argument('<type>', 'resource type or TYPE/NAME')
    .argument('[names...]', 'names, or further TYPE/NAME; none means all of the type')
    .action(async (type: string, names: readonly string[], flags: ScopeFlags) => {
      const { runSuspend } = await import('./suspend-run.ts')
      exit(await runSuspend({ words: [type, ...names], suspend, flags }, io))
    })
}
