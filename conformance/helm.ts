import { helmDirectories } from './helm-directories.ts'
import type { CaseResult, SuiteContext } from './suite.ts'

/** Real charts, against the recorded output of helm v4.3.1. */
export function helmCharts(context: SuiteContext): AsyncIterable<CaseResult> {
  return helmDirectories(context, 'charts', (command) => {
    if (/ --set| -f | --values/.test(command)) return 'values'
    if (/ -s | --show-only/.test(command)) return 'chosen files'
    return / --(?:include-crds|no-hooks|skip-tests)/.test(command) ? 'hooks and CRDs' : 'defaults'
  })
}

/** Helm's own chart fixtures. */
export function helmTestdata(context: SuiteContext): AsyncIterable<CaseResult> {
  return helmDirectories(context, 'helm-testdata', () => 'fixtures')
}
