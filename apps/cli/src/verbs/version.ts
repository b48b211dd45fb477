import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { clusterFlags, type ClusterFlags } from '../flags.ts'
import type { VerbContext } from '../verbs.ts'

/** `kedge version`: the program's version, and with --server the cluster's. */
export function declareVersion(command: Command, { io }: VerbContext): void {
  clusterFlags(command)
    .option('--server', 'ask the cluster for its version too')
    .option('-o, --output <format>', 'json or yaml instead of text')
    .action(async (options: ClusterFlags & { readonly server?: boolean; readonly output?: string }) => {
      const version: Record<string, string> = { kedge: programVersion(), node: process.versions.node }
      if (options.server === true) {
        const { connect } = await import('../connect.ts')
        await using kube = await connect(options, io)
        version['server'] = await kube.serverVersion()
      }
      if (options.output === 'json') io.stdout(`${JSON.stringify(version, null, 2)}\n`)
      else if (options.output === 'yaml')
        io.stdout(
          Object.entries(version)
            .map(([name, value]) => `${name}: ${value}\n`)
            .join(''),
        )
      else
        io.stdout(
          Object.entries(version)
            .map(([name, value]) => `${name} ${value}\n`)
            .join(''),
        )
    })
}

/** The version in the package's own manifest. */
export function programVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string
  }
  return manifest.version
}
