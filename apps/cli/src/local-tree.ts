import { existsSync } from 'node:fs'
import { readFile, readdir, readlink, stat } from 'node:fs/promises'
import path from 'node:path'
import { FailureError } from '@kedge/base'
import { treeFromFiles, type FileContent, type FileTree } from '@kedge/tree'

/** Files of a folder on disk, as a tree; `path` is the folder of interest inside it. */
export interface LocalTree {
  readonly tree: FileTree
  readonly path: string
  readonly root: string
}

const maxFiles = 100_000
const maxBytes = 512 * 1024 * 1024

/**
 * Reads the Git work tree that a folder lies in, committed or not, so that bases beside the folder are found; a folder
 * outside any work tree is read alone. `.git` and `node_modules` are left out. Throws FailureError when it is too large.
 */
export async function readLocalTree(folder: string): Promise<LocalTree> {
  const stats = await stat(folder).catch(() => undefined)
  if (stats === undefined) throw new FailureError({ code: 'FolderNotFound', message: `there is no folder ${folder}` })
  const root = workTreeOf(folder) ?? folder
  const files = new Map<string, FileContent>()
  const budget = { files: maxFiles, bytes: maxBytes }
  await readFolder({ root, folder: '', files, budget })
  return { tree: treeFromFiles(files), path: path.relative(root, folder).split(path.sep).join('/'), root }
}

/** The folder above (or the folder itself) that holds `.git`. */
function workTreeOf(folder: string): string | undefined {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    if (existsSync(path.join(at, '.git'))) return at
    if (at === path.dirname(at)) return undefined
  }
}

interface Reading {
  readonly root: string
  readonly folder: string
  readonly files: Map<string, FileContent>
  readonly budget: { files: number; bytes: number }
}

async function readFolder(reading: Reading): Promise<void> {
  const { root, folder, files, budget } = reading
  for (const entry of await readdir(path.join(root, folder), { withFileTypes: true })) {
    if (entry.name === '.git' || entry.name === 'node_modules' || entry.name === '.kedge') continue
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`
    const file = path.join(root, name)
    if (entry.isDirectory()) await readFolder({ ...reading, folder: name })
    else if (entry.isSymbolicLink()) files.set(name, { link: await readlink(file) })
    else if (entry.isFile()) {
      const bytes = await readFile(file)
      budget.files -= 1
      budget.bytes -= bytes.length
      if (budget.files < 0 || budget.bytes < 0)
        throw new FailureError({
          code: 'FolderTooLarge',
          message: `${root} has more than ${maxFiles} files or ${maxBytes / 2 ** 20} MiB`,
          fix: 'name a smaller folder with --path',
        })
      files.set(name, bytes)
    }
  }
}
