// Entry of every npm script: installs what is missing with npm, then hands over to the Node that the lock file pins.
// Runs on the Node the machine happens to have, so it uses nothing newer than Node 18.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { freshBundle } from '../apps/cli/bin/bundle.js'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const [script, ...rest] = process.argv.slice(2)
const bin = path.join(root, 'node_modules', '.bin')
const node = path.join(bin, process.platform === 'win32' ? 'node.cmd' : 'node')

// npm itself asks for the bundle, at the end of an installation.
if (script !== 'bundle') ensureInstalled()
process.exit(run(script, rest))

function ensureInstalled() {
  const lock = path.join(root, 'package-lock.json')
  const stamp = path.join(root, 'node_modules', '.kedge-lock')
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex')
  if (existsSync(stamp) && existsSync(node) && readFileSync(stamp, 'utf8') === digest) return
  console.error('Installing packages (once) …')
  // Not `npm ci`: it refuses a lock file that lacks the optional packages of other platforms, which not every registry has.
  const npm = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (npm.status !== 0) {
    console.error('npm install failed: check the network and the messages above, then run the command again.')
    process.exit(npm.status ?? 1)
  }
  writeFileSync(stamp, digest)
}

/** Runs one script with the pinned Node; the exit code is the script's. */
function run(name, args) {
  const steps = {
    start: () => {
      ensureBundle()
      return exec(node, [path.join(root, 'apps/cli/bin/kedge.js'), 'up', ...args], true)
    },
    test: () => exec(node, [path.join(root, 'tools/test.ts'), ...args]),
    check: () => exec(node, [path.join(root, 'tools/check.ts'), ...args]),
    'test:cluster': () => exec(node, [path.join(root, 'tools/test-cluster.ts'), ...args]),
    conformance: () => exec(node, [path.join(root, 'conformance/run.ts'), ...args]),
    bench: () => {
      ensureBundle()
      return exec(node, ['--expose-gc', path.join(root, 'bench/run.ts'), ...args])
    },
    bundle: () => {
      ensureBundle()
      return 0
    },
  }
  const step = steps[name]
  if (step === undefined) {
    console.error(`no script ${String(name)}; there are ${Object.keys(steps).join(', ')}`)
    return 2
  }
  return step()
}

/** Commands start sooner from the bundle; without it they work as well. */
function ensureBundle() {
  if (existsSync(node) && freshBundle(root, 'all') === undefined) exec(node, [path.join(root, 'tools/bundle.ts')])
}

function exec(command, args, callerFolder = false) {
  const done = spawnSync(command, args, {
    cwd: callerFolder ? (process.env.INIT_CWD ?? process.cwd()) : root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` },
  })
  if (done.error) console.error(done.error.message)
  return done.status ?? 1
}
