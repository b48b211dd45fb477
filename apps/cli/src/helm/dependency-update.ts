import { lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { FailureError } from '@kedge/base'
import { isInRange, loadChartArchive, loadChartTree, type Chart, type ChartDependency } from '@kedge/helm'
import { VersionError, parseConstraint } from '@kedge/semver'
import { DiskTree } from '../disk-tree.ts'
import type { Io } from '../io.ts'
import { chartMissing, versionMissing, type ChartFetcher, type FetchedChart } from './chart-fetcher.ts'
import { helmFailure } from './command.ts'
import {
  lockDigest,
  oldLockDigest,
  printLock,
  readLock,
  type DependencyLock,
  type LockedDependency,
} from './dependency-lock.ts'
import { logLine } from './helm-io.ts'
import { gunzip } from './load-chart.ts'
import { packChart, rawText } from './pack-chart.ts'
import { isSameRepository } from './repositories-file.ts'

/** What is needed to bring a chart's dependencies. */
export interface DependencyWork {
  /** The folder of the chart. */
  readonly folder: string
  /** The same as it was given, for messages. */
  readonly shown: string
  readonly fetcher: ChartFetcher
  readonly io: Io
  readonly skipRefresh: boolean
  /** Whether to tell of what comes from folders, too. */
  readonly debug?: boolean
  /** Checks the signature of a chart that was fetched. Throws FailureError. Absent where none is asked for. */
  readonly verify?: (fetched: FetchedChart) => void
}

/** Brings the newest dependencies that the ranges allow and writes the lock, as `helm dependency update` does. */
export async function updateDependencies(work: DependencyWork): Promise<void> {
  const chart = loadFolder(work.folder, work.shown)
  if (chart.metadata.dependencies === undefined) return
  const wanted = resolveRepositories(chart, work)
  tellRefresh(wanted, work)
  const locked = await lockAll(wanted, work)
  await bring(locked, work)
  const lock = { digest: lockDigest(wanted, locked), dependencies: locked }
  if (lockOf(chart)?.digest !== lock.digest) writeLock(chart, lock, work.folder)
}

/** Brings the dependencies of the lock; without one, updates. As `helm dependency build` does. */
export async function buildDependencies(work: DependencyWork): Promise<void> {
  const chart = loadFolder(work.folder, work.shown)
  const lock = lockOf(chart)
  if (lock === undefined) return updateDependencies(work)
  const wanted = resolveRepositories(chart, work)
  if (lockDigest(wanted, lock.dependencies) !== lock.digest) checkOldDigest(chart, lock, work.io)
  tellRefresh([], work)
  await bring(lock.dependencies, work)
}

/** Locks that Helm 2 wrote have another digest: that of the dependencies as they are in requirements.yaml. */
function checkOldDigest(chart: Chart, lock: DependencyLock, io: Io): void {
  if (chart.metadata.apiVersion !== 'v1') throw outOfSync(chart)
  io.stderr(logLine('INFO', 'warning: a valid Helm v3 hash was not found. Checking against Helm v2 hash...'))
  if (oldLockDigest(chart.metadata.dependencies ?? []) !== lock.digest) throw outOfSync(chart)
}

function outOfSync(chart: Chart): FailureError {
  return chart.metadata.apiVersion === 'v1'
    ? helmFailure(
        'the lock file (requirements.lock) is out of sync with the dependencies file (requirements.yaml). Please update the dependencies',
      )
    : helmFailure(
        "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). Please update the dependencies with 'helm dependency update'",
      )
}

function loadFolder(folder: string, shown: string = folder): Chart {
  const stats = statSync(folder, { throwIfNoEntry: false })
  if (stats === undefined) throw helmFailure(`could not find ${shown}: stat ${shown}: no such file or directory`)
  if (!stats.isDirectory()) throw helmFailure('only unpacked charts can be updated')
  return loadChartTree(new DiskTree(folder), '', { gunzip })
}

function lockOf(chart: Chart): DependencyLock | undefined {
  const text = rawText(chart, lockName(chart))
  return text === undefined ? undefined : readLock(text)
}

function lockName(chart: Chart): string {
  return chart.metadata.apiVersion === 'v1' ? 'requirements.lock' : 'Chart.lock'
}

/** The dependencies with addresses in place of names; folders must be there. */
function resolveRepositories(chart: Chart, work: DependencyWork): readonly ChartDependency[] {
  return (chart.metadata.dependencies ?? []).map((one) => {
    if (one.repository.startsWith('file://')) {
      localPath(one.repository, work)
      if (work.debug === true) work.io.stdout(`Repository from local path: ${one.repository}\n`)
    }
    return { ...one, repository: work.fetcher.addressOf(one.repository) }
  })
}

/** Says what helm says while it refreshes; indexes are read when they are needed. */
function tellRefresh(wanted: readonly ChartDependency[], { fetcher, io, skipRefresh }: DependencyWork): void {
  if (skipRefresh) return
  const urls = wanted.map(({ repository }) => repository).filter((url) => /^https?:/.test(url))
  const unmanaged = urls.filter((url) => !fetcher.known.some((one) => isSameRepository(one.url, url)))
  if (unmanaged.length > 0) {
    io.stdout('Getting updates for unmanaged Helm repositories...\n')
    for (const url of new Set(unmanaged)) io.stdout(tellUpdated(url))
  }
  if (fetcher.known.length === 0) return
  io.stdout('Hang tight while we grab the latest from your chart repositories...\n')
  for (const { name } of fetcher.known) io.stdout(tellUpdated(name))
  io.stdout('Update Complete. ⎈Happy Helming!⎈\n')
}

function tellUpdated(name: string): string {
  return `...Successfully got an update from the ${JSON.stringify(name)} chart repository\n`
}

/** All of them at one version each; those for which there is none are told of together. */
async function lockAll(wanted: readonly ChartDependency[], work: DependencyWork): Promise<readonly LockedDependency[]> {
  const locked: LockedDependency[] = []
  const missing: string[] = []
  for (const one of wanted) {
    checkRange(one)
    const found = await lockOne(one, work)
    if (found !== undefined) locked.push(found)
    else
      missing.push(
        `${JSON.stringify(one.name)} (repository ${JSON.stringify(one.repository)}, version ${JSON.stringify(one.version)})`,
      )
  }
  if (missing.length === 0) return locked
  throw helmFailure(
    `can't get a valid version for ${missing.length} subchart(s): ${missing.join(', ')}. Make sure a matching chart version exists in the repo, or change the version constraint in Chart.yaml`,
  )
}

function checkRange({ name, version }: ChartDependency): void {
  try {
    parseConstraint(version)
  } catch (error) {
    if (!(error instanceof VersionError)) throw error
    throw helmFailure(`dependency ${JSON.stringify(name)} has an invalid version/constraint format: ${error.message}`)
  }
}

/** Undefined where no version fits. */
async function lockOne(wanted: ChartDependency, work: DependencyWork): Promise<LockedDependency | undefined> {
  const { name, repository, version } = wanted
  if (repository === '') {
    localPath(`charts/${name}`, work)
    return { name, repository, version }
  }
  if (repository.startsWith('file://')) {
    const found = loadFolder(localPath(repository, work)).metadata.version
    return isInRange(version, found) ? { name, repository, version: found } : undefined
  }
  try {
    return { name, repository, version: await work.fetcher.resolve(repository, name, version) }
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    if (error.failure.code === versionMissing) return undefined
    if (error.failure.code !== chartMissing) throw error
    throw helmFailure(`${name} chart not found in repo ${repository}`)
  }
}

function localPath(repository: string, { folder, shown }: DependencyWork): string {
  const given = repository.replace(/^file:\/\//, '')
  const found = path.resolve(folder, given)
  if (statSync(found, { throwIfNoEntry: false }) !== undefined) return found
  throw helmFailure(`directory ${path.isAbsolute(given) ? given : path.join(shown, given)} not found`)
}

/** Fetches everything before anything in charts/ is touched. */
async function bring(locked: readonly LockedDependency[], work: DependencyWork): Promise<void> {
  const charts = path.join(work.folder, 'charts')
  mkdirSync(charts, { recursive: true })
  work.io.stdout(`Saving ${locked.length} charts\n`)
  const fetched = new Map<string, Uint8Array>()
  const seen = new Set<string>()
  for (const one of locked) {
    const id = `${one.repository} ${one.name} ${one.version}`
    if (seen.has(id)) work.io.stdout(`Already downloaded ${one.name} from repo ${one.repository}\n`)
    else for (const [name, bytes] of await fetchOne(one, work)) fetched.set(name, bytes)
    if (/^(?:https?|oci):/.test(one.repository)) seen.add(id)
  }
  for (const [name, bytes] of fetched) replaceFile(path.join(charts, name), bytes)
  work.io.stdout('Deleting outdated charts\n')
  deleteOutdated(charts, { kept: fetched, locked, io: work.io })
}

async function fetchOne(
  { name, repository, version }: LockedDependency,
  work: DependencyWork,
): Promise<readonly (readonly [string, Uint8Array])[]> {
  if (repository === '') {
    work.io.stdout(`Dependency ${name} did not declare a repository. Assuming it exists in the charts directory\n`)
    const found = loadFolder(localPath(`charts/${name}`, work)).metadata.version
    if (isInRange(version, found)) return []
    throw helmFailure(`dependency ${name} at version ${found} does not satisfy the constraint ${version}`)
  }
  if (repository.startsWith('file://')) {
    if (work.debug === true) work.io.stdout(`Archiving ${name} from repo ${repository}\n`)
    const chart = loadFolder(localPath(repository, work))
    const epoch = Number(work.io.env['SOURCE_DATE_EPOCH'] ?? 0)
    return [[`${chart.metadata.name}-${chart.metadata.version}.tgz`, packChart(chart, epoch)]]
  }
  work.io.stdout(`Downloading ${name} from repo ${repository}\n`)
  const chart = await fetchVerified(repository, { name, version }, work)
  work.io.stdout(chart.notes)
  loadChartArchive(chart.bytes, { gunzip })
  return [[chart.fileName, chart.bytes]]
}

async function fetchVerified(
  repository: string,
  { name, version }: { readonly name: string; readonly version: string },
  { fetcher, verify, io }: DependencyWork,
): Promise<FetchedChart> {
  try {
    const chart = await fetcher.fromRepository(repository, name, { version, withProvenance: verify !== undefined })
    verify?.(chart)
    return chart
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    const message = `could not download ${repository}/${name}: ${error.failure.message}`
    io.stdout(`Save error occurred:  ${message}\n`)
    throw helmFailure(message)
  }
}

/** Written beside and renamed, so that a link of that name is replaced and not followed. */
function replaceFile(file: string, bytes: Uint8Array | string): void {
  const beside = `${file}.${process.pid}.tmp`
  writeFileSync(beside, bytes, { flag: 'wx' })
  renameSync(beside, file)
}

function deleteOutdated(
  charts: string,
  {
    kept,
    locked,
    io,
  }: {
    readonly kept: ReadonlyMap<string, Uint8Array>
    readonly locked: readonly LockedDependency[]
    readonly io: Io
  },
): void {
  const local = new Set(locked.filter(({ repository }) => repository === '').map(({ name }) => name))
  for (const entry of readdirSync(charts, { withFileTypes: true })) {
    if (!entry.isFile() || kept.has(entry.name)) continue
    const file = path.join(charts, entry.name)
    const name = archiveName(file)
    if (name === undefined) io.stdout(`Could not verify ${file} for deletion (Skipping)\n`)
    else if (!local.has(name)) rmSync(file)
  }
}

/** The name of the chart in an archive; undefined when the file is none. */
function archiveName(file: string): string | undefined {
  try {
    return loadChartArchive(readFileSync(file), { gunzip }).metadata.name
  } catch (error) {
    if (error instanceof FailureError) return undefined
    throw error
  }
}

function writeLock(chart: Chart, lock: DependencyLock, folder: string): void {
  const file = path.join(folder, lockName(chart))
  if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true)
    throw helmFailure(`the ${lockName(chart)} file is a symlink`)
  replaceFile(file, printLock(lock, new Date().toISOString()))
}
