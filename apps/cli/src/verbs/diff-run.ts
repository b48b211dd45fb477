import { previewKustomization, standDownOthers } from '@kedge/agent'
import { FailureError, describeFailure, describeOrigin } from '@kedge/base'
import type { Change, Preview, PruneItem } from '@kedge/engine'
import { describeKey } from '@kedge/manifest'
import { painter, type Io, type Paint } from '../io.ts'
import { readKustomizationInput, type RenderFlags } from '../kustomization-input.ts'
import { openLocalRender } from '../kustomize/remote-render.ts'
import type { ExitCode } from '../main.ts'
import { diffObjects } from '../output/object-diff.ts'
import { systemPorts } from '../up/system-ports.ts'
import { openCluster } from './build-run.ts'

/** Prints what applying a Kustomization from files on this machine would change in the cluster. Nothing is written. */
export async function runDiff(words: readonly string[], flags: RenderFlags, io: Io): Promise<ExitCode> {
  const { object, tree } = await readKustomizationInput(words, flags, io)
  const cluster = await openCluster(flags, io)
  await using local = openLocalRender(flags.allowRemoteBase)
  try {
    // As the engine applies it.
    const render = standDownOthers(local.render)
    const previewed = await previewKustomization({ cluster, ports: systemPorts, object, tree, render })
    if (!previewed.ok) throw new FailureError(previewed.failure)
    return show(previewed.value, io)
  } finally {
    await cluster.close()
  }
}

function show(preview: Preview, io: Io): ExitCode {
  const paint = painter(io)
  const texts = [
    ...preview.plan.waves.flatMap((wave) => wave.changes.map((change) => describeChange(change, paint))),
    ...preview.plan.prune.map((item) => describePrune(item, paint)),
  ].filter((text) => text !== '')
  for (const text of texts) io.stdout(text)
  for (const failure of preview.failures) io.stderr(`kedge: ${describeFailure(failure)}\n`)
  if (preview.failures.length > 0) return 2
  if (texts.length === 0) io.stderr('no differences\n')
  return texts.length === 0 ? 0 : 1
}

function describeChange(change: Change, paint: Paint): string {
  const { ref, desired, object, predicted } = change.target
  const name = describeKey(ref)
  const place = paint('dim', ` (${describeOrigin(desired.origin)})`)
  switch (change.kind) {
    case 'create':
    case 'defer':
      return `${paint('green', `► ${name} created`)}${place}\n${diffObjects(undefined, predicted ?? object, paint)}`
    case 'update': {
      const text = diffObjects(change.live, predicted ?? object, paint)
      return `${paint('yellow', `► ${name} ${change.cause === 'drift' ? 'drifted' : 'configured'}`)}${place}\n${text}`
    }
    case 'wait':
      return `${paint('yellow', `► ${name} is being deleted, and will be created again`)}${place}\n`
    case 'none':
    case 'skip':
    case 'refuse':
      return ''
  }
}

function describePrune({ entry, verdict }: PruneItem, paint: Paint): string {
  const name = describeKey(entry)
  switch (verdict.kind) {
    case 'delete':
      return paint('red', `► ${name} deleted`) + '\n'
    case 'hold':
      return paint('red', `► ${name} deleted once confirmed: ${verdict.message}`) + '\n'
    case 'gone':
    case 'keep':
    case 'release':
    case 'terminating':
      return ''
  }
}
