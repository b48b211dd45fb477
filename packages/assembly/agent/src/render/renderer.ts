import { digestOf } from '@kedge/engine'
import type { RenderAnswer } from '@kedge/flux'
import type { FileTree } from '@kedge/tree'

import type { AnyRenderRequest } from './render-request.ts'

/** Turns a directory of a tree into objects. */
export type Render = (tree: FileTree, request: AnyRenderRequest) => Promise<RenderAnswer>

/** Renders that are remembered. */
const maxRemembered = 4_000
/** Failures are remembered only while they are asked for at once. */
const rememberedKinds: ReadonlySet<RenderAnswer['kind']> = new Set(['rendered'])

/**
 * Renders each input once: equal inputs that are asked for at the same time share one run, and results are remembered
 * under the digest of everything that went in, never under a revision's name.
 */
export function rememberRenders(render: Render, options: { readonly max?: number } = {}): Render {
  const max = options.max ?? maxRemembered
  const results = new Map<string, RenderAnswer>()
  const running = new Map<string, Promise<RenderAnswer>>()
  return async (tree, request) => {
    const key = renderKey(tree, request)
    const known = results.get(key)
    if (known !== undefined) {
      results.delete(key)
      results.set(key, known)
      return known
    }
    const underWay = running.get(key)
    if (underWay !== undefined) return underWay
    const run = render(tree, request)
    running.set(key, run)
    try {
      const answer = await run
      if (rememberedKinds.has(answer.kind)) remember(results, { key, answer, max })
      return answer
    } finally {
      running.delete(key)
    }
  }
}

function remember(
  results: Map<string, RenderAnswer>,
  entry: { readonly key: string; readonly answer: RenderAnswer; readonly max: number },
): void {
  results.set(entry.key, entry.answer)
  for (const key of results.keys()) {
    if (results.size <= entry.max) break
    results.delete(key)
  }
}

/** Names all that a render depends on: the bytes of the tree, and what the object says. */
export function renderKey(tree: FileTree, request: AnyRenderRequest): string {
  const { path, build, substitution, directory } = request
  const variables = substitution === undefined ? undefined : [...substitution.variables]
  return digestOf([
    tree.digest,
    path,
    build,
    directory ?? null,
    substitution === undefined ? null : [variables, substitution.strict, substitution.always],
  ])
}
