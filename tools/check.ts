/** `npm run check`: format, lint, types, dead code. Prints each step; fails when any of them does. */
import { spawnSync } from 'node:child_process'

const projects = [
  'packages/tsconfig.json',
  'packages/tsconfig.tests.json',
  'packages/drivers/tsconfig.json',
  'packages/assembly/tsconfig.json',
  'apps/tsconfig.json',
  'tools/tsconfig.json',
]

const steps: readonly (readonly [string, readonly string[]])[] = [
  ['oxfmt', ['--check', '.']],
  ['oxlint', ['--type-aware', '.']],
  ...projects.map((project) => ['tsc', ['-p', project]] as const),
  ['knip', []],
]

let failed = 0
for (const [command, args] of steps) {
  const done = spawnSync(command, args, { stdio: 'inherit', timeout: 300_000 })
  const passed = done.status === 0
  if (!passed) failed += 1
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${command} ${args.join(' ')}`)
}
process.exit(failed === 0 ? 0 : 1)
