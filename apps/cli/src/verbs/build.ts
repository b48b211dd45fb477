import type { Command } from 'commander'
import type { RenderFlags } from '../render-input.ts'
import { scopeFlags } from '../flags.ts'
import type { VerbContext } from '../verbs.ts'

/** `kedge build [TYPE/]NAME --path DIR`. */
export function declareBuild(command: Command, { io, exit }: VerbContext): void {
  renderFlags(command)
    .addHelpText(
      'after',
      '\nExamples:\n  kedge build ks/apps --path ./clusters/staging/apps\n  kedge build ks/apps --file ./clusters/staging/apps.yaml --path .\n  kedge build hr/mailer\n  kedge build hr/mailer --path ./charts/mailer',
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
    .option(
      '--path <folder>',
      "folder with the manifests or the chart, or the repository that holds them (default: of a Kustomization this folder, else the object's own source)",
    )
    .option('--file <file>', 'take the object from a file instead of the cluster')
    .option('--kustomization-file <file>', 'the same, of a Kustomization')
    .option('--allow-remote-base <address...>', 'fetch remote bases and files below these, as github.com/org')
}
