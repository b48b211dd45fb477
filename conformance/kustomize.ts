import { directoryCases } from './kustomize-directories.ts'
import type { CaseResult, SuiteContext } from './suite.ts'

/** Kustomizations of real projects, against the recorded output of kustomize v5.8.1. */
export function kustomize(context: SuiteContext): AsyncIterable<CaseResult> {
  return directoryCases(context, 'kustomize', (_id, command) => {
    if (command.includes('--enable-helm')) return 'helm charts'
    if (command.includes('--load-restrictor')) return 'load restrictor'
    if (command.includes('--reorder')) return 'order'
    return command.includes('--enable-managedby-label') ? 'managed-by label' : 'real trees'
  })
}
