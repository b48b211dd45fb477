// Adds up the reports of all tiers for `.ci/run`: `sum-reports.mjs <folder of reports> <file of verdicts>`. A verdict is a
// line `<tier> <exit status>`; a report is vitest's JSON or an object with passed, failed and skipped. The last line is
// `N passed, N failed, N skipped`. Runs on any Node from 18 on, as the machine may have an older one than the lock file.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const [folder, verdicts] = process.argv.slice(2)
const total = { passed: 0, failed: 0, skipped: 0 }

for (const line of readFileSync(verdicts, 'utf8').split('\n')) {
  if (line === '') continue
  const [tier, status] = line.split(' ')
  const counts = read(path.join(folder, `${tier}.json`))
  // A tier that fails outside of its tests, or did not come to run them, is a failure of its own.
  if (counts.passed + counts.failed === 0) note(counts, `${tier}: no test ran`)
  else if (status !== '0' && counts.failed === 0)
    note(counts, `${tier}: failed outside of its tests (status ${status})`)
  console.log(`${tier}: ${describe(counts)}`)
  for (const key of Object.keys(total)) total[key] += counts[key]
}

console.log(describe(total))
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1)

function note(counts, text) {
  counts.failed += 1
  console.log(text)
}

function read(file) {
  const none = { passed: 0, failed: 0, skipped: 0 }
  if (!existsSync(file)) return none
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof report.numTotalTests !== 'number') {
      return { passed: report.passed ?? 0, failed: report.failed ?? 0, skipped: report.skipped ?? 0 }
    }
    const brokenFiles = report.testResults.filter(
      (each) => each.status === 'failed' && each.assertionResults.length === 0,
    )
    for (const each of report.testResults) tellFailures(each)
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + brokenFiles.length,
      skipped: report.numPendingTests + (report.numTodoTests ?? 0),
    }
  } catch (error) {
    console.log(`${file} cannot be read: ${error.message}`)
    return none
  }
}

/** Again at the end, where whoever has only the end of the output finds them. */
function tellFailures(fileResult) {
  const name = path.relative(process.cwd(), fileResult.name ?? 'a file')
  if (fileResult.status === 'failed' && fileResult.assertionResults.length === 0)
    console.log(`FAILED ${name}\n${shorten(fileResult.message)}`)
  for (const { status, fullName, failureMessages } of fileResult.assertionResults)
    if (status === 'failed') console.log(`FAILED ${name} > ${fullName}\n${shorten(failureMessages.join('\n'))}`)
}

function shorten(text = '') {
  return text
    .split('\n')
    .slice(0, 12)
    .map((line) => `    ${line.slice(0, 300)}`)
    .join('\n')
}

function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
