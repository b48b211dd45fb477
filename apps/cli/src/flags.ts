import type { Command } from 'commander'

/** Which cluster a verb talks to. */
export interface ClusterFlags {
  readonly kubeconfig?: string
  readonly context?: string
}

/** Which objects a verb is about. */
export interface ScopeFlags extends ClusterFlags {
  readonly namespace?: string
  readonly allNamespaces?: boolean
}

/** Adds `--kubeconfig` and `--context`. */
export function clusterFlags(command: Command): Command {
  return command
    .option(
      '--kubeconfig <file>',
      'kubeconfig of the cluster (default: the embedded cluster of this folder, else KUBECONFIG, else ~/.kube/config)',
    )
    .option('--context <name>', 'context of the kubeconfig')
}

/** Adds the flags of clusterFlags, `-n` and `-A`. */
export function scopeFlags(command: Command): Command {
  return clusterFlags(command)
    .option(
      '-n, --namespace <name>',
      "namespace of the objects (default flux-system for Kedge kinds, else the context's)",
    )
    .option('-A, --all-namespaces', 'objects of every namespace')
}
