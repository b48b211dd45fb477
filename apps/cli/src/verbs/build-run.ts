import { buildApplication, buildHelmRelease, buildKustomization } from '@kedge/agent'
import type { Cluster } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'
import { printYaml } from '@kedge/yaml'
import type { Io } from '../io.ts'
import { openLocalRender, type LocalRender } from '../kustomize/remote-render.ts'
import type { ExitCode } from '../main.ts'
import { maskManifest } from '../output/mask-manifest.ts'
import {
  fileOf,
  readRenderInput,
  type KustomizationInput,
  type RenderFlags,
  type SourcedInput,
} from '../render-input.ts'
import { openCluster, sourcedRequest, unwrap } from '../render-request.ts'
import { systemPorts } from '../up/system-ports.ts'

/** Prints what an object would apply. */
export async function runBuild(words: readonly string[], flags: RenderFlags, io: Io): Promise<ExitCode> {
  const input = await readRenderInput(words, flags, io)
  await using local = openLocalRender(io, flags.allowRemoteBase)
  const needsCluster = input.kind !== 'Kustomization' || fileOf(flags) === undefined
  const cluster = needsCluster ? await openCluster(flags, io) : undefined
  try {
    if (input.kind === 'Kustomization') io.stdout(await printKustomization(input, local, cluster))
    else if (cluster !== undefined) await printSourced(input, { local, io, cluster })
    return 0
  } finally {
    await cluster?.close()
  }
}

async function printKustomization(
  { object, local: { tree } }: KustomizationInput,
  { render }: LocalRender,
  cluster: Cluster | undefined,
): Promise<string> {
  const from = cluster === undefined ? {} : { cluster }
  const built = unwrap(await buildKustomization({ ports: systemPorts, object, tree, render, ...from }))
  return built.map(printDocument).join('')
}

async function printSourced(
  input: SourcedInput,
  { local, io, cluster }: { readonly local: LocalRender; readonly io: Io; readonly cluster: Cluster },
): Promise<void> {
  const request = sourcedRequest(input, local, cluster)
  if (request.kind === 'Application') {
    const { objects, hooks } = unwrap(await buildApplication(request))
    io.stdout(objects.map(printDocument).join(''))
    for (const hook of hooks) io.stderr(`hook: ${hook}, which this version of Kedge does not run\n`)
    return
  }
  const { manifest, hooks, warnings } = unwrap(await buildHelmRelease(request))
  io.stdout(maskManifest(manifest))
  for (const hook of hooks) io.stderr(`hook: ${hook.kind}/${hook.name} (${hook.events.join(', ')})\n`)
  for (const warning of warnings) io.stderr(`kedge: ${warning}\n`)
}

function printDocument({ object }: { readonly object: KubeObject }): string {
  return `---\n${printYaml(object)}`
}
