import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { expect, test } from 'vitest'

const vitestReport = (passed: number, failed: number, skipped: number, brokenFiles = 0): unknown => ({
  numTotalTests: passed + failed + skipped,
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: skipped,
  numTodoTests: 0,
  testResults: Array.from({ length: brokenFiles }, () => ({ status: 'failed', assertionResults: [] })),
})

test.each<[string, Record<string, unknown>, string, string, number]>([
  [
    'all tiers are added up',
    { unit: vitestReport(10, 0, 2), cluster: vitestReport(5, 0, 0), conformance: { passed: 3, failed: 0, skipped: 1 } },
    'unit 0\ncluster 0\nconformance 0\n',
    '18 passed, 0 failed, 3 skipped',
    0,
  ],
  ['a failed test fails the run', { unit: vitestReport(10, 1, 0) }, 'unit 1\n', '10 passed, 1 failed, 0 skipped', 1],
  [
    'a tier without a report has failed',
    { unit: vitestReport(10, 0, 0) },
    'unit 0\ncluster 0\n',
    '10 passed, 1 failed, 0 skipped',
    1,
  ],
  [
    'a tier that ran nothing has failed',
    { unit: vitestReport(0, 0, 4) },
    'unit 0\n',
    '0 passed, 1 failed, 4 skipped',
    1,
  ],
  [
    'a tier that failed outside of its tests has failed',
    { unit: vitestReport(10, 0, 0) },
    'unit 1\n',
    '10 passed, 1 failed, 0 skipped',
    1,
  ],
  [
    'a file that cannot be loaded is a failure',
    { unit: vitestReport(10, 0, 0, 1) },
    'unit 1\n',
    '10 passed, 1 failed, 0 skipped',
    1,
  ],
  ['a broken report is a failure', { unit: 'nonsense' }, 'unit 0\n', '0 passed, 1 failed, 0 skipped', 1],
])('%s', (_, reports, verdicts, last, code) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-reports-'))
  for (const [tier, report] of Object.entries(reports)) {
    writeFileSync(path.join(folder, `${tier}.json`), report === 'nonsense' ? '{' : JSON.stringify(report))
  }
  writeFileSync(path.join(folder, 'verdicts'), verdicts)
  const done = spawnSync('node', ['tools/sum-reports.mjs', folder, path.join(folder, 'verdicts')], { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  expect([done.stdout.trimEnd().split('\n').at(-1), done.status]).toEqual([last, code])
})

test('failed tests are named again at the end, with what they said', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-reports-'))
  const failed = { status: 'failed', fullName: 'adds', failureMessages: ['expected 3 to be 4'] }
  const testResults = [{ name: path.join(process.cwd(), 'a.test.ts'), status: 'failed', assertionResults: [failed] }]
  writeFileSync(
    path.join(folder, 'unit.json'),
    JSON.stringify({ numTotalTests: 1, numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, testResults }),
  )
  writeFileSync(path.join(folder, 'verdicts'), 'unit 1\n')
  const { stdout } = spawnSync(process.execPath, ['tools/sum-reports.mjs', folder, path.join(folder, 'verdicts')], {
    encoding: 'utf8',
  })
  rmSync(folder, { recursive: true })
  expect(stdout).toContain('FAILED a.test.ts > adds\n    expected 3 to be 4\n')
})
