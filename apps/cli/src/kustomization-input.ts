import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { FailureError } from '@kedge/base'
import { parseApiVersion, type KubeObject } from '@kedge/manifest'
import type { FileTree } from '@kedge/tree'
import { parseYamlDocuments } from '@kedge/yaml'
import { connect } from './connect.ts'
import type { ScopeFlags } from './flags.ts'
import type { Io } from './io.ts'
import { namespaceFor, selectOneObject } from './kube/selection.ts'
import { readLocalTree } from './local-tree.ts'

/** Flags of the verbs that render a Kustomization from files on this machine. */
export interface RenderFlags extends ScopeFlags {
  readonly path?: string
  readonly kustomizationFile?: string
  /** Addresses below which remote bases and files may be fetched. */
  readonly allowRemoteBase?: readonly string[]
}

/** A Kustomization, and the tree to render it from. */
export interface KustomizationInput {
  readonly object: KubeObject
  readonly tree: FileTree
}

/**
 * The Kustomization named on the command line, from a file or from the cluster, with its path set to where `--path`
 * points: the folder of its manifests, or a whole repository that has `spec.path` in it.
 */
export async function readKustomizationInput(
  words: readonly string[],
  flags: RenderFlags,
  io: Io,
): Promise<KustomizationInput> {
  const object =
    flags.kustomizationFile === undefined ? await fromCluster(words, flags, io) : await fromFile(words, flags, io)
  const local = await readLocalTree(path.resolve(io.cwd, flags.path ?? '.'))
  const spec = (object['spec'] ?? {}) as { readonly path?: string }
  const own = (spec.path ?? '').replace(/^\.?\/+/, '')
  const isRepository = local.path === '' && local.tree.kindOf(own) === 'directory'
  return { tree: local.tree, object: { ...object, spec: { ...spec, path: isRepository ? own : local.path } } }
}

async function fromCluster(words: readonly string[], flags: RenderFlags, io: Io): Promise<KubeObject> {
  await using kube = await connect(flags, io)
  const { resource, name } = await selectOneObject(words, kube)
  if (resource.kind !== 'Kustomization')
    throw new FailureError({
      code: 'KindNotRendered',
      message: `${resource.kind} cannot be rendered from files yet`,
      fix: 'name a Kustomization, such as ks/apps',
    })
  return await kube.get(resource, { namespace: namespaceFor(resource, flags, kube), name })
}

async function fromFile(words: readonly string[], flags: RenderFlags, io: Io): Promise<KubeObject> {
  const file = path.resolve(io.cwd, flags.kustomizationFile ?? '')
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new FailureError(
      { code: 'FileNotFound', message: `cannot read ${file}`, fix: 'correct --kustomization-file' },
      { cause },
    )
  })
  const name = words.at(-1)?.split('/').at(-1)
  const objects = parseYamlDocuments(text, { file }).map(({ value }) => value as KubeObject)
  const found = objects.find(
    (object) => isKustomization(object) && (name === undefined || object.metadata.name === name),
  )
  if (found === undefined)
    throw new FailureError({
      code: 'KustomizationNotFound',
      message: `${file} holds no Kustomization ${name ?? ''}`.trimEnd(),
    })
  return { ...found, metadata: { namespace: flags.namespace ?? 'flux-system', ...found.metadata } }
}

function isKustomization(object: KubeObject | null): boolean {
  return object?.kind === 'Kustomization' && parseApiVersion(object.apiVersion).group === 'kustomize.toolkit.fluxcd.io'
}
