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

/** One verb: it names its flags to commander, and loads its code only when it runs. */
export interface Verb {
  readonly name: string
  readonly summary: string
  readonly declare: (command: Command, context: VerbContext) => void
}

/** Every verb but those of `rawVerbs`, in the order that help shows. */
export const verbs: readonly Verb[] = [
  declared('up', 'bring a repository to a cluster and keep it there', declareUp),
  declared('get', 'print objects of the cluster', declareGet),
  declared('tree', 'print what an object brought to the cluster, with health', declareTree),
  declared('diff', 'print what an object would change in the cluster', declareDiff),
  declared('build', 'print what a Kustomization, HelmRelease or Application would apply', declareBuild),
  declared('reconcile', 'reconcile an object now, and wait for the outcome', declareReconcile),
  declared('suspend', 'stop reconciling objects', declareSuspend),
  declared('resume', 'go on reconciling objects', declareResume),
  declared('events', 'print events', declareEvents),
  declared('logs', "print the engine's log", declareLogs),
  declared('version', 'print the version of kedge and of the cluster', declareVersion),
  declared('completion', 'print a completion script for a shell', declareCompletion),
]

function declared(name: string, summary: string, declare: Verb['declare']): Verb {
  return { name, summary, declare }
}
