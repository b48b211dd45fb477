import type { Command } from 'commander'
import type { RenderFlags } from '../kustomization-input.ts'
import { scopeFlags } from '../flags.ts'
import type { VerbContext } from '../verbs.ts'

/** `kedge build [TYPE/]NAME --path DIR`. */
export function declareBuild(command: Command, { io, exit }: VerbContext): void {
  renderFlags(command)
    .addHelpText(
      'after',
      '\nExamples:\n  kedge build ks/apps --path ./clusters/staging/apps\n  kedge build apps --kustomization-file ./clusters/staging/apps.yaml --path .',
    )
    .action(async (type: string, name: string | undefined, flags: RenderFlags) => {
      const { runBuild } = await import('./build-run.ts')
      exit(await runBuild(name === undefined ? [type] : [type, name], flags, io))
    })
}

/** The flags of the verbs that render from files on this machine. */
export function renderFlags(command: Command): Command {
  return scopeFlags(command)
    .argument('<type>', 'TYPE/NAME, or a type followed by a name')
    .argument('[name]', 'name')
    .option('--path <folder>', 'folder with the manifests, or the repository that holds them (default: this folder)')
    .option('--kustomization-file <file>', 'take the Kustomization from a file instead of the cluster')
    .option('--allow-remote-base <address...>', 'fetch remote bases and files below these, as github.com/org')
}
