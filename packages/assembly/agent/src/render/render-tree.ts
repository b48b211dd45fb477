import { createHash } from 'node:crypto'

import { FailureError, fail, ok, type Origin, type Result } from '@kedge/base'
import {
  checkVariableNames,
  substituteObject,
  type BuildFields,
  type RenderAnswer,
  type RenderedObject,
} from '@kedge/flux'
import {
  attemptWith,
  build,
  existingComponents,
  type BuildCaches,
  type KustomizationEdits,
  type RemoteLoader,
  type RemoteNeed,
} from '@kedge/kustomize'
import type { KubeObject } from '@kedge/manifest'
import { recordingTree, type FileTree, type TreeRead } from '@kedge/tree'
import { parseYaml, parseYamlDocuments, printYaml } from '@kedge/yaml'

import { directoryFiles } from './directory-files.ts'
import { loaderOf } from './fetched-remotes.ts'
import type { AnyRenderRequest } from './render-request.ts'

/**
 * An answer with all that was looked at in the tree: another tree that answers the same renders to the same. With `needs`
 * it is only that these must be fetched before.
 */
export type RenderOutcome = RenderAnswer & {
  readonly reads?: readonly TreeRead[]
  readonly needs?: readonly RemoteNeed[]
}

/** Renders a directory: build, then post-build substitution. Synchronous; runs in a worker or in line. */
export function renderTree(tree: FileTree, request: AnyRenderRequest, caches?: BuildCaches): RenderOutcome {
  const recording = recordingTree(tree)
  // The digest only names the tree to caches; nothing is rendered from it, so that a copy of it is no reading of everything.
  const view: FileTree = {
    digest: tree.digest,
    kindOf: (path) => recording.tree.kindOf(path),
    file: (path) => recording.tree.file(path),
    list: (path) => recording.tree.list(path),
  }
  const answer = answerFor(view, request, caches)
  return { ...answer, reads: recording.reads() }
}

function answerFor(tree: FileTree, request: AnyRenderRequest, caches: BuildCaches | undefined): RenderOutcome {
  const path = cleanPath(request.path)
  if (tree.kindOf(path) !== 'directory') {
    const message = `kustomization path not found: ${path}: no such directory`
    return {
      kind: 'no-path',
      failure: { code: 'PathNotFound', message, fix: 'correct the path, or add the directory' },
    }
  }
  try {
    const remotes = request.remotes === undefined ? undefined : loaderOf(request.remotes)
    const make = (remote?: RemoteLoader): readonly RenderedObject[] =>
      request.directory === undefined
        ? buildOverlay(tree, path, { request, caches, remote })
        : readFiles(tree, directoryFiles(tree, path, request.directory))
    const built = remotes === undefined ? make() : attemptWith(remotes, make)
    if (built === undefined) return { kind: 'failed', failure: notFetched, needs: remotes?.needs ?? [] }
    const filled = substituteAll(built, request)
    if (!filled.ok) return { kind: 'failed', failure: filled.failure }
    return { kind: 'rendered', objects: filled.value, digest: digestOf(filled.value) }
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    const failure = { ...error.failure, message: `kustomize build failed: ${error.failure.message}` }
    const isRefused = failure.code === 'kustomize-remote' && request.remotes === undefined
    return { kind: 'failed', failure: isRefused ? { ...failure, fix: allowRemotes } : failure }
  }
}

const allowRemotes = 'copy it into the source, or allow its address with --allow-remote-base'

const notFetched = { code: 'kustomize-remote', message: 'remote bases are to be fetched first' }

/** Names the built objects; equal names mean equal objects in equal order. */
function digestOf(objects: readonly RenderedObject[]): string {
  const hash = createHash('sha256')
  for (const { object } of objects) hash.update(`${JSON.stringify(object)}\n`)
  return `sha256:${hash.digest('hex')}`
}

/** Leading `./` and `/` mean the root of the artifact; nothing leads out of it. */
function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

function buildOverlay(
  tree: FileTree,
  path: string,
  how: {
    readonly request: AnyRenderRequest
    readonly caches: BuildCaches | undefined
    readonly remote: RemoteLoader | undefined
  },
): readonly RenderedObject[] {
  const result = build(tree, path, {
    order: 'none',
    // The tree is all there is: nothing outside it can be named.
    loadRestriction: how.request.confined === true ? 'root-only' : 'none',
    generate: true,
    remote: how.remote,
    edits: editsOf(tree, path, how.request.build),
    ...(how.caches === undefined ? {} : { caches: how.caches }),
  })
  return result.toObjects().map((object, index) => {
    const origin = result.resources[index]?.origin ?? { file: path }
    return { object: asObject(object, origin), origin }
  })
}

function editsOf(tree: FileTree, path: string, fields: BuildFields): KustomizationEdits {
  const { targetNamespace, namePrefix, nameSuffix, components } = fields
  return {
    ...(targetNamespace === undefined ? {} : { namespace: targetNamespace }),
    ...(namePrefix === undefined ? {} : { namePrefix }),
    ...(nameSuffix === undefined ? {} : { nameSuffix }),
    patches: fields.patches.map(({ patch, target }) => ({ patch, ...(target === undefined ? {} : { target }) })),
    images: fields.images,
    components: fields.ignoreMissingComponents ? existingComponents(tree, path, components) : components,
    buildMetadata: fields.buildMetadata,
  }
}

function readFiles(tree: FileTree, files: readonly string[]): readonly RenderedObject[] {
  return files.flatMap((file) => {
    const blob = tree.file(file)
    if (blob === undefined) return []
    return parseYamlDocuments(decode(blob.bytes, file), { file }).flatMap(({ value, line }) => {
      const origin = { file, line }
      return itemsOf(asObject(value, origin)).map((object) => ({ object, origin }))
    })
  })
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new FailureError({ code: 'NotText', message: 'the file is not UTF-8', origin: { file } }, { cause: error })
  }
}

/** The objects of a List, or the object itself. */
function itemsOf(object: KubeObject): readonly KubeObject[] {
  const { items } = object
  return object.apiVersion === 'v1' && object.kind === 'List' && Array.isArray(items) ? items : [object]
}

function asObject(value: unknown, origin: Origin): KubeObject {
  const object = value as Partial<KubeObject> | null
  const isComplete =
    typeof object === 'object' &&
    object !== null &&
    typeof object.apiVersion === 'string' &&
    typeof object.kind === 'string'
  // The API server checks all the rest.
  if (isComplete) return { metadata: {}, ...object } as KubeObject
  const message = 'the document is no Kubernetes object: it has no apiVersion and kind'
  throw new FailureError({ code: 'NotAnObject', message, origin })
}

function substituteAll(
  rendered: readonly RenderedObject[],
  request: AnyRenderRequest,
): Result<readonly RenderedObject[]> {
  const { substitution } = request
  if (substitution === undefined) return ok(rendered)
  const badName = checkVariableNames(substitution.variables.keys())
  if (badName !== undefined) return fail(badName)
  const filled: RenderedObject[] = []
  for (const { object, origin } of rendered) {
    const parse = (text: string): Result<KubeObject> => parseObject(text, origin)
    const result = substituteObject(object, { ...substitution, print: printYaml, parse })
    if (!result.ok) return fail({ ...result.failure, origin })
    filled.push({ object: result.value, origin })
  }
  return ok(filled)
}

function parseObject(text: string, origin: Origin): Result<KubeObject> {
  try {
    return ok(asObject(parseYaml(text), origin))
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    return fail({ ...error.failure, message: `the substituted text: ${error.failure.message}` })
  }
}
