import type { FileTree } from '@kedge/tree'

import type { DirectoryRules } from './render-request.ts'

/** The manifest files of a directory in byte order of their paths, as Argo CD's directory sources take them. */
export function directoryFiles(tree: FileTree, directory: string, rules: DirectoryRules): readonly string[] {
  return filesBelow(tree, directory, rules.recurse).filter((file) => {
    const relative = directory === '' ? file : file.slice(directory.length + 1)
    if (!/\.(ya?ml|json)$/.test(file)) return false
    if (rules.exclude !== '' && matchesGlob(rules.exclude, relative)) return false
    return rules.include === '' || matchesGlob(rules.include, relative)
  })
}

function filesBelow(tree: FileTree, directory: string, recurse: boolean): readonly string[] {
  return (tree.list(directory) ?? []).flatMap(({ name, kind }) => {
    const path = directory === '' ? name : `${directory}/${name}`
    if (kind === 'file') return [path]
    return recurse ? filesBelow(tree, path, true) : []
  })
}

/** Longer patterns match nothing, which bounds the work. */
const maxPattern = 1_000

/** Whether a path matches a pattern of `*`, `?` and `{a,b}`; `*` crosses slashes, as in Argo CD. */
export function matchesGlob(pattern: string, path: string): boolean {
  if (pattern.length > maxPattern) return false
  return alternatives(pattern).some((one) => matchesPlain(one, path))
}

function alternatives(pattern: string): readonly string[] {
  const open = pattern.indexOf('{')
  const close = pattern.indexOf('}', open)
  if (open < 0 || close < 0) return [pattern]
  const rest = alternatives(pattern.slice(close + 1))
  const choices = pattern.slice(open + 1, close).split(',')
  return choices.flatMap((choice) => rest.map((end) => pattern.slice(0, open) + choice + end)).slice(0, 256)
}

/** Two pointers and the last star: linear but for retries after a star. */
function matchesPlain(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let resume = 0
  let index = 0
  while (index < text.length) {
    if (pattern[at] === '*') {
      star = at
      resume = index
      at += 1
    } else if (pattern[at] === '?' || pattern[at] === text[index]) {
      at += 1
      index += 1
    } else if (star >= 0) {
      at = star + 1
      resume += 1
      index = resume
    } else return false
  }
  while (pattern[at] === '*') at += 1
  return at === pattern.length
}
