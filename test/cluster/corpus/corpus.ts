/** The repositories of others that tests read, outside of this one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The folder of the test data; fails with what to do where there is none. */
export function corpusFolder(name: string): string {
  const root = process.env['KEDGE_CORPUS'] ?? path.join(import.meta.dirname, '../../../../shared/corpus')
  const folder = path.join(root, name)
  if (existsSync(folder)) return folder
  throw new Error(`There is no test data in ${folder}: name the folder of the corpus with KEDGE_CORPUS.`)
}

/** The files of a folder as texts, by path, with some of their text replaced. */
export function readTexts(
  folder: string,
  replaced: ReadonlyMap<string, string> = new Map(),
): Readonly<Record<string, string>> {
  const texts: [string, string][] = []
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = path.join(entry.parentPath, entry.name)
    let text = readFileSync(file, 'utf8')
    for (const [from, to] of replaced) text = text.replaceAll(from, to)
    texts.push([path.relative(folder, file), text])
  }
  return Object.fromEntries(texts)
}
