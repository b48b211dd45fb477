import type { RenderRequest } from '@kedge/flux'

/** What a render is asked for: a Flux build, or with `directory` the plain files of a directory, as Argo CD takes them. */
export type AnyRenderRequest = RenderRequest & { readonly directory?: DirectoryRules }

/** Which files of a directory are taken. */
export interface DirectoryRules {
  readonly recurse: boolean
  /** Glob patterns over paths below the directory, `{a,b}` for alternatives; empty takes all. */
  readonly include: string
  readonly exclude: string
}
