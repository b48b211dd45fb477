import type { Command } from 'commander'
import { scopeFlags, type ScopeFlags } from '../flags.ts'
import type { VerbContext } from '../verbs.ts'

export interface GetFlags extends ScopeFlags {
  readonly selector?: string
  readonly output?: string
}

/** `kedge get [TYPE[/NAME] [NAME…]]`. */
export function declareGet(command: Command, { io, exit }: VerbContext): void {
  scopeFlags(command)
    .argument('[type]', 'resource type, TYPE/NAME, or nothing for everything that Kedge reconciles')
    .argument('[names...]', 'names, or further TYPE/NAME')
    .option('-l, --selector <labels>', 'label selector')
    .option('-o, --output <format>', 'wide, yaml, json, name or jsonpath=TEMPLATE')
    .addHelpText('after', '\nExamples:\n  kedge get\n  kedge get ks -A\n  kedge get deploy/web -n staging -o yaml')
    .action(async (type: string | undefined, names: readonly string[], flags: GetFlags) => {
      const { runGet } = await import('./get-run.ts')
      exit(await runGet(type === undefined ? [] : [type, ...names], flags, io))
    })
}
