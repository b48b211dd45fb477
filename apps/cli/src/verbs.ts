import type { Command } from 'commander'
import type { Io } from './io.ts'
import type { ExitCode } from './main.ts'
import { declareBuild } from './verbs/build.ts'
import { declareCompletion } from './verbs/completion.ts'
import { declareDiff } from './verbs/diff.ts'
import { declareEvents } from './verbs/events.ts'
import { declareGet } from './verbs/get.ts'
import { declareLogs } from './verbs/logs.ts'
import { declareReconcile } from './verbs/reconcile.ts'
import { declareResume, declareSuspend } from './verbs/suspend.ts'
import { declareTree } from './verbs/tree.ts'
import { declareUp } from './verbs/up.ts'
import { declareVersion } from './verbs/version.ts'

/** What a verb gets when it declares its flags. */
export interface VerbContext {
  readonly io: Io
  readonly exit: (code: ExitCode) => void
  readonly root: Command
}

/**
 * One verb. A `declared` one names its flags to commander and loads its code only when it runs, so that start-up stays
 * short; a `raw` one reads its own command line because it must take another tool's.
 */
export type Verb =
  | {
      readonly kind: 'declared'
      readonly name: string
      readonly summary: string
      readonly declare: (command: Command, context: VerbContext) => void
    }
  | {
      readonly kind: 'raw'
      readonly name: string
      readonly summary: string
      readonly load: () => Promise<(args: readonly string[], io: Io) => Promise<ExitCode>>
    }

/** Every verb, in the order that help shows. */
export const verbs: readonly Verb[] = [
  declared('up', 'bring a repository to a cluster and keep it there', declareUp),
  declared('get', 'print objects of the cluster', declareGet),
  declared('tree', 'print what an object brought to the cluster, with health', declareTree),
  declared('diff', 'print what files on this machine would change in the cluster', declareDiff),
  declared('build', 'print what a Kustomization would apply', declareBuild),
  {
    kind: 'raw',
    name: 'kustomize',
    summary: "print what kustomize would print, with kustomize's own flags",
    load: async () => {
      const { kustomizeCommand } = await import('./verbs/kustomize.ts')
      return async (args, io) => exitCode(await kustomizeCommand(args, io))
    },
  },
  {
    kind: 'raw',
    name: 'helm',
    summary: "print what helm template would print, with helm's own flags",
    load: async () => {
      const { helmCommand } = await import('./verbs/helm.ts')
      return async (args, io) => exitCode(await helmCommand(args, io))
    },
  },
  declared('reconcile', 'reconcile an object now, and wait for the outcome', declareReconcile),
  declared('suspend', 'stop reconciling objects', declareSuspend),
  declared('resume', 'go on reconciling objects', declareResume),
  declared('events', 'print events', declareEvents),
  declared('logs', "print the engine's log", declareLogs),
  declared('version', 'print the version of kedge and of the cluster', declareVersion),
  declared('completion', 'print a completion script for a shell', declareCompletion),
]

type Declare = (command: Command, context: VerbContext) => void

function declared(name: string, summary: string, declare: Declare): Verb {
  return { kind: 'declared', name, summary, declare }
}

function exitCode(code: number): ExitCode {
  return code === 0 || code === 1 ? code : 2
}
