import type { Io } from './io.ts'
import type { ExitCode } from './main.ts'

/** A verb that reads its own command line, because it takes another tool's. */
export interface RawVerb {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<(args: readonly string[], io: Io) => Promise<ExitCode>>
}

/** The verbs that stand in for other tools. They start without the rest of the command tree. */
export const rawVerbs: readonly RawVerb[] = [
  {
    name: 'kustomize',
    summary: "print what kustomize would print, with kustomize's own flags",
    load: async () => {
      const { kustomizeCommand } = await import('./verbs/kustomize.ts')
      return async (args, io) => exitCode(await kustomizeCommand(args, io))
    },
  },
  {
    name: 'helm',
    summary: "print what helm would print, with helm's own flags",
    load: async () => {
      const { helmCommand } = await import('./verbs/helm.ts')
      return async (args, io) => exitCode(await helmCommand(args, io))
    },
  },
]

function exitCode(code: number): ExitCode {
  return code === 0 || code === 1 ? code : 2
}
