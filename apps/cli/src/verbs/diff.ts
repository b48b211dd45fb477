import type { Command } from 'commander'
import type { RenderFlags } from '../render-input.ts'
import type { VerbContext } from '../verbs.ts'
import { renderFlags } from './build.ts'

/** `kedge diff TYPE/NAME --path DIR`. */
export function declareDiff(command: Command, { io, exit }: VerbContext): void {
  renderFlags(command)
    .addHelpText(
      'after',
      '\nExit codes: 0 no difference, 1 differences, 2 an error.\nExamples:\n  kedge diff ks/apps --path .\n  kedge diff hr/mailer --path ./charts/mailer\n  kedge diff hr/mailer --file ./clusters/demo/mailer.yaml\n  kedge diff app/shop',
    )
    .action(async (type: string, name: string | undefined, flags: RenderFlags) => {
      const { runDiff } = await import('./diff-run.ts')
      exit(await runDiff(name === undefined ? [type] : [type, name], flags, io))
    })
}
