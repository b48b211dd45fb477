import { FailureError, ok, fail, type Result } from '@kedge/base'
import { checkVariableNames, substituteObject, type RenderAnswer, type RenderedObject } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'
import { sha256Hex, type FileTree } from '@kedge/tree'
import { parseYaml, parseYamlDocuments, printYaml } from '@kedge/yaml'

import { directoryFiles } from './directory-files.ts'
import type { AnyRenderRequest } from './render-request.ts'

/** Renders a directory: build, then post-build substitution. Pure and synchronous; runs in a worker or in line. */
export function renderTree(tree: FileTree, request: AnyRenderRequest): RenderAnswer {
  const path = cleanPath(request.path)
  if (tree.kindOf(path) !== 'directory') {
    return {
      kind: 'no-path',
      failure: { code: 'PathNotFound', message: `kustomization path not found: ${path}: no such directory` },
    }
  }
  try {
    const built =
      request.directory === undefined
        ? buildPlain(tree, path)
        : readFiles(tree, directoryFiles(tree, path, request.directory))
    const filled = substituteAll(built, request)
    if (!filled.ok) return { kind: 'failed', failure: filled.failure }
    const text = filled.value.map(({ object }) => printYaml(object)).join('---\n')
    return { kind: 'rendered', objects: filled.value, digest: `sha256:${sha256Hex(new TextEncoder().encode(text))}` }
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    return {
      kind: 'failed',
      failure: { ...error.failure, message: `kustomize build failed: ${error.failure.message}` },
    }
  }
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

function buildPlain(tree: FileTree, path: string): readonly RenderedObject[] {
  return readFiles(tree, filesBelow(tree, path))
}

function readFiles(tree: FileTree, files: readonly string[]): readonly RenderedObject[] {
  return files.flatMap((file) => {
    const blob = tree.file(file)
    if (blob === undefined) return []
    const text = new TextDecoder('utf-8', { fatal: true }).decode(blob.bytes)
    return parseYamlDocuments(text, { file }).map(({ value, line }) => ({
      object: asObject(value, { file, line }),
      origin: { file, line },
    }))
  })
}

function filesBelow(tree: FileTree, path: string): readonly string[] {
  return (tree.list(path) ?? []).flatMap(({ name, kind }) => {
    const below = path === '' ? name : `${path}/${name}`
    if (kind === 'directory') return filesBelow(tree, below)
    return /\.ya?ml$/.test(name) ? [below] : []
  })
}

function asObject(value: unknown, origin: { readonly file: string; readonly line: number }): KubeObject {
  const object = value as Partial<KubeObject> | null
  const complete =
    typeof object === 'object' &&
    object !== null &&
    typeof object.apiVersion === 'string' &&
    typeof object.kind === 'string'
  if (complete) return object as KubeObject
  throw new FailureError({
    code: 'NotAnObject',
    message: 'the document is no Kubernetes object: it has no apiVersion and kind',
    origin,
  })
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
    const result = substituteObject(object, { ...substitution, print: printYaml, parse: (text) => parseObject(text) })
    if (!result.ok) return fail({ ...result.failure, origin })
    filled.push({ object: result.value, origin })
  }
  return ok(filled)
}

function parseObject(text: string): Result<KubeObject> {
  try {
    return ok(asObject(parseYaml(text), { file: 'the substituted text', line: 1 }))
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    return fail(error.failure)
  }
}
