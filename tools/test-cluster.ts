/**
 * `npm run test:cluster`: builds the control plane and helm where they are not built yet, starts the one, and runs the end-to-end tests
 * and the comparison of both servers on it. Arguments go to vitest. It never skips: what cannot run, fails.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'

import { buildHelm } from '../test/cluster/helm/helm-programs.ts'
import { startRealCluster } from '../test/cluster/start.ts'

const report = '.cache/reports/cluster.json'
const args = process.argv.slice(2)

mkdirSync(path.dirname(report), { recursive: true })
rmSync(report, { force: true })

const log = (line: string): void => console.log(`[cluster] ${line}`)
const helm = await buildHelm(log)
const cluster = await startRealCluster({ log })

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void cluster.close().finally(() => process.exit(1))
  })
}

const status = await runTests()
const ran = testsThatRan()
const isComplete = status === 0 && ran > 0
if (!isComplete) {
  log(ran === 0 ? 'no test ran' : `the tests ended with ${status}`)
  for (const program of ['kube-apiserver', 'kube-controller-manager'] as const) {
    log(`the end of the log of ${program}:\n${tail(path.join(cluster.logFolder, `${program}.log`))}`)
  }
}
await cluster.close()
process.exit(isComplete ? 0 : 1)

function runTests(): Promise<number> {
  const named = {
    KEDGE_TEST_KUBECONFIG: cluster.kubeconfigPath,
    KEDGE_TEST_KUBECTL: cluster.kubectl,
    KEDGE_TEST_HELM: helm.helm,
    KEDGE_TEST_REGISTRY: helm.registry,
  }
  return new Promise((resolve, reject) => {
    const options = ['--config', 'test/cluster/vitest.config.ts', '--reporter=default', '--reporter=json']
    const child = spawn('vitest', ['run', ...options, `--outputFile.json=${report}`, ...args], {
      stdio: 'inherit',
      env: { ...process.env, ...named },
      shell: process.platform === 'win32',
    })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

function testsThatRan(): number {
  if (!existsSync(report)) return 0
  const { numPassedTests = 0, numFailedTests = 0 }: { numPassedTests?: number; numFailedTests?: number } = JSON.parse(
    readFileSync(report, 'utf8'),
  )
  return numPassedTests + numFailedTests
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(-20).join('\n') : '(none)'
}
