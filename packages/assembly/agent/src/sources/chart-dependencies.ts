import { FailureError } from '@kedge/base'
import { fileText, isInRange, type Chart } from '@kedge/helm'
import type { FileTree } from '@kedge/tree'
import { parseYaml, YamlError } from '@kedge/yaml'

import { openArchive, openFolder } from './chart-archive.ts'
import { joinInside } from './join-inside.ts'
import type { RemoteCharts } from './remote-charts.ts'

/** Where the dependencies of a chart come from. */
export interface DependencySources {
  readonly tree: FileTree
  /** The chart's folder in the tree. */
  readonly path: string
  /** Where the HelmRepositories are whose credentials may be used. */
  readonly namespace: string
  readonly remote: RemoteCharts
}

interface Wanted {
  readonly name: string
  readonly version: string
  readonly repository: string
}

/** Dependencies that one chart may have. */
const maxDependencies = 256

/** The chart with the dependencies that charts/ does not have; the lock decides on their versions. Throws `DependencyBuildError`. */
export async function addDependencies(chart: Chart, from: DependencySources): Promise<Chart> {
  const wanted = wantedBy(chart)
  if (wanted.length > maxDependencies) throw dependencyFailure(`more than ${maxDependencies} dependencies`)
  if (wanted.length === chart.dependencies.length) return chart
  const present = new Set(chart.dependencies.map(({ metadata }) => metadata.name))
  const added: Chart[] = []
  const seen = new Set<string>()
  for (const one of wanted) {
    const id = `${one.repository} ${one.name} ${one.version}`
    // A chart that is used under several aliases is one chart.
    if (present.has(one.name) || seen.has(id)) continue
    seen.add(id)
    added.push(await fetchOne(one, from))
  }
  return { ...chart, dependencies: [...chart.dependencies, ...added] }
}

function wantedBy(chart: Chart): readonly Wanted[] {
  const lockName = chart.metadata.apiVersion === 'v1' ? 'requirements.lock' : 'Chart.lock'
  const lock = chart.raw.find(({ name }) => name === lockName)
  return lock === undefined ? (chart.metadata.dependencies ?? []) : readLock(fileText(lock), lockName)
}

function readLock(text: string, name: string): readonly Wanted[] {
  try {
    const fields = parseYaml(text) as { readonly dependencies?: unknown } | null
    const list = fields?.dependencies ?? []
    if (!Array.isArray(list)) throw dependencyFailure(`${name} has no list of dependencies`)
    return list.map((item) => wantedFrom(item))
  } catch (error) {
    if (error instanceof YamlError) throw dependencyFailure(`${name} cannot be read: ${error.message}`)
    throw error
  }
}

function wantedFrom(value: unknown): Wanted {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '')
  return { name: text('name'), version: text('version'), repository: text('repository') }
}

async function fetchOne(wanted: Wanted, from: DependencySources): Promise<Chart> {
  const isLocal = wanted.repository === '' || wanted.repository.startsWith('file://')
  const where = isLocal ? 'local' : 'remote'
  try {
    return isLocal ? localChart(wanted, from) : await remoteChart(wanted, from)
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    const message = `failed to add ${where} dependency '${wanted.name}': ${error.failure.message}`
    throw new FailureError({ ...error.failure, code: 'DependencyBuildError', message })
  }
}

function localChart({ name, version, repository }: Wanted, { tree, path }: DependencySources): Chart {
  const at =
    repository === '' ? joinInside(path, `charts/${name}`) : joinInside(path, repository.slice('file://'.length))
  const shown = `/${at}`
  const failure = {
    code: 'DependencyBuildError',
    opening: `failed to load chart from '${shown}' (reference '${repository}')`,
  }
  const file = tree.file(at)
  if (file === undefined && tree.kindOf(at) === undefined)
    throw dependencyFailure(`no chart found at '${shown}' (reference '${repository}')`)
  const chart = file === undefined ? openFolder({ tree, folder: at }, failure) : openArchive(file.bytes, failure)
  if (isInRange(version, chart.metadata.version)) return chart
  throw dependencyFailure(`can't get a valid version for constraint '${version}'`)
}

async function remoteChart({ name, version, repository }: Wanted, from: DependencySources): Promise<Chart> {
  if (repository.startsWith('@') || repository.startsWith('alias:'))
    throw dependencyFailure(`aliased repository dependency is not supported: ${repository}`)
  if (!/^(?:https?|oci):\/\//.test(repository))
    throw dependencyFailure(`invalid dependency repository URL: ${repository}`)
  const offer = await from.remote.find(from.remote.byUrl(repository, from.namespace), name, version)
  return openArchive(await offer.fetch(), {
    code: 'DependencyBuildError',
    opening: `failed to load downloaded archive of version '${offer.version}'`,
  })
}

function dependencyFailure(message: string): FailureError {
  return new FailureError({ code: 'DependencyBuildError', message })
}
