import { hash } from 'node:crypto'

import { FailureError } from '@kedge/base'
import { findPaths, hasPattern, matchesPath, type CopyStep, type PlannedArtifact } from '@kedge/flux'
import { unpackArchive } from '@kedge/source'
import {
  blobOf,
  cleanSegments,
  treeFromFiles,
  type Blob,
  type FileContent,
  type FileTree,
  type Sha256,
} from '@kedge/tree'

import { indexOf, type TreeIndex } from './generator-index.ts'
import { mergeYaml } from './generator-merge.ts'

const sha256: Sha256 = (bytes) => hash('sha256', bytes)

/** Files, directories and unpacked bytes that one artifact may have. */
const maxEntries = 100_000
const maxUnpackedBytes = 256 * 1024 * 1024

/**
 * The files of an artifact: its steps one after the other, as `cp` would copy (SPEC.md of @kedge/flux, GA3 to GA5). Throws
 * a FailureError `BuildFailed` that names the step.
 */
export async function composeArtifact(
  artifact: PlannedArtifact,
  sourceOf: (alias: string) => FileTree | undefined,
): Promise<FileTree> {
  const stage = createStage()
  for (const step of artifact.copy) {
    try {
      await copyStep(step, { stage, sourceOf })
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      const what = `failed to apply copy operation from '${step.from}' to '${step.to}'`
      throw buildFailed(`${artifact.name} build failed: ${what}: ${error.failure.message}`)
    }
  }
  return stage.tree()
}

interface Copying {
  readonly step: CopyStep
  readonly index: TreeIndex
  readonly stage: Stage
  /** Where it goes, cleaned; empty for the root. */
  readonly to: string
}

async function copyStep(
  step: CopyStep,
  world: { readonly stage: Stage; readonly sourceOf: (alias: string) => FileTree | undefined },
): Promise<void> {
  const slash = step.from.indexOf('/')
  if (!step.from.startsWith('@') || slash < 0) throw buildFailed("source format must be '@alias/pattern'")
  if (!step.to.startsWith('@artifact/')) throw buildFailed("destination must start with '@artifact/'")
  const alias = step.from.slice(1, slash)
  const pattern = step.from.slice(slash + 1)
  const tree = world.sourceOf(alias)
  if (tree === undefined) throw buildFailed(`source alias '${alias}' not found`)
  for (const one of step.exclude)
    if (matchesPath(one, '.') === undefined) throw buildFailed(`invalid exclude pattern '${one}'`)
  const to = cleanSegments(step.to.slice('@artifact/'.length))?.join('/')
  if (to === undefined) throw buildFailed('the destination leaves the artifact')
  const copying = { step, index: indexOf(tree), stage: world.stage, to }
  await (hasPattern(pattern) ? copyMatches(copying, { alias, pattern }) : copyOne(copying, pattern))
}

async function copyMatches(
  copying: Copying,
  { alias, pattern }: { readonly alias: string; readonly pattern: string },
): Promise<void> {
  const { step, index, stage, to } = copying
  const isExtract = step.strategy === 'Extract'
  const matches = findPaths(index, pattern, { recursive: isExtract })
  if (matches === undefined) throw buildFailed(`invalid glob pattern '${pattern}'`)
  if (matches.length === 0) throw buildFailed(`no files match pattern '${pattern}' in source '${alias}'`)
  const base = plainBeginning(pattern)
  const kept = matches.filter((path) => !isExcluded(path, base, step.exclude))
  if (kept.length === 0) throw buildFailed(`all files matching pattern '${pattern}' in source '${alias}' were excluded`)
  for (const path of kept) {
    const file = index.file(path)
    if (isExtract) {
      if (file !== undefined && isTarball(path)) await extract(stage, file, to)
    } else if (file === undefined) copyDirectory(copying, { path, to: join(to, strippedOf(pattern, path)), base })
    else stage.put(join(to, strippedOf(pattern, path)), file, step.strategy)
  }
}

async function copyOne(copying: Copying, from: string): Promise<void> {
  const { step, index, stage, to } = copying
  const segments = cleanSegments(from)
  const path = segments?.join('/') ?? '..'
  const file = index.file(path)
  if (file === undefined) {
    if (segments === undefined || index.namesIn(path) === undefined)
      throw buildFailed(`source '${path}' does not exist`)
    if (step.strategy === 'Extract')
      throw buildFailed(`extract strategy is not supported for directories, got '${path}'`)
    copyDirectory(copying, { path, to: join(to, segments.at(-1) ?? ''), base: path })
    return
  }
  if (isExcluded(path, '', step.exclude)) return
  if (step.strategy === 'Extract') {
    if (!isTarball(path)) throw buildFailed(`extract strategy requires tarball file (.tar.gz or .tgz), got '${path}'`)
    await extract(stage, file, to)
    return
  }
  const isInto = step.to.endsWith('/') || stage.isDirectory(to)
  stage.put(isInto ? join(to, segments?.at(-1) ?? '') : to, file, step.strategy)
}

/** Files in directories are never merged, whatever the strategy. */
function copyDirectory(
  copying: Copying,
  { path, to, base }: { readonly path: string; readonly to: string; readonly base: string },
): void {
  const { step, index, stage } = copying
  stage.directory(to)
  for (const name of index.namesIn(path) ?? []) {
    const below = join(path, name)
    if (isExcluded(below, base, step.exclude)) continue
    const file = index.file(below)
    if (file === undefined) copyDirectory(copying, { path: below, to: join(to, name), base })
    else stage.put(join(to, name), file, 'Overwrite')
  }
}

async function extract(stage: Stage, file: Blob, to: string): Promise<void> {
  const unpacked = indexOf(await unpackArchive(file.bytes, { maxBytes: maxUnpackedBytes }))
  stage.directory(to)
  for (const path of unpacked.paths()) {
    const one = unpacked.file(path)
    if (one === undefined) stage.directory(join(to, path))
    else {
      stage.unpacked(one.bytes.length)
      stage.put(join(to, path), one, 'Overwrite')
    }
  }
}

/** What an artifact has so far. */
interface Stage {
  isDirectory(path: string): boolean
  directory(path: string): void
  put(path: string, file: Blob, strategy: CopyStep['strategy']): void
  /** Counts bytes that an archive brought. */
  unpacked(bytes: number): void
  tree(): FileTree
}

function createStage(): Stage {
  const files = new Map<string, Blob>()
  const directories = new Set<string>([''])
  let unpackedBytes = 0

  function directory(path: string): void {
    for (let at = path; !directories.has(at); at = parentOf(at)) {
      if (files.has(at)) throw buildFailed(`'${at}' is a file and not a directory`)
      directories.add(at)
    }
    checkSize()
  }
  function checkSize(): void {
    if (files.size + directories.size > maxEntries)
      throw buildFailed(`the artifact has more than ${String(maxEntries)} files and directories`)
  }

  return {
    isDirectory: (path) => directories.has(path),
    directory,
    put(path, file, strategy) {
      if (directories.has(path)) throw buildFailed(`'${path}' is a directory and not a file`)
      directory(parentOf(path))
      const there = files.get(path)
      files.set(path, strategy === 'Merge' && there !== undefined ? merged(there, file, path) : file)
      checkSize()
    },
    unpacked(bytes) {
      unpackedBytes += bytes
      if (unpackedBytes > maxUnpackedBytes)
        throw buildFailed(`the archives hold more than ${String(maxUnpackedBytes)} bytes`)
    },
    tree() {
      const contents = new Map<string, FileContent>()
      for (const path of directories) if (path !== '') contents.set(path, { directory: true })
      for (const [path, file] of files) contents.set(path, file)
      return treeFromFiles(contents, { sha256 })
    },
  }
}

function merged(there: Blob, file: Blob, path: string): Blob {
  return blobOf(mergeYaml(there.bytes, file.bytes, path), there.executable, sha256)
}

/** `dir/**` gives what is in the directory; any other pattern keeps the whole path. */
function strippedOf(pattern: string, path: string): string {
  const prefix = pattern.endsWith('/**') ? `${pattern.slice(0, -3)}/` : undefined
  return prefix !== undefined && path.startsWith(prefix) ? path.slice(prefix.length) : path
}

/** The directories of a pattern before the first that is one. */
function plainBeginning(pattern: string): string {
  const segments = cleanSegments(pattern) ?? []
  const first = segments.findIndex(hasPattern)
  return segments.slice(0, first < 0 ? segments.length : first).join('/')
}

/** Patterns are of the path in the source, of the path below the step's beginning, or of plain names. */
function isExcluded(path: string, base: string, patterns: readonly string[]): boolean {
  const below = base !== '' && path.startsWith(`${base}/`) ? path.slice(base.length + 1) : undefined
  const name = path.slice(path.lastIndexOf('/') + 1)
  return patterns.some((pattern) => {
    const isPlain = !pattern.includes('/')
    const candidates = [path, ...(below === undefined ? [] : [below]), ...(isPlain ? [name] : [])]
    return candidates.some((one) => matchesPath(pattern, one) === true)
  })
}

function isTarball(path: string): boolean {
  return /\.(?:tar\.gz|tgz)$/i.test(path)
}

function buildFailed(message: string): FailureError {
  return new FailureError({ code: 'BuildFailed', message })
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

function join(path: string, name: string): string {
  if (path === '') return name
  return name === '' ? path : `${path}/${name}`
}
