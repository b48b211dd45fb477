import type { RenderRequest } from '@kedge/flux'

import type { FetchedRemote } from './fetched-remotes.ts'

/** What a render is asked for: a Flux build, or with `directory` the plain files of a directory, as Argo CD takes them. */
export type AnyRenderRequest = RenderRequest & {
  readonly directory?: DirectoryRules
  /** Whether an overlay may read its own directory and its bases only, as the kustomize command has it. */
  readonly confined?: boolean
  /** What was fetched from outside the tree; without it nothing outside may be named. */
  readonly remotes?: readonly FetchedRemote[]
}

/** Which files of a directory are taken. */
export interface DirectoryRules {
  readonly recurse: boolean
  /** Glob patterns over paths below the directory, `{a,b}` for alternatives; empty takes all. */
  readonly include: string
  readonly exclude: string
}
