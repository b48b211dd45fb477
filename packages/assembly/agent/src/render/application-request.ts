import type { ApplicationSource, ArgoAnswers } from '@kedge/argo'
import type { Failure } from '@kedge/base'
import type { BuildFields } from '@kedge/flux'
import type { FileTree } from '@kedge/tree'

import type { AnyRenderRequest } from './render-request.ts'
import type { Render } from './renderer.ts'

const kustomizationFiles = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** What is to be rendered for an Application's source: an overlay where there is one, else the directory's files. */
function applicationRequest(tree: FileTree, source: ApplicationSource, commit: string): AnyRenderRequest {
  const path = source.path.replace(/\/+$/, '')
  const isOverlay =
    source.directory === undefined && kustomizationFiles.some((file) => tree.kindOf(`${path}/${file}`) === 'file')
  const rules = source.directory ?? { recurse: false, include: '', exclude: '' }
  return {
    // Only the names of Flux sources; nothing is looked up by it.
    source: { kind: 'GitRepository', namespace: '', name: source.repoUrl },
    artifact: { revision: commit, digest: tree.digest },
    path,
    build: buildFields(source),
    substitution: undefined,
    ...(isOverlay ? { confined: true } : { directory: rules }),
  }
}

/** Renders an Application's source out of a revision's files; undefined files are those that are not held any more. */
export async function renderApplication(
  render: Render,
  tree: FileTree | undefined,
  { source, revision }: { readonly source: ApplicationSource; readonly revision: string },
): Promise<ArgoAnswers['render']> {
  if (tree === undefined) return failed({ code: 'RevisionLost', message: `revision ${revision} is not held any more` })
  const request = applicationRequest(tree, source, revision)
  const answer = await render(tree, request)
  if (answer.kind === 'rendered') {
    const sourceType = request.directory === undefined ? 'Kustomize' : 'Directory'
    return { kind: 'rendered', objects: answer.objects, sourceType }
  }
  if (answer.kind === 'no-artifact') return failed({ code: 'RevisionLost', message: 'the files are not held any more' })
  const { failure } = answer
  const isMissing = answer.kind === 'no-path'
  return failed(isMissing ? { ...failure, message: `${source.path}: app path does not exist` } : failure)
}

function failed(failure: Failure): ArgoAnswers['render'] {
  return { kind: 'failed', failure }
}

function buildFields(source: ApplicationSource): BuildFields {
  const { kustomize } = source
  return {
    targetNamespace: kustomize?.namespace || undefined,
    namePrefix: kustomize?.namePrefix || undefined,
    nameSuffix: kustomize?.nameSuffix || undefined,
    patches: [],
    images: (kustomize?.images ?? []).map(parseImage),
    components: [],
    ignoreMissingComponents: false,
    buildMetadata: [],
  }
}

/** `name=new:tag`, `name:tag`, `name@digest`: what follows the name says what it becomes. */
function parseImage(text: string): BuildFields['images'][number] {
  const equals = text.indexOf('=')
  const target = equals < 0 ? text : text.slice(equals + 1)
  const { name: newName, ...version } = splitImage(target)
  const name = equals < 0 ? newName : text.slice(0, equals)
  return { name, ...(newName === name ? {} : { newName }), ...version }
}

function splitImage(text: string): { readonly name: string; readonly newTag?: string; readonly digest?: string } {
  const at = text.indexOf('@')
  if (at >= 0) return { name: text.slice(0, at), digest: text.slice(at + 1) }
  // A colon before the last slash is a registry's port.
  const colon = text.lastIndexOf(':')
  if (colon <= text.lastIndexOf('/')) return { name: text }
  return { name: text.slice(0, colon), newTag: text.slice(colon + 1) }
}
