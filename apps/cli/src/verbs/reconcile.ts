import type { Command } from 'commander'
import { scopeFlags, type ScopeFlags } from '../flags.ts'
import type { VerbContext } from '../verbs.ts'

export interface ReconcileFlags extends ScopeFlags {
  readonly withSource?: boolean
  readonly force?: boolean
  readonly reset?: boolean
  readonly wait: boolean
  readonly timeout: string
}

/** `kedge reconcile TYPE/NAME`. */
export function declareReconcile(command: Command, { io, exit }: VerbContext): void {
  scopeFlags(command)
    .argument('<type>', 'TYPE/NAME, or a type followed by a name')
    .argument('[name]', 'name')
    .option('--with-source', 'fetch the source first; of a HelmRelease also its chart')
    .option('--force', 'replace objects whose change is refused as immutable, or upgrade a HelmRelease, this once')
    .option('--reset', 'count the failures of a HelmRelease from zero again')
    .option('--no-wait', 'ask only, do not wait for the outcome')
    .option('--timeout <duration>', 'how long to wait, such as 90s or 5m', '5m')
    .addHelpText('after', '\nExample:\n  kedge reconcile ks/apps --with-source')
    .action(async (type: string, name: string | undefined, flags: ReconcileFlags) => {
      const { runReconcile } = await import('./reconcile-run.ts')
      exit(await runReconcile(name === undefined ? [type] : [type, name], flags, io))
    })
}
