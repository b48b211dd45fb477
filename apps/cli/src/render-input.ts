import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { FailureError } from '@kedge/base'
import { ApiError, parseApiVersion, type KubeObject } from '@kedge/manifest'
import { parseYamlDocuments } from '@kedge/yaml'
import { connect } from './connect.ts'
import type { ScopeFlags } from './flags.ts'
import type { Io } from './io.ts'
import { namespaceFor, selectOneObject } from './kube/selection.ts'
import { readLocalTree, type LocalTree } from './local-tree.ts'

/** Flags of the verbs that render what an object would apply. */
export interface RenderFlags extends ScopeFlags {
  readonly path?: string
  readonly file?: string
  /** The older name of `file`, for Kustomizations. */
  readonly kustomizationFile?: string
  /** Addresses below which remote bases and files may be fetched. */
  readonly allowRemoteBase?: readonly string[]
}

/** Kinds of objects that are rendered. */
type RenderedKind = 'Kustomization' | 'HelmRelease' | 'Application'

/** An object to render. */
export type RenderInput = KustomizationInput | SourcedInput

/** A Kustomization, and the files to render it from. */
export interface KustomizationInput {
  readonly kind: 'Kustomization'
  readonly object: KubeObject
  readonly local: LocalTree
}

/** An object that is rendered out of its own source unless there are files on this machine in its place. */
export interface SourcedInput {
  readonly kind: 'HelmRelease' | 'Application'
  readonly object: KubeObject
  readonly local: LocalTree | undefined
}

const groups: Readonly<Record<RenderedKind, string>> = {
  Kustomization: 'kustomize.toolkit.fluxcd.io',
  HelmRelease: 'helm.toolkit.fluxcd.io',
  Application: 'argoproj.io',
}

/** What types are called where no cluster can be asked. */
const kindsByWord: Readonly<Record<string, RenderedKind>> = {
  ks: 'Kustomization',
  kustomization: 'Kustomization',
  kustomizations: 'Kustomization',
  hr: 'HelmRelease',
  helmrelease: 'HelmRelease',
  helmreleases: 'HelmRelease',
  app: 'Application',
  apps: 'Application',
  application: 'Application',
  applications: 'Application',
}

/**
 * The object named on the command line, from a file or from the cluster. The path of a Kustomization or an Application
 * is set to where `--path` points: the folder of its manifests, or a whole repository that has the path in it.
 */
export async function readRenderInput(words: readonly string[], flags: RenderFlags, io: Io): Promise<RenderInput> {
  const isFromFile = fileOf(flags) !== undefined
  const { kind, object } = isFromFile ? await fromFile(words, flags, io) : await fromCluster(words, flags, io)
  const read = (folder: string): Promise<LocalTree> => readLocalTree(path.resolve(io.cwd, folder))
  if (kind === 'Kustomization') {
    const local = await read(flags.path ?? '.')
    return { kind, local, object: withPath(object, local) }
  }
  const local = flags.path === undefined ? undefined : await read(flags.path)
  const isPlaced = kind === 'Application' && local !== undefined
  return { kind, local, object: isPlaced ? withSourcePath(object, local) : object }
}

/** The file that an object comes from; undefined when it comes from the cluster. */
export function fileOf(flags: RenderFlags): string | undefined {
  return flags.file ?? flags.kustomizationFile
}

interface Spec {
  readonly path?: string
  readonly source?: { readonly path?: string }
}

function withPath(object: KubeObject, local: LocalTree): KubeObject {
  const spec: Spec = object['spec'] ?? {}
  return { ...object, spec: { ...spec, path: pathIn(local, spec.path) } }
}

function withSourcePath(object: KubeObject, local: LocalTree): KubeObject {
  const spec: Spec = object['spec'] ?? {}
  const source = { ...spec.source, path: pathIn(local, spec.source?.path) }
  return { ...object, spec: { ...spec, source } }
}

function pathIn(local: LocalTree, path: string = ''): string {
  const own = path.replace(/^\.?\/+/, '')
  const isRepository = local.path === '' && local.tree.kindOf(own) === 'directory'
  return isRepository ? own : local.path
}

interface Named {
  readonly kind: RenderedKind
  readonly object: KubeObject
}

async function fromCluster(words: readonly string[], flags: RenderFlags, io: Io): Promise<Named> {
  await using kube = await connect(flags, io)
  const { resource, name } = await selectOneObject(words, kube)
  const { kind, group } = resource
  if (!isRendered(kind) || groups[kind] !== group)
    throw new FailureError({
      code: 'KindNotRendered',
      message: `${kind} applies nothing that could be rendered`,
      fix: 'name a Kustomization, a HelmRelease or an Application, such as ks/apps',
    })
  return { kind, object: await kube.get(resource, { namespace: namespaceFor(resource, flags, kube), name }) }
}

async function fromFile(words: readonly string[], flags: RenderFlags, io: Io): Promise<Named> {
  const isOfKustomization = flags.file === undefined
  const file = path.resolve(io.cwd, fileOf(flags) ?? '')
  const flag = isOfKustomization ? '--kustomization-file' : '--file'
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new FailureError({ code: 'FileNotFound', message: `cannot read ${file}`, fix: `correct ${flag}` }, { cause })
  })
  const name = words.at(-1)?.split('/').at(-1)
  const wanted = isOfKustomization ? 'Kustomization' : wantedKind(words)
  const named = parseYamlDocuments(text, { file }).flatMap(({ value }) => namedIn(value as KubeObject | null))
  const found = named.find((one) => (wanted ?? one.kind) === one.kind && one.object.metadata.name === name)
  if (found === undefined) {
    const what = wanted ?? 'Kustomization, HelmRelease or Application'
    throw new FailureError({
      code: `${wanted ?? 'Object'}NotFound`,
      message: `${file} holds no ${what} ${name ?? ''}`.trimEnd(),
    })
  }
  const { kind, object } = found
  const namespace = flags.namespace ?? (kind === 'Application' ? 'argocd' : 'flux-system')
  const placed = { ...object, metadata: { namespace, ...object.metadata } }
  return { kind, object: kind === 'Kustomization' ? placed : await withLiveState({ kind, object: placed }, flags, io) }
}

/** The kind that a type in front of the name means; a name alone is looked for among all kinds. */
function wantedKind(words: readonly string[]): RenderedKind | undefined {
  const [first = ''] = words
  const type = first.includes('/') ? (first.split('/')[0] ?? '') : first
  if (words.length === 1 && !first.includes('/')) return undefined
  const [word = ''] = type.toLowerCase().split('.')
  const kind = Object.hasOwn(kindsByWord, word) ? kindsByWord[word] : undefined
  if (kind !== undefined) return kind
  const message = `${JSON.stringify(type)} is no type that can be rendered`
  throw new FailureError({ code: 'KindNotRendered', message, fix: 'use ks, helmrelease or application' })
}

function namedIn(object: KubeObject | null): readonly Named[] {
  const kind = object?.kind ?? ''
  if (object === null || !isRendered(kind)) return []
  return parseApiVersion(object.apiVersion).group === groups[kind] ? [{ kind, object }] : []
}

function isRendered(kind: string): kind is RenderedKind {
  return Object.hasOwn(groups, kind)
}

/** What the cluster knows of an object that has changed in a file: what it applied, and what it has done so far. */
async function withLiveState({ kind, object }: Named, flags: RenderFlags, io: Io): Promise<KubeObject> {
  await using kube = await connect(flags, io)
  const served = await kube.served()
  const resource = served.find((one) => one.kind === kind && one.group === groups[kind])
  const { namespace = '', name = '' } = object.metadata
  const live = resource === undefined ? undefined : await kube.get(resource, { namespace, name }).catch(absent)
  if (live === undefined) return object
  const { uid, generation = 0 } = live.metadata
  const metadata = { ...object.metadata, ...(uid === undefined ? {} : { uid }), generation: generation + 1 }
  return { ...object, metadata, status: live['status'] ?? {} }
}

function absent(error: unknown): undefined {
  if (error instanceof ApiError && error.status.code === 404) return undefined
  throw error
}
