// Plain JavaScript for any Node, as kedge.js: it decides what kedge.js loads.
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import v8 from 'node:v8'

/** Where bundles of this work tree are kept. */
export function bundlesFolder(root) {
  return path.join(root, 'node_modules', '.cache', 'kedge')
}

/**
 * Keeps the space of new objects small, as commands that end do not need it large: a third less memory in no more time.
 * To be called before the compile cache is turned on, which is told apart by V8's flags.
 */
export function useLittleMemory() {
  v8.setFlagsFromString('--semi-space-growth-factor=1')
}

/** The commands that load few modules are checked on their own, for looking at a file costs time too. */
export function familyOf(args) {
  const [verb, part] = args
  if (part === undefined && (verb === undefined || verb === 'version' || verb === 'help')) return 'program'
  if (verb === 'kustomize') return 'kustomize'
  return verb === 'helm' && (part === 'template' || part === 'lint' || part === 'show') ? 'helm' : 'all'
}

/**
 * The folder of the bundle that `npm install` or `npm start` made, or undefined when there is none or when a module that
 * commands of the family may load is no longer what it was: the sources are run then.
 */
export function freshBundle(root, family) {
  try {
    const bundles = bundlesFolder(root)
    const folder = path.join(bundles, readFileSync(path.join(bundles, 'current'), 'utf8'))
    const sources = JSON.parse(readFileSync(path.join(folder, `${family}.json`), 'utf8'))
    return sources.every(([file, modified, size]) => isSame(statSync(path.join(root, file)), modified, size))
      ? folder
      : undefined
  } catch {
    return undefined
  }
}

function isSame(stats, modified, size) {
  return stats.mtimeMs === modified && stats.size === size
}
