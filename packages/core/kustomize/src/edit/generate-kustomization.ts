import type { FileTree } from '@kedge/tree'
import { buildFailure, wrapFailure } from '../build-failure.ts'
import { kustomizationFileNames } from '../accumulate/load-source.ts'
import { decodeUtf8 } from '../generate/pairs.ts'
import { joinPath } from '../load/loader.ts'
import type { Kustomization } from '../model/kustomization.ts'
import { readObjects } from '../read/read-resources.ts'

/** Whether a folder has a kustomization file of its own. */
export function hasKustomization(tree: FileTree, folder: string): boolean {
  return kustomizationFileNames.some((name) => tree.kindOf(joinPath(folder, name)) === 'file')
}

/**
 * The kustomization of a folder that has none, as Flux makes it: every `.yaml` and `.yml` file below, and every folder
 * below that is a kustomization itself. A file that holds no Kubernetes objects fails it.
 */
export function generateKustomization(tree: FileTree, folder: string): Kustomization {
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [...resourcesBelow(tree, folder, '')],
  }
}

function* resourcesBelow(tree: FileTree, folder: string, prefix: string): Generator<string> {
  for (const { name, kind } of tree.list(joinPath(folder, prefix)) ?? []) {
    const path = prefix === '' ? name : `${prefix}/${name}`
    const full = joinPath(folder, path)
    if (kind === 'directory') {
      if (hasKustomization(tree, full)) yield path
      else yield* resourcesBelow(tree, folder, path)
    } else if (/\.ya?ml$/.test(name)) {
      requireObjects(tree, full)
      yield path
    }
  }
}

function requireObjects(tree: FileTree, file: string): void {
  const blob = tree.file(file)
  const text = blob === undefined ? undefined : decodeUtf8(blob.bytes)
  if (text === undefined) throw buildFailure('kustomize-resource', 'the file is not UTF-8', { origin: { file } })
  try {
    readObjects(text, file)
  } catch (error) {
    throw wrapFailure(error, `failed to decode Kubernetes YAML from ${file}`, { file })
  }
}
