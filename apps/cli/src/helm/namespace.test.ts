import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { globalFlags } from './global-flags.ts'
import { namespaceOf } from './namespace.ts'
import { parseFlags } from './parse-flags.ts'

const kubeconfig = (current: string, contexts: Readonly<Record<string, string>>): string =>
  JSON.stringify({
    'current-context': current,
    contexts: Object.entries(contexts).map(([name, namespace]) => ({ name, context: { namespace } })),
  })

const files = {
  one: kubeconfig('a', { a: 'alpha', b: 'beta' }),
  two: kubeconfig('b', { b: 'other', c: 'gamma' }),
  none: kubeconfig('', { a: 'alpha' }),
  broken: 'contexts: [',
  'home/.kube/config': kubeconfig('h', { h: 'home' }),
}

test.each([
  [[], {}, 'home'],
  [[], { HOME: 'nowhere' }, 'default'],
  [[], { KUBECONFIG: 'one' }, 'alpha'],
  [[], { KUBECONFIG: 'missing' }, 'default'],
  [[], { KUBECONFIG: 'broken' }, 'default'],
  [[], { KUBECONFIG: 'none' }, 'default'],
  [[], { KUBECONFIG: 'missing:one:two' }, 'alpha'],
  [['--kube-context', 'b'], { KUBECONFIG: 'one:two' }, 'beta'],
  [['--kube-context', 'c'], { KUBECONFIG: 'one:two' }, 'gamma'],
  [['--kubeconfig', 'two'], { KUBECONFIG: 'one' }, 'other'],
  [[], { KUBECONFIG: 'one', HELM_KUBECONTEXT: 'b' }, 'beta'],
  [[], { KUBECONFIG: 'one', HELM_NAMESPACE: 'env' }, 'env'],
  [['-n', 'flag'], { KUBECONFIG: 'one', HELM_NAMESPACE: 'env' }, 'flag'],
  [['-n', ''], { KUBECONFIG: 'one', HELM_NAMESPACE: 'env' }, 'alpha'],
])('the namespace of %j with %j is %s', (args, env, wanted) => {
  const cwd = mkdtempSync(path.join(tmpdir(), 'kedge-namespace-'))
  onTestFinished(() => rmSync(cwd, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true })
    writeFileSync(path.join(cwd, name), text)
  }
  const environment = { HOME: path.join(cwd, 'home'), ...env }
  expect(namespaceOf(parseFlags(args, globalFlags, environment), { cwd, env: environment })).toBe(wanted)
})
