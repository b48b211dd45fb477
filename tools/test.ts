/** `npm test`: the checks, then every unit and end-to-end test on the embedded cluster. With arguments: vitest alone, with them. */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

const args = process.argv.slice(2)
const report = '.cache/reports/unit.json'

if (args.length > 0) process.exit(run('vitest', ['run', ...args]))

mkdirSync('.cache/reports', { recursive: true })
const check = run('node', ['tools/check.ts'])
const tests = run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`])
process.exit(check === 0 && tests === 0 ? 0 : 1)

function run(command: string, commandArgs: readonly string[]): number {
  return spawnSync(command, commandArgs, { stdio: 'inherit' }).status ?? 1
}
