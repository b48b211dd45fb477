import type { Command } from 'commander'
import { scopeFlags, type ScopeFlags } from '../flags.ts'
import type { VerbContext } from '../verbs.ts'

export interface TreeFlags extends ScopeFlags {
  readonly compact?: boolean
}

/** `kedge tree [TYPE/NAME]`. */
export function declareTree(command: Command, { io, exit }: VerbContext): void {
  scopeFlags(command)
    .argument('[type]', 'TYPE/NAME, or a type followed by a name; nothing for all that Kedge reconciles')
    .argument('[name]', 'name')
    .option('--compact', 'only what is in the inventory, not what controllers made of it')
    .action(async (type: string | undefined, name: string | undefined, flags: TreeFlags) => {
      const { runTree } = await import('./tree-run.ts')
      exit(
        await runTree(
          [type, name].filter((word) => word !== undefined),
          flags,
          io,
        ),
      )
    })
}
