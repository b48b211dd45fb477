/**
 * Makes the bundle that `kedge` starts from: the sources without their types in a few files, and V8's code for them.
 * Started by npm after an installation and by `npm start`. Without a bundle everything works, and starts later.
 */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import module from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bundlesFolder, useLittleMemory } from '../apps/cli/bin/bundle.js'
import { warmUp } from './bundle/warm-up.ts'
import { writeModules } from './bundle/write-modules.ts'

/** A program that runs may still load a part of an older bundle. */
const kept = 8
const keptMs = 7 * 24 * 3600 * 1000

/** Makes a bundle and puts it in the place of the last one. Throws when a source changes meanwhile. */
export async function makeBundle(root: string): Promise<string> {
  const bundles = bundlesFolder(root)
  mkdirSync(bundles, { recursive: true })
  const folder = mkdtempSync(path.join(bundles, 'b-'))
  try {
    await fill(folder, root)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  const pointer = path.join(folder, 'pointer')
  writeFileSync(pointer, path.basename(folder))
  renameSync(pointer, path.join(bundles, 'current'))
  removeOld(bundles, path.basename(folder))
  return folder
}

async function fill(folder: string, root: string): Promise<void> {
  const startedMs = Date.now()
  const modules = await writeModules(root, folder)
  for (const [family, files] of Object.entries(modules))
    writeFileSync(path.join(folder, `${family}.json`), JSON.stringify(stampsOf(root, files, startedMs)))
  await warm(folder)
}

function stampsOf(root: string, files: readonly string[], startedMs: number): readonly (readonly unknown[])[] {
  return [...files, path.join('node_modules', '.package-lock.json')].flatMap((file) => {
    const stats = statSync(path.join(root, file), { throwIfNoEntry: false })
    if (stats === undefined) return []
    if (stats.mtimeMs >= startedMs) throw new Error(`${file} changed while it was bundled`)
    return [[file, stats.mtimeMs, stats.size]]
  })
}

/** Runs what is run most once, so that V8's code for it is there from the first start on. */
async function warm(folder: string): Promise<void> {
  useLittleMemory()
  module.enableCompileCache(path.join(folder, 'v8'))
  const { main } = (await import(pathToFileURL(path.join(folder, 'kedge.mjs')).href)) as Pick<
    typeof import('../apps/cli/src/main.ts'),
    'main'
  >
  const place = mkdtempSync(path.join(tmpdir(), 'kedge-bundle-'))
  try {
    await warmUp(main, place)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
  module.flushCompileCache()
}

function removeOld(bundles: string, current: string): void {
  const old = readdirSync(bundles)
    .filter((name) => name.startsWith('b-') && name !== current)
    .map((name) => ({ folder: path.join(bundles, name), madeMs: statSync(path.join(bundles, name)).mtimeMs }))
    .toSorted((a, b) => b.madeMs - a.madeMs)
  for (const [index, { folder, madeMs }] of old.entries())
    if (index >= kept || Date.now() - madeMs > keptMs) rmSync(folder, { recursive: true, force: true })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  try {
    await makeBundle(root)
  } catch (error) {
    console.error(`kedge starts from its sources: ${error instanceof Error ? error.message : String(error)}`)
  }
}
