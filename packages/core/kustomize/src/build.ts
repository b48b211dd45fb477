import type { FailureError, Origin } from '@kedge/base'
import { YamlError, nodeValue, printNode } from '@kedge/yaml'
import type { FileTree } from '@kedge/tree'
import { Accumulator } from './accumulate/accumulator.ts'
import { BaseCache, noteReads, type Reads } from './accumulate/base-cache.ts'
import type { BuildState } from './accumulate/build-state.ts'
import { ORIGIN_ANNOTATION, TRANSFORMATIONS_ANNOTATION } from './accumulate/origin-annotation.ts'
import { loadSource } from './accumulate/load-source.ts'
import { Target } from './accumulate/target.ts'
import type { Trace } from './accumulate/trace.ts'
import { buildFailure, located } from './build-failure.ts'
import { useOpenApi } from './config/open-api.ts'
import { editKustomization, type KustomizationEdits } from './edit/edit-kustomization.ts'
import { generateKustomization, hasKustomization } from './edit/generate-kustomization.ts'
import type { ChartRenderer } from './generate/helm.ts'
import { Loader, loggedTree, newReadLog, type LoadRestriction, type ReadLog } from './load/loader.ts'
import type { RemoteLoader } from './load/remotes.ts'
import type { Repository } from './load/repository.ts'
import { Schemas } from './merge/schema.ts'
import { describeResource, type Resource } from './model/resource.ts'
import { Scopes } from './model/scopes.ts'
import { ParsedFiles } from './read/parsed-files.ts'
import type { KustomizationFile } from './read/read-kustomization.ts'
import { hashTransformer } from './transform/hash.ts'
import { nameReferenceTransformer } from './transform/name-references.ts'
import { sortTransformer } from './transform/sort-order.ts'
import { entriesTransformer } from './transform/string-maps.ts'
import { resolveVars } from './transform/vars.ts'

/** The version of kustomize whose output is reproduced. */
export const KUSTOMIZE_VERSION = 'v5.8.1'

export interface BuildOptions {
  /** `legacy` sorts by kind, as the command does by default; `none` keeps the order of the files, as Flux does. */
  readonly order?: 'legacy' | 'none'
  readonly loadRestriction?: LoadRestriction
  /** Brings remote bases and files; without it they are refused. */
  readonly remote?: RemoteLoader | undefined
  /** The repository that the tree was fetched from; such a tree is held to the load restriction `root-only`. */
  readonly repository?: Repository
  /** Renders `helmCharts`; without it they are refused. */
  readonly charts?: ChartRenderer
  /** Adds the label `app.kubernetes.io/managed-by`. */
  readonly managedByLabel?: boolean
  /** Makes a kustomization for a folder that has none, of all files below it, as Flux does. */
  readonly generate?: boolean
  /** Changes made to the kustomization at the top before it is used. */
  readonly edits?: KustomizationEdits
  /** What builds share: parsed files and results of bases. */
  readonly caches?: BuildCaches
}

/** Caches that a caller keeps over many builds. They hold results of pure functions of contents, and are bounded. */
export interface BuildCaches {
  readonly parsed: ParsedFiles
  readonly bases: BaseCache
}

/** Caches for builds of one tree or of trees that follow each other: `files` bytes of sources, `bases` folders. */
export function createBuildCaches(limits: { files?: number; bases?: number } = {}): BuildCaches {
  return { parsed: new ParsedFiles(limits.files ?? 256 * 1024 * 1024), bases: new BaseCache(limits.bases ?? 500) }
}

/** The objects of a build in order, with where each came from. */
export interface BuildResult {
  readonly resources: readonly Resource[]
  /** Texts for people: deprecated fields, unused vars. */
  readonly warnings: readonly string[]
  /** What the build looked at; a build of a tree that answers the same gives the same. */
  readonly reads: Reads
  /** The objects as `kustomize build` prints them. */
  toYaml(): string
  /** The objects as JSON values. */
  toObjects(): readonly Readonly<Record<string, unknown>>[]
}

/**
 * Builds the kustomization in a folder of a tree. Throws FailureError with the cause, its file and line. Nothing outlives
 * the call but what `options.caches` holds, so that builds may run side by side.
 */
export function build(tree: FileTree, path: string, options: BuildOptions = {}): BuildResult {
  return buildTraced(tree, path, options)
}

/** The same, telling `trace` of each step. */
export function buildTraced(
  tree: FileTree,
  path: string,
  { trace, ...options }: BuildOptions & { readonly trace?: Trace },
): BuildResult {
  const log = newReadLog()
  const restriction = options.loadRestriction ?? 'root-only'
  const { remote, repository } = options
  const loader = Loader.at(tree, path, { restriction, remote, repository, log })
  const state = makeState(tree, options, trace)
  const source = topSource(loader, state, { options, log })
  useOpenApi(source, { loader, schemas: state.schemas, scopes: state.scopes }, true)
  const resources = buildTop(source, loader, { state, options })
  return makeResult(resources, { warnings: state.warnings, reads: noteReads(log, tree) })
}

function topSource(
  loader: Loader,
  state: BuildState,
  { options, log }: { options: BuildOptions; log: ReadLog },
): KustomizationFile {
  const tree = loggedTree(loader.tree, log)
  const isGenerated = options.generate === true && !hasKustomization(tree, loader.root)
  const source = isGenerated ? generatedSource(loader, tree) : loadSource(loader, state)
  const { edits } = options
  return edits === undefined ? source : { ...source, fields: editKustomization(source.fields, edits) }
}

function generatedSource(loader: Loader, tree: FileTree): KustomizationFile {
  const fields = generateKustomization(tree, loader.root)
  const { resources = [] } = fields
  const file = loader.nameOf('kustomization.yaml')
  const originOf = (_field: string, index?: number): Origin => {
    const path = index === undefined ? undefined : resources[index]
    return { file: path === undefined ? file : loader.nameOf(path) }
  }
  return { file, fields, warnings: [], originOf, textOrigin: () => undefined }
}

function makeState(tree: FileTree, options: BuildOptions, trace: Trace | undefined): BuildState {
  return {
    tree,
    schemas: new Schemas(),
    scopes: new Scopes(),
    charts: options.charts,
    parsed: options.caches?.parsed ?? new ParsedFiles(0),
    bases: options.caches?.bases,
    trace,
    warnings: [],
  }
}

interface Top {
  readonly state: BuildState
  readonly options: BuildOptions
}

function buildTop(source: KustomizationFile, loader: Loader, { state, options }: Top): readonly Resource[] {
  const buildMetadata = source.fields.buildMetadata ?? []
  const target = new Target(state, {
    loader,
    source,
    inherited: { buildMetadata, note: buildMetadata.length === 0 ? undefined : {}, helmNamespace: '' },
  })
  const gathered = target.accumulate(new Accumulator())
  const note = (by: string, field = 'resources'): void => {
    state.trace?.({ by, origin: source.originOf(field) }, gathered.resources.list)
  }
  hashTransformer(gathered.resources)
  note('HashTransformer')
  nameReferenceTransformer(gathered.config.nameReference ?? [])(gathered.resources)
  note('NameReferenceTransformer')
  const unused = resolveVars(gathered.resources, gathered.vars, gathered.config.varReference ?? [])
  note('RefVarTransformer', 'vars')
  if (unused.length > 0) state.warnings.push(`well-defined vars that were never replaced: ${unused.join(',')}`)
  gathered.resources.list = gathered.resources.list.filter(isForCluster)
  sortResult(gathered, source, options)
  if (options.managedByLabel === true || buildMetadata.includes('managedByLabel')) {
    const label = { 'app.kubernetes.io/managed-by': `kustomize-${KUSTOMIZE_VERSION}` }
    entriesTransformer(label, [{ path: 'metadata/labels', create: true }])(gathered.resources)
  }
  for (const resource of gathered.resources.list) cleanAnnotations(resource, buildMetadata)
  note('BuildMetadata', 'buildMetadata')
  return gathered.resources.list
}

const LOCAL = 'config.kubernetes.io/local-config'

/** Objects that configure tools on the way are not for the cluster. */
function isForCluster(resource: Resource): boolean {
  const { kind, name } = resource
  if (kind === '' || (name === '' && !kind.endsWith('List'))) {
    throw buildFailure('kustomize-resource', `missing ${kind === '' ? 'kind' : 'metadata.name'} in object`, {
      origin: resource.origin,
    })
  }
  const mark = resource.annotations[LOCAL]
  return mark === undefined || mark === 'false'
}

function sortResult(gathered: Accumulator, source: KustomizationFile, options: BuildOptions): void {
  const { sortOptions } = source.fields
  if (sortOptions !== undefined) {
    located(source.originOf('sortOptions'), () => sortTransformer(sortOptions)(gathered.resources))
  }
  if (sortOptions === undefined && (options.order ?? 'legacy') === 'legacy')
    sortTransformer({ order: 'legacy' })(gathered.resources)
}

const INTERNAL: readonly string[] = [
  'internal.config.kubernetes.io/previousKinds',
  'internal.config.kubernetes.io/previousNames',
  'internal.config.kubernetes.io/prefixes',
  'internal.config.kubernetes.io/suffixes',
  'internal.config.kubernetes.io/previousNamespaces',
  'internal.config.kubernetes.io/allowNameChange',
  'internal.config.kubernetes.io/allowKindChange',
  'internal.config.kubernetes.io/refBy',
  'internal.config.kubernetes.io/generatorBehavior',
  'internal.config.kubernetes.io/needsHashSuffix',
  'internal.config.kubernetes.io/path',
  'internal.config.kubernetes.io/index',
  'internal.config.kubernetes.io/seqindent',
  'internal.config.kubernetes.io/id',
  'internal.config.kubernetes.io/annotations-migration-resource-id',
  'config.kubernetes.io/path',
  'config.kubernetes.io/index',
  'config.k8s.io/id',
  'internal.config.kubernetes.io/helm-generated',
]

/** Removes notes that were not asked for. All values of annotations become strings on the way. */
function cleanAnnotations(resource: Resource, buildMetadata: readonly string[]): void {
  const annotations = resource.annotations
  for (const name of INTERNAL) delete annotations[name]
  if (!buildMetadata.includes('originAnnotations')) delete annotations[ORIGIN_ANNOTATION]
  if (!buildMetadata.includes('transformerAnnotations')) delete annotations[TRANSFORMATIONS_ANNOTATION]
  resource.setAnnotations(annotations)
}

function makeResult(
  resources: readonly Resource[],
  details: { warnings: readonly string[]; reads: Reads },
): BuildResult {
  return {
    resources,
    warnings: details.warnings,
    reads: details.reads,
    toYaml: () => resources.map((resource) => printed(resource, () => printNode(resource.node))).join('---\n'),
    toObjects: () =>
      resources.map((resource) =>
        printed(resource, () => nodeValue(resource.node) as Readonly<Record<string, unknown>>),
      ),
  }
}

function printed<T>(resource: Resource, print: () => T): T {
  try {
    return print()
  } catch (error) {
    throw conversionFailure(resource, error)
  }
}

function conversionFailure(resource: Resource, cause: unknown): FailureError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const { origin } = resource
  const offset =
    cause instanceof YamlError && cause.line > 0 && resource.node.line > 0 ? cause.line - resource.node.line : 0
  const place = origin?.line === undefined ? origin : { ...origin, line: origin.line + Math.max(offset, 0) }
  return buildFailure('kustomize-resource', message, { origin: place, object: describeResource(resource), cause })
}
