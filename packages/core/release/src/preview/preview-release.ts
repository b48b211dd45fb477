import { fail, ok, type Result } from '@kedge/base'
import { emptyMemory, preview, type Delivery, type Preview } from '@kedge/engine'
import { formatKey, keyOf, type KubeObject } from '@kedge/manifest'

import { beginWork } from '../actions/action-result.ts'
import { mergesFields } from '../actions/upgrade-release.ts'
import { findConflict } from '../apply/plan-objects.ts'
import { readManifest, type ManifestObject } from '../apply/read-manifest.ts'
import { withFreshReads } from '../apply/recorded-already.ts'
import { releaseDelivery } from '../apply/release-delivery.ts'
import { describeUnknown, settleObjects, type SettledObject } from '../apply/settle-objects.ts'
import { staleEntries } from '../apply/stale-entries.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import type { ActionOptions, ReleaseContent, ReleaseTarget } from '../model/target.ts'
import type { Work } from '../model/work.ts'
import { readFresh } from '../patience.ts'
import { now } from '../program.ts'
import { lastRecord, nextVersion, standingRecords } from '../records/history-view.ts'
import { readRecords } from '../records/read-history.ts'

/**
 * What an install or upgrade would change in the cluster: the objects of the release, those that it has no longer, and
 * what is made beside it (definitions of the crds/ folder, the namespace). Hooks are not part of it. Writes nothing.
 */
export function* previewRelease(
  target: ReleaseTarget,
  content: ReleaseContent,
  options: ActionOptions,
): ReleaseProgram<Result<Preview>> {
  const work = beginWork(target, { ...options, wait: false })
  const history = yield* readRecords(target)
  if (!history.ok) return fail(history.failure)
  const settled = yield* settleContent(work, content)
  if (!settled.ok) return settled
  const { own, beside } = settled.value
  const records = standingRecords(history.value)
  const conflict = yield* findConflict(work, own, { records, prefix: '' })
  if (conflict !== undefined) return fail(conflict)
  const refs = own.map(({ ref }) => ref)
  const releases = records.map(({ release }) => release)
  const stale = yield* staleEntries(work, releases, refs)
  if (!stale.ok) return stale
  const wanted = new Set(refs.map(formatKey))
  const delivery = releaseDelivery(work, {
    version: nextVersion(history.value),
    objects: [...beside, ...own],
    inventory: [...target.inventory.filter((entry) => wanted.has(formatKey(entry))), ...stale.value],
    awaited: [],
    merges: mergesFields(options, lastRecord(history.value)?.release.applyMethod ?? ''),
  })
  const pass = { delivery: besideUnmarked(delivery, beside, options), memory: emptyMemory, nowMs: yield* now() }
  return ok(yield* withFreshReads(preview(pass)))
}

interface SettledContent {
  /** Objects of the manifest. */
  readonly own: readonly SettledObject[]
  /** What an action makes that is not the release's own. */
  readonly beside: readonly SettledObject[]
}

function* settleContent(work: Work, content: ReleaseContent): ReleaseProgram<Result<SettledContent>> {
  const manifest = readManifest(content.manifest)
  if (!manifest.ok) return manifest
  const definitions = readDefinitions(work, content)
  if (!definitions.ok) return definitions
  const beside = [...definitions.value, ...(yield* missingNamespace(work))]
  const settled = yield* settleObjects([...beside, ...manifest.value], work.target.namespace)
  if (!settled.ok) return settled
  const { unknown, settled: all } = settled.value
  if (unknown.length > 0) return fail({ code: 'UnknownKind', message: describeUnknown(unknown) })
  const own = all.slice(beside.length)
  // A chart that brings its own namespace has it created first, and then applies it.
  const keys = new Set(own.map(({ ref }) => formatKey(ref)))
  return ok({ own, beside: all.slice(0, beside.length).filter(({ ref }) => !keys.has(formatKey(ref))) })
}

function readDefinitions(work: Work, { crds }: ReleaseContent): Result<readonly ManifestObject[]> {
  if (work.options.crds === 'Skip') return ok([])
  const objects: ManifestObject[] = []
  for (const { path, text } of crds) {
    const read = readManifest(text)
    if (!read.ok) return fail({ ...read.failure, message: `${path}: ${read.failure.message}` })
    const found = read.value.filter(({ object }) => object.kind === 'CustomResourceDefinition')
    objects.push(...found.map(({ object }) => ({ object, origin: { file: path } })))
  }
  return ok(objects)
}

/** The namespace that an install makes when it is not there. */
function* missingNamespace({ options, target }: Work): ReleaseProgram<readonly ManifestObject[]> {
  if (!options.createNamespace) return []
  const { namespace: name } = target
  const [answer] = yield* readFresh([{ group: '', version: 'v1', kind: 'Namespace', namespace: '', name }])
  if (answer?.ok !== true || answer.value !== undefined) return []
  const object: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { name } } }
  return [{ object, origin: { file: 'createNamespace' } }]
}

/** What is made beside a release carries no mark of it, and what is there already is left as it is, by the policy. */
function besideUnmarked(delivery: Delivery, beside: readonly SettledObject[], options: ActionOptions): Delivery {
  if (beside.length === 0) return delivery
  const keys = new Set(beside.map(({ ref }) => formatKey(ref)))
  const { mark, desired } = delivery
  const replaces = options.crds === 'CreateReplace'
  return {
    ...delivery,
    mark: { ...mark, stamp: (object) => (keys.has(formatKey(keyOf(object))) ? object : mark.stamp(object)) },
    desired: {
      kind: 'complete',
      objects: desired.objects.map((one) =>
        keys.has(formatKey(keyOf(one.object)))
          ? { ...one, mode: replaces && one.object.kind === 'CustomResourceDefinition' ? 'apply' : 'create-only' }
          : one,
      ),
    },
  }
}
