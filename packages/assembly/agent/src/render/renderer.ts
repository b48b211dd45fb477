import { digestOf } from '@kedge/engine'
import type { RenderAnswer } from '@kedge/flux'
import { createBuildCaches } from '@kedge/kustomize'
import { readsHold, type FileTree, type TreeRead } from '@kedge/tree'

import type { AnyRenderRequest } from './render-request.ts'
import { renderTree, type RenderOutcome } from './render-tree.ts'

/** Turns a directory of a tree into objects. */
export type Render = (tree: FileTree, request: AnyRenderRequest) => Promise<RenderOutcome>

/** Renders in this thread, for simulations and single builds. Parsed files and bases are kept between calls. */
export function inlineRender(): Render {
  // Parsed files take some thirty times their size; what a commit does not touch is not built again anyway.
  const caches = createBuildCaches({ files: 1024 * 1024 })
  return (tree, request) => Promise.resolve(renderTree(tree, request, caches))
}

/** Requests whose last result is remembered. */
const maxRemembered = 4_000

interface Remembered {
  readonly treeDigest: string
  readonly reads: readonly TreeRead[]
  readonly answer: RenderAnswer
}

/**
 * Renders each input once. Equal requests at the same time share one run. A result serves as long as the tree answers
 * alike all that was asked of it, so that a commit renders only what it touches; names of revisions are never looked at.
 */
export function rememberRenders(render: Render, options: { readonly max?: number } = {}): Render {
  const max = options.max ?? maxRemembered
  const results = new Map<string, Remembered>()
  const running = new Map<string, Promise<RenderOutcome>>()

  function recall(key: string, tree: FileTree): RenderAnswer | undefined {
    const known = results.get(key)
    if (known === undefined) return undefined
    if (known.treeDigest !== tree.digest && !readsHold(known.reads, tree)) return undefined
    results.delete(key)
    results.set(key, { ...known, treeDigest: tree.digest })
    return known.answer
  }

  function remember(key: string, tree: FileTree, outcome: RenderOutcome): void {
    // A failure may lie in what is not part of the request, such as a worker that was lost.
    if (outcome.kind !== 'rendered' || outcome.reads === undefined) return
    const { reads, ...answer } = outcome
    results.delete(key)
    results.set(key, { treeDigest: tree.digest, reads, answer })
    for (const oldest of results.keys()) {
      if (results.size <= max) break
      results.delete(oldest)
    }
  }

  return async (tree, request) => {
    const key = renderKey(request)
    const known = recall(key, tree)
    if (known !== undefined) return known
    const runKey = `${tree.digest} ${key}`
    const underWay = running.get(runKey)
    if (underWay !== undefined) return underWay
    const run = render(tree, request)
    running.set(runKey, run)
    try {
      const outcome = await run
      remember(key, tree, outcome)
      return outcome
    } finally {
      running.delete(runKey)
    }
  }
}

/** Names all that a render depends on beside the files. */
function renderKey(request: AnyRenderRequest): string {
  const { source, path, build, substitution, directory, confined } = request
  const variables = substitution === undefined ? null : [...substitution.variables]
  const how = substitution === undefined ? null : [substitution.strict, substitution.always]
  return digestOf([source, path, build, directory ?? null, confined ?? false, variables, how])
}
