import type { Command } from 'commander'
import type { VerbContext } from '../verbs.ts'

export interface UpFlags {
  readonly repo?: string
  readonly path?: string
  readonly branch?: string
  readonly name?: string
  readonly kubeconfig?: string
  readonly context?: string
  readonly dataDir: string
  readonly port?: string
  readonly once?: boolean
  readonly timeout: string
  readonly besideOthers?: boolean
  readonly allowRemoteBase?: readonly string[]
  readonly featureGates?: string
}

/** `kedge up`. */
export function declareUp(command: Command, { io, exit }: VerbContext): void {
  command
    .option(
      '--repo <url|folder>',
      'Git repository to follow (default: a demo in the embedded cluster; in a real one what is there)',
    )
    .option('--path <path>', 'folder of the repository with the manifests (default: its root)')
    .option('--branch <name>', 'branch to follow')
    .option('--name <name>', "name of its GitRepository and Kustomization (default: the repository's)")
    .option('--context <name>', 'reconcile into this context of the kubeconfig instead of the embedded cluster')
    .option('--kubeconfig <file>', 'reconcile into the cluster of this kubeconfig instead of the embedded one')
    .option('--data-dir <folder>', 'where the embedded cluster and the log are kept', '.kedge')
    .option('--port <number>', 'port of the embedded cluster (default: any free one)')
    .option('--once', 'exit when everything is ready (0) or something cannot become so (1)')
    .option('--timeout <duration>', 'with --once: give up after this time', '5m')
    .option(
      '--allow-remote-base <address...>',
      'let kustomizations fetch bases and files below these, as github.com/org',
    )
    .option('--feature-gates <gates>', "Flux's feature gates, as NAME=true,NAME=false")
    .option('--beside-others', 'start although controllers of Flux or Argo CD run in the cluster')
    .addHelpText(
      'after',
      '\nExamples:\n  kedge up\n  kedge up --repo ./fleet --path clusters/staging\n  kedge up --repo https://example.com/fleet.git --context staging --once',
    )
    .action(async (flags: UpFlags) => {
      const { runUp } = await import('./up-run.ts')
      exit(await runUp(flags, io))
    })
}
