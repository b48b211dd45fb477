import { previewApplication, previewHelmRelease, previewKustomization } from '@kedge/agent'
import { describeFailure, describeOrigin } from '@kedge/base'
import type { Cluster } from '@kedge/cluster'
import type { Change, Preview, PruneItem } from '@kedge/engine'
import { describeKey } from '@kedge/manifest'
import { painter, type Io, type Paint } from '../io.ts'
import { openLocalRender, type LocalRender } from '../kustomize/remote-render.ts'
import type { ExitCode } from '../main.ts'
import { describeHooks } from '../output/hook-diff.ts'
import { diffObjects } from '../output/object-diff.ts'
import { readRenderInput, type RenderFlags, type RenderInput } from '../render-input.ts'
import { openCluster, sourcedRequest, unwrap } from '../render-request.ts'
import { systemPorts } from '../up/system-ports.ts'

/** Prints what applying an object would change in the cluster. Nothing is written. */
export async function runDiff(words: readonly string[], flags: RenderFlags, io: Io): Promise<ExitCode> {
  const input = await readRenderInput(words, flags, io)
  const cluster = await openCluster(flags, io)
  await using local = openLocalRender(io, flags.allowRemoteBase)
  try {
    return show(await previewInput(input, { cluster, local, paint: painter(io) }), io)
  } finally {
    await cluster.close()
  }
}

/** A preview, and what else there is to say of it. */
interface Shown {
  readonly preview: Preview
  /** Differences of hooks, as texts for stdout. */
  readonly hooks: { readonly changed: readonly string[]; readonly run: readonly string[] }
  /** Lines for stderr. */
  readonly notes: readonly string[]
}

interface Looking {
  readonly cluster: Cluster
  readonly local: LocalRender
  readonly paint: Paint
}

async function previewInput(input: RenderInput, { cluster, local, paint }: Looking): Promise<Shown> {
  const none = { changed: [], run: [] }
  if (input.kind === 'Kustomization') {
    const { object } = input
    const { tree } = input.local
    const request = { cluster, ports: systemPorts, object, tree, render: local.render }
    return { preview: unwrap(await previewKustomization(request)), hooks: none, notes: [] }
  }
  const request = sourcedRequest(input, local, cluster)
  if (request.kind === 'Application') {
    const preview = unwrap(await previewApplication(request))
    const notes = preview.hooks.map((hook) => `hook: ${hook}, which this version of Kedge does not run`)
    return { preview, hooks: none, notes }
  }
  const preview = unwrap(await previewHelmRelease(request))
  const notes = [...actionNotes(preview.action), ...preview.warnings.map((warning) => `kedge: ${warning}`)]
  return { preview, hooks: describeHooks(preview.hooks, paint), notes }
}

function actionNotes(action: string | undefined): readonly string[] {
  if (action === undefined || action === 'install' || action === 'upgrade') return []
  return [`note: the next pass begins with the action ${action}; this is what an install or upgrade after it changes`]
}

function show({ preview, hooks, notes }: Shown, io: Io): ExitCode {
  const paint = painter(io)
  const objects = [
    ...preview.plan.waves.flatMap((wave) => wave.changes.map((change) => describeChange(change, paint))),
    ...preview.plan.prune.map((item) => describePrune(item, paint)),
  ].filter((text) => text !== '')
  const differences = [...objects, ...hooks.changed]
  // What runs beside changes is no difference by itself.
  const texts = differences.length === 0 ? [] : [...differences, ...hooks.run]
  for (const text of texts) io.stdout(text)
  for (const note of notes) io.stderr(`${note}\n`)
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
