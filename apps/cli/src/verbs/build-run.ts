import { buildKustomization } from '@kedge/agent'
import { FailureError } from '@kedge/base'
import { createCluster, type Cluster } from '@kedge/cluster'
import { printYaml } from '@kedge/yaml'
import { clusterConfig } from '../connect.ts'
import type { Io } from '../io.ts'
import { readKustomizationInput, type RenderFlags } from '../kustomization-input.ts'
import { openLocalRender } from '../kustomize/remote-render.ts'
import type { ExitCode } from '../main.ts'
import { systemPorts } from '../up/system-ports.ts'

/** Prints what a Kustomization would apply, built from files on this machine. */
export async function runBuild(words: readonly string[], flags: RenderFlags, io: Io): Promise<ExitCode> {
  const { object, tree } = await readKustomizationInput(words, flags, io)
  const cluster = flags.kustomizationFile === undefined ? await openCluster(flags, io) : undefined
  await using local = openLocalRender(flags.allowRemoteBase)
  try {
    const built = await buildKustomization({
      ports: systemPorts,
      object,
      tree,
      render: local.render,
      ...(cluster === undefined ? {} : { cluster }),
    })
    if (!built.ok) throw new FailureError(built.failure)
    io.stdout(built.value.map(({ object: one }) => `---\n${printYaml(one)}`).join(''))
    return 0
  } finally {
    await cluster?.close()
  }
}

/** The cluster that the flags name, as the engine's own client sees it. */
export async function openCluster(flags: RenderFlags, io: Io): Promise<Cluster> {
  return createCluster(await clusterConfig(flags, io), systemPorts)
}
