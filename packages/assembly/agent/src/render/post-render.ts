import { FailureError } from '@kedge/base'
import { splitManifests, type ManifestSplitting, type PostRender } from '@kedge/helm'
import { build } from '@kedge/kustomize'
import { treeFromFiles } from '@kedge/tree'
import { parseYaml, printYaml } from '@kedge/yaml'

import type { HelmRenderRequest, PostRenderer } from './helm-request.ts'

/** Carries a document's file through a build, as helm does it. */
const fileAnnotation = 'postrenderer.helm.sh/postrender-filename'

type Json = Readonly<Record<string, unknown>>

/** A document of a rendered file. */
interface RenderedDocument {
  readonly path: string
  readonly object: Json
  /** As the template gave it; undefined once it was changed. */
  readonly text: string | undefined
}

/** What a request asks for after the templates: builds with patches and images, common metadata, labels of its origin. */
export type PostRenderFields = Pick<
  HelmRenderRequest,
  'postRenderers' | 'postRenderStrategy' | 'commonMetadata' | 'originLabels'
>

/** The steps after the templates; undefined when there are none. */
export function postRenderOf(fields: PostRenderFields, splitting: ManifestSplitting): PostRender | undefined {
  const { labels = {}, annotations = {} } = fields.commonMetadata ?? {}
  // An origin is told truly, whatever the common labels say.
  const metadata = { labels: { ...labels, ...fields.originLabels }, annotations }
  const isIdle =
    fields.postRenderers.length === 0 &&
    Object.keys(metadata.labels).length === 0 &&
    Object.keys(annotations).length === 0
  if (isIdle) return undefined
  const change = (documents: readonly RenderedDocument[]): readonly RenderedDocument[] =>
    fields.postRenderers
      .reduce((changed, step) => (changed.length === 0 ? changed : buildWith(changed, step)), documents)
      .map((one) => ({ ...one, object: withMetadata(one.object, metadata), text: undefined }))
  return (files) =>
    filesOf(
      groupsOf(documentsOf(files, splitting), fields.postRenderStrategy).flatMap((group) =>
        group.kept ? group.documents : change(group.documents),
      ),
    )
}

interface Group {
  readonly documents: readonly RenderedDocument[]
  /** Whether the group is left as it is. */
  readonly kept: boolean
}

function groupsOf(
  documents: readonly RenderedDocument[],
  strategy: HelmRenderRequest['postRenderStrategy'],
): readonly Group[] {
  if (strategy === 'combined') return [{ documents, kept: false }]
  const hooks = documents.filter(isHook)
  const others = documents.filter((one) => !isHook(one))
  return [
    { documents: hooks, kept: strategy === 'nohooks' },
    { documents: others, kept: false },
  ]
}

function isHook({ object }: RenderedDocument): boolean {
  return Object.hasOwn(mapAt(mapAt(object, 'metadata'), 'annotations'), 'helm.sh/hook')
}

function mapAt(object: Json, key: string): Json {
  const value = object[key]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

/** Files whose names begin with an underscore are for other templates to use. */
function documentsOf(files: ReadonlyMap<string, string>, splitting: ManifestSplitting): readonly RenderedDocument[] {
  return [...files]
    .filter(([path]) => !path.slice(path.lastIndexOf('/') + 1).startsWith('_'))
    .toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .flatMap(([path, text]) => splitManifests(text, splitting).flatMap((one) => parseDocument(path, whole(one, text))))
}

/** A document with the line break that splitting took: the value of a block at its end has it. */
function whole(document: string, file: string): string {
  return file.endsWith(document) ? document : `${document}\n`
}

function parseDocument(path: string, text: string): readonly RenderedDocument[] {
  const object = parse(path, text)
  if (object === null || object === undefined) return []
  if (typeof object !== 'object' || Array.isArray(object)) throw failure(`parsing ${path}: the document is no map`)
  return [{ path, object: object as Json, text }]
}

function parse(path: string, text: string): unknown {
  try {
    return parseYaml(text)
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    throw failure(`error merging manifests: parsing ${path}: ${error.failure.message}`, error)
  }
}

function failure(message: string, cause?: unknown): FailureError {
  return new FailureError({ code: 'PostRenderFailed', message }, cause === undefined ? undefined : { cause })
}

/** One build over all documents; what it adds has no file of its own. */
function buildWith(documents: readonly RenderedDocument[], step: PostRenderer): readonly RenderedDocument[] {
  const input = documents.map(({ path, object }) =>
    printYaml(withMetadata(object, { labels: {}, annotations: { [fileAnnotation]: path } })),
  )
  const tree = treeFromFiles({
    'kustomization.yaml': 'resources: [helm-output.yaml]\n',
    'helm-output.yaml': input.join('---\n'),
  })
  try {
    const { patches, images } = step
    const built = build(tree, '', { order: 'none', loadRestriction: 'none', edits: { patches, images } })
    return built.toObjects().map((object, index) => builtDocument(object, index))
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    throw failure(`error while running post render on files: ${error.failure.message}`, error)
  }
}

function builtDocument(object: Json, index: number): RenderedDocument {
  const metadata = mapAt(object, 'metadata')
  const { [fileAnnotation]: path, ...annotations } = mapAt(metadata, 'annotations')
  const { annotations: _annotations, ...others } = metadata
  const left = Object.keys(annotations).length === 0 ? others : { ...others, annotations }
  return {
    path: typeof path === 'string' ? path : `generated-by-postrender-${index}.yaml`,
    object: { ...object, metadata: left },
    text: undefined,
  }
}

/** An object with labels and annotations added; they replace those of the same names. */
export function withMetadata(
  object: Json,
  added: { readonly labels: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>> },
): Json {
  const metadata = mapAt(object, 'metadata')
  const merged: Record<string, unknown> = { ...metadata }
  for (const key of ['labels', 'annotations'] as const) {
    if (Object.keys(added[key]).length > 0) merged[key] = { ...mapAt(metadata, key), ...added[key] }
  }
  return { ...object, metadata: merged }
}

/** Documents of one file are one file again, in their order. */
function filesOf(documents: readonly RenderedDocument[]): ReadonlyMap<string, string> {
  const byPath = Map.groupBy(documents, ({ path }) => path)
  return new Map(
    [...byPath].map(([path, all]) => [path, all.map(({ object, text }) => text ?? printYaml(object)).join('\n---\n')]),
  )
}
