import { FailureError, type Origin } from '@kedge/base'
import { buildFailure, wrapFailure } from '../build-failure.ts'
import type { ResourceSet } from '../accumulate/resource-set.ts'
import { decodeUtf8 } from '../generate/pairs.ts'
import { formatId } from '../model/identity.ts'
import type { PatchSpec, Selector } from '../model/kustomization.ts'
import type { Resource } from '../model/resource.ts'
import { readObjects, resourcesOf } from '../read/read-resources.ts'
import { trimSpace } from '../read/loose-value.ts'
import { selectResources } from '../select/selector.ts'
import { applyJsonPatch, parseJsonPatch, type JsonOperation } from './json-patch.ts'
import { applyStrategicMerge, patchFor } from './strategic-merge.ts'
import type { TransformContext, Transformer } from './transformer.ts'

/** Where a patch is asked for, and where its text begins when it stands in the kustomization itself. */
export interface PatchPlaces {
  readonly entry?: Origin
  readonly text?: Origin | undefined
}

/** A patch text and where it came from. */
interface PatchText {
  readonly text: string
  readonly start: Origin | undefined
  /** How messages name it. */
  readonly source: string
}

/** Applies one entry of `patches`: a strategic merge patch or a JSON patch, to one object or to those of a target. */
export function patchTransformer(spec: PatchSpec, context: TransformContext, places: PatchPlaces = {}): Transformer {
  const { entry: origin } = places
  const source = readPatch(spec, context, places)
  const strategic = readStrategic(source, context)
  const operations = parseJsonPatch(source.text)
  if (Array.isArray(strategic) && strategic.length > 0 && operations !== undefined && operations.length > 0) {
    throw buildFailure('kustomize-patch', `illegally qualifies as both an SM and JSON patch: ${source.source}`, {
      origin,
    })
  }
  if (Array.isArray(strategic)) return strategicTransformer(strategic, { spec, source, context, origin })
  if (operations !== undefined) return jsonTransformer(operations, { target: spec.target, source, origin })
  throw unreadable(strategic, source, origin)
}

/** The place is the line of the patch file that cannot be read, where it is known. */
function unreadable(strategic: unknown, source: PatchText, origin: Origin | undefined): Error {
  const failure = strategic instanceof FailureError ? strategic.failure : undefined
  const cause = failure === undefined ? '' : `: ${failure.message}`
  return buildFailure('kustomize-patch', `unable to parse SM or JSON patch from ${source.source}${cause}`, {
    origin: failure?.origin ?? origin ?? source.start,
    cause: strategic,
  })
}

function readPatch(spec: PatchSpec, context: TransformContext, places: PatchPlaces): PatchText {
  const patch = trimSpace(spec.patch ?? '')
  const path = spec.path ?? ''
  if (patch === '' && path === '') throw buildFailure('kustomize-patch', 'must specify one of patch and path')
  if (patch !== '' && path !== '') {
    throw buildFailure('kustomize-patch', "patch and path can't be set at the same time")
  }
  if (patch !== '') return { text: patch, start: places.text, source: `[patch: ${JSON.stringify(patch)}]` }
  return readPatchFile(path, context)
}

function readPatchFile(path: string, context: TransformContext): PatchText {
  try {
    const { bytes, name } = context.loader.load(path)
    return { text: decodeUtf8(bytes) ?? '', start: { file: name, line: 1 }, source: `[path: "${path}"]` }
  } catch (error) {
    throw wrapFailure(error, `failed to get the patch file from path(${path})`)
  }
}

/** The objects of a patch, or why it has none. */
function readStrategic(source: PatchText, context: TransformContext): readonly Resource[] | Error {
  try {
    return readPatchObjects(source, context)
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
}

function readPatchObjects({ text, start }: PatchText, { scopes }: TransformContext): readonly Resource[] {
  if (start === undefined) return resourcesOf(readObjects(text, undefined), scopes, undefined)
  const { file, line: firstLine = 1 } = start
  try {
    const objects = readObjects(text, file)
    return resourcesOf(
      objects.map(({ node, line }) => ({ node, line: line + firstLine - 1 })),
      scopes,
      file,
    )
  } catch (error) {
    throw movedBy(error, firstLine - 1)
  }
}

/** The same failure that many lines further down. */
function movedBy(error: unknown, lines: number): unknown {
  if (!(error instanceof FailureError) || error.failure.origin?.line === undefined || lines === 0) return error
  const { origin } = error.failure
  return new FailureError(
    { ...error.failure, origin: { ...origin, line: (origin.line ?? 1) + lines } },
    { cause: error },
  )
}

interface StrategicContext {
  readonly spec: PatchSpec
  readonly source: PatchText
  readonly context: TransformContext
  readonly origin: Origin | undefined
}

function strategicTransformer(patches: readonly Resource[], details: StrategicContext): Transformer {
  const { spec, source, context, origin } = details
  const { allowNameChange = false, allowKindChange = false } = spec.options ?? {}
  for (const patch of patches) {
    patch.trail = { ...patch.trail, nameChangeAllowed: allowNameChange, kindChangeAllowed: allowKindChange }
    // kustomize notes this in the patch's own annotations, and so writes those anew: a null there takes nothing away.
    if (allowNameChange || allowKindChange) patch.setAnnotations(patch.annotations)
  }
  if (patches.length === 0) return () => {}
  const { target } = spec
  if (target === undefined) return (resources) => applyToNamed(resources, patches, { context, origin })
  if (patches.length > 1) {
    return () => {
      throw buildFailure(
        'kustomize-patch',
        `Multiple Strategic-Merge Patches in one \`patches\` entry is not allowed to set \`patches.target\` field: ${source.source}`,
        { origin },
      )
    }
  }
  const [patch] = patches as readonly [Resource]
  return (resources) =>
    applyToSelected(resources, { patch, selected: selectResources(resources.list, target) }, context)
}

function applyToNamed(
  resources: ResourceSet,
  patches: readonly Resource[],
  details: { context: TransformContext; origin: Origin | undefined },
): void {
  for (const patch of patches) {
    const target = findTarget(resources, patch, details.origin)
    const isKept = applyStrategicMerge(target, patch, details.context.schemas)
    if (!isKept) resources.list = resources.list.filter((resource) => resource !== target)
  }
}

function findTarget(resources: ResourceSet, patch: Resource, origin: Origin | undefined): Resource {
  try {
    return resources.theOne(patch.originalId)
  } catch (error) {
    const words = `no resource matches strategic merge patch "${formatId(patch.originalId)}"`
    throw wrapFailure(error, words, patch.origin ?? origin)
  }
}

function applyToSelected(
  resources: ResourceSet,
  change: { patch: Resource; selected: readonly Resource[] },
  context: TransformContext,
): void {
  const selected = new Set(change.selected)
  const kept: Resource[] = []
  for (const resource of resources.list) {
    const isKept =
      !selected.has(resource) || applyStrategicMerge(resource, patchFor(change.patch, resource), context.schemas)
    if (isKept) kept.push(resource)
  }
  resources.list = []
  resources.appendAll(kept)
}

interface JsonContext {
  readonly target: Selector | undefined
  readonly source: PatchText
  readonly origin: Origin | undefined
}

function jsonTransformer(operations: readonly JsonOperation[], details: JsonContext): Transformer {
  const { target, source, origin } = details
  if (operations.length === 0) return () => {}
  return (resources) => {
    if (target === undefined) {
      throw buildFailure('kustomize-patch', `must specify a target for JSON patch ${source.source}`, { origin })
    }
    for (const resource of selectResources(resources.list, target)) {
      resource.rememberName()
      patchObject(resource, operations, { start: source.start, origin })
    }
  }
}

function patchObject(
  resource: Resource,
  operations: readonly JsonOperation[],
  { start, origin }: { readonly start: Origin | undefined; readonly origin: Origin | undefined },
): void {
  try {
    const hadNotes = resource.trail.previous.length > 0 || resource.trail.behavior !== undefined
    if (hadNotes && Object.keys(resource.annotations).length === 0) {
      // Where kustomize keeps notes of its own there are annotations, to which an operation can add.
      resource.setAnnotations({ [NOTE]: '' })
    }
    resource.node = applyJsonPatch(resource.node, operations, start)
    const { [NOTE]: _note, ...annotations } = resource.annotations
    resource.setAnnotations(annotations)
  } catch (error) {
    throw wrapFailure(error, `patching ${formatId(resource.id)}`, origin)
  }
}

const NOTE = 'internal.config.kubernetes.io/previousNames'

/** Applies the legacy field `patchesStrategicMerge`: each entry is a file or a patch itself. */
export function strategicMergeTransformer(
  entries: readonly string[],
  context: TransformContext,
  places: Pick<PatchPlaces, 'entry'> & { readonly texts?: readonly (Origin | undefined)[] } = {},
): Transformer {
  const { entry: origin, texts = [] } = places
  const patches = entries.flatMap((entry, index) => readEntry(entry, context, texts[index]))
  if (patches.length === 0) {
    throw buildFailure('kustomize-patch', `patch appears to be empty; files=[${entries.join(' ')}]`, { origin })
  }
  return (resources) => {
    for (const patch of patches) {
      const target = findTarget(resources, patch, origin)
      applyToSelected(resources, { patch, selected: [target] }, context)
    }
  }
}

function readEntry(entry: string, context: TransformContext, start: Origin | undefined): readonly Resource[] {
  const inline = readStrategic({ text: entry, start, source: entry }, context)
  if (Array.isArray(inline)) return inline as readonly Resource[]
  // A text of several lines is meant to be a patch, and no path.
  if (entry.includes('\n')) throw inline
  return readPatchObjects(readPatchFile(entry, context), context)
}

/** Applies one entry of the legacy field `patchesJson6902`. */
export function json6902Transformer(
  spec: { target?: Selector | undefined; path?: string | undefined; jsonOp?: string | undefined },
  context: TransformContext,
  places: PatchPlaces = {},
): Transformer {
  const { entry: origin } = places
  const { target, path = '', jsonOp = '' } = spec
  if (target?.name === undefined || target.name === '') {
    throw buildFailure('kustomize-patch', 'must specify the target name', { origin })
  }
  if (path === '' && jsonOp === '') {
    throw buildFailure('kustomize-patch', 'empty file path and empty jsonOp', { origin })
  }
  if (path !== '' && jsonOp !== '') {
    throw buildFailure('kustomize-patch', 'must specify a file path or jsonOp, not both', { origin })
  }
  const source: PatchText =
    path === '' ? { text: jsonOp, start: places.text, source: jsonOp } : readPatchFile(path, context)
  const operations = parseJsonPatch(source.text)
  if (operations === undefined) throw buildFailure('kustomize-patch', `decoding ${source.source}`, { origin })
  if (operations.length === 0) {
    throw buildFailure('kustomize-patch', `patch appears to be empty; file=${path}, JsonOp=${jsonOp}`, { origin })
  }
  return (resources) => {
    for (const resource of selectResources(resources.list, target)) {
      patchObject(resource, operations, { start: source.start, origin })
    }
  }
}
