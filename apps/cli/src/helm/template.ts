import { appendFileSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { FailureError } from '@kedge/base'
import { templateHost } from '@kedge/cryptography'
import {
  RenderError,
  RenderTrace,
  chartError,
  defaultApiVersions,
  fileText,
  helmProfiles,
  kubeVersionComplaint,
  missingDependencies,
  parseKubeVersion,
  printRelease,
  renderRelease,
  selectSources,
  type Capabilities,
  type Chart,
  type HelmProfile,
  type Lookup,
  type RenderedRelease,
  type SchemaSource,
  type ValueLayer,
  type Warn,
} from '@kedge/helm'
import { explain, isExplainTarget } from './explain.ts'
import type { Io } from '../io.ts'
import { parseHelmFlags } from './global-flags.ts'
import { logLine, tellOn, warnOn, type HelmIo } from './helm-io.ts'
import { chartFlags, locateChart, type LocatedChart } from './locate-chart.ts'
import type { FlagSpec, Flags } from './parse-flags.ts'
import { templateName } from './name-template.ts'
import { namespaceOf } from './namespace.ts'
import { withRemoteSchemas } from './remote-schemas.ts'
import { valueFlags, valuesOfFlags } from './value-flags.ts'

const noEffect = "this flag has no effect for 'helm template' and will be removed in Helm 5"

/** Flags of helm install that change nothing of what is printed. */
const unusedFlags: Readonly<Record<string, FlagSpec>> = {
  atomic: { kind: 'boolean', deprecated: 'use --rollback-on-failure instead' },
  'create-namespace': { kind: 'boolean' },
  description: { kind: 'text' },
  'disable-openapi-validation': { kind: 'boolean' },
  'enable-dns': { kind: 'boolean' },
  force: { kind: 'boolean', deprecated: 'use --force-replace instead' },
  'force-conflicts': { kind: 'boolean' },
  'force-replace': { kind: 'boolean' },
  'hide-notes': { kind: 'boolean', deprecated: noEffect },
  labels: { kind: 'list', short: 'l', value: 'pairs' },
  replace: { kind: 'boolean' },
  'rollback-on-failure': { kind: 'boolean' },
  'server-side': { kind: 'text', alone: 'true', value: 'boolean' },
  'skip-crds': { kind: 'boolean' },
  'take-ownership': { kind: 'boolean' },
  timeout: { kind: 'text', value: 'duration' },
  wait: { kind: 'text', alone: 'watcher', value: 'wait' },
  'wait-for-jobs': { kind: 'boolean' },
}

const templateFlags: Readonly<Record<string, FlagSpec>> = {
  ...valueFlags,
  ...chartFlags,
  ...unusedFlags,
  'api-versions': { kind: 'words', short: 'a' },
  'dependency-update': { kind: 'boolean' },
  'dry-run': { kind: 'text', alone: 'unset' },
  explain: { kind: 'text', alone: '' },
  'generate-name': { kind: 'boolean', short: 'g' },
  'include-crds': { kind: 'boolean' },
  'is-upgrade': { kind: 'boolean' },
  'kube-version': { kind: 'text' },
  'name-template': { kind: 'text' },
  'no-hooks': { kind: 'boolean' },
  'output-dir': { kind: 'text' },
  'post-renderer': { kind: 'text' },
  'post-renderer-args': { kind: 'list' },
  profile: { kind: 'text' },
  'release-name': { kind: 'boolean' },
  'render-subchart-notes': { kind: 'boolean', deprecated: noEffect },
  seed: { kind: 'text' },
  'show-only': { kind: 'list', short: 's' },
  'skip-schema-validation': { kind: 'boolean' },
  'skip-tests': { kind: 'boolean' },
  validate: { kind: 'boolean', deprecated: "use '--dry-run=server' instead" },
}

/** `helm template [NAME] [CHART]`: prints what a chart renders to. */
export async function templateCommand(args: readonly string[], io: Io): Promise<number> {
  const flags = parseHelmFlags(joinExplain(args), templateFlags, io)
  if (flags.boolean('help')) {
    io.stdout(usage)
    return 0
  }
  refuse(flags, io.stderr)
  const isServer = isServerRun(flags, io.stderr)
  const local = localCapabilities(flags)
  const debug = debugLog(flags, io)
  debug('Original chart version', { version: flags.text('version') })
  if (flags.text('version') === '' && flags.boolean('devel')) debug('setting version to >0.0.0-0', {})
  const { name, chartName } = nameAndChart(flags)
  const layers: ValueLayer[] = []
  const trace = flags.has('explain') ? new RenderTrace() : undefined
  const located = await locateChart(chartName, { flags, io, tell: tellOn(io) })
  debug('Chart path', { path: located.path })
  const values = await valuesOfFlags(flags, io.cwd, (layer) => layers.push(layer))
  const chart = await installable(located, flags, io)
  checkName(name, io.stderr)
  // Most renders know no cluster, and what talks to one is slow to load.
  const server = isServer ? await import('./server-render.ts') : undefined
  await using kube = isServer ? await (await import('./cluster.ts')).openHelmCluster(flags, io) : undefined
  const request = {
    chart,
    values,
    name,
    namespace: flags.text('namespace') || (kube?.namespace ?? namespaceOf(flags, io)),
    revision: 1,
    isUpgrade: flags.boolean('is-upgrade'),
    capabilities: server === undefined || kube === undefined ? local : await server.capabilitiesOf(kube),
  }
  const release = await showingInvalid(flags, io, () =>
    withRemoteSchemas(io.stderr, (schemas, log) => {
      const how = { flags, warn: warnOn({ stderr: log }), trace, schemas }
      return server === undefined || kube === undefined
        ? render(request, how)
        : server.renderWithLookups(kube, (lookup) => render(request, { ...how, lookup }))
    }),
  )
  if (kube !== undefined) await server?.checkAgainstCluster(kube, release, request)
  write(release, { flags, name, io, explained: trace && { trace, layers } })
  return 0
}

const usage = `Usage: kedge helm template [NAME] [CHART] [flags]

Renders a chart as helm template does, with its flags, and with

  --explain[=WHAT]    say of each line which template and which value it comes from; WHAT is the
                      number of one line, or a field: Deployment/web:spec.replicas
  --profile VERSION   print as this version of helm does: 4.2 or 4.3 (default)
  --seed TEXT         draw random texts from this, so that every run prints the same
`

const waitForms: Readonly<Record<string, string>> = { true: 'watcher', false: 'hookOnly' }

function refuse(flags: Flags, log: (line: string) => void): void {
  for (const wait of flags.list('wait')) {
    const form = waitForms[wait]
    if (form !== undefined)
      log(logLine('WARN', `--wait=${wait} is deprecated (boolean value) and can be replaced with --wait=${form}`))
  }
  if (flags.positionals.length === 0)
    throw chartError('"helm template" requires at least 1 argument\n\nUsage:  helm template [NAME] [CHART] [flags]')
  refuseTogether(flags, ['force-replace', 'force-conflicts'])
  refuseTogether(flags, ['force', 'force-conflicts'])
  refuseTogether(flags, ['validate', 'dry-run'])
  if (flags.text('post-renderer') !== '') throw chartError('--post-renderer runs a program, which Kedge never does')
}

function refuseTogether(flags: Flags, names: readonly string[]): void {
  if (!names.every((name) => flags.has(name))) return
  throw chartError(
    `if any flags in the group [${names.join(' ')}] are set none of the others can be; [${names.toSorted().join(' ')}] were all set`,
  )
}

/** Whether the flags ask for a rendering against a cluster; forms that helm calls old are told of. */
function isServerRun(flags: Flags, log: (line: string) => void): boolean {
  const value = flags.has('dry-run') ? flags.text('dry-run') : 'client'
  if (value === 'server' || value === 'client') return value === 'server' || flags.boolean('validate')
  if (value === 'unset') {
    log(logLine('WARN', "--dry-run is deprecated and should be replaced with '--dry-run=client'"))
    return flags.boolean('validate')
  }
  if (/^(?:1|t|T|true|TRUE|True)$/.test(value)) {
    log(logLine('WARN', `boolean '--dry-run=${value}' flag is deprecated and must be replaced with '--dry-run=client'`))
    return false
  }
  const isKnown = value === 'none' || /^(?:0|f|F|false|FALSE|False)$/.test(value)
  const choice = isKnown ? '"server" or "client"' : '"none", "server", or "client"'
  throw chartError(`invalid dry-run value (${JSON.stringify(value)}). Must be ${choice}`)
}

/** Logs on --debug. */
function debugLog(flags: Flags, io: Io): (message: string, attributes: Readonly<Record<string, string>>) => void {
  return (message, attributes) => {
    if (flags.boolean('debug')) io.stderr(logLine('DEBUG', message, attributes))
  }
}

function localCapabilities(flags: Flags): Capabilities {
  const given = flags.text('kube-version')
  const kubeVersion = given === '' ? 'v1.37.0' : parseKubeVersion(given)
  if (kubeVersion === undefined) throw chartError(`invalid kube version '${given}': ${kubeVersionComplaint(given)}`)
  return { kubeVersion, apiVersions: [...defaultApiVersions, ...flags.list('api-versions')], helmVersion: 'v4.3' }
}

function nameAndChart(flags: Flags): { readonly name: string; readonly chartName: string } {
  const [first = '', second, ...rest] = flags.positionals
  const template = flags.text('name-template')
  if (rest.length > 0) throw chartError(`expected at most two arguments, unexpected arguments: ${rest.join(', ')}`)
  if (second === undefined) return { name: template === '' ? 'release-name' : templateName(template), chartName: first }
  if (flags.boolean('generate-name')) throw chartError('cannot set --generate-name and also specify a name')
  if (template !== '') throw chartError('cannot set --name-template and also specify a name')
  return { name: first, chartName: second }
}

/** The chart with its dependencies, which are fetched where flags ask for it. */
async function installable(located: LocatedChart, flags: Flags, io: Io): Promise<Chart> {
  const chart = loadDetected(located)
  const missing = checkInstallable(chart, warnOn(io))
  if (missing === undefined) return chart
  if (!flags.boolean('dependency-update')) throw missing
  const { updateWithFlags } = await import('./update-with-flags.ts')
  await updateWithFlags(located.path, flags, io)
  const updated = located.load()
  const still = missingDependencies(updated)
  if (still.length === 0) return updated
  throw chartError(`found in Chart.yaml, but missing in charts/ directory: ${still.join(', ')}`)
}

/** A folder without a Chart.yaml is refused before anything in it is looked at. */
function loadDetected(located: LocatedChart): Chart {
  const at = located.path
  const metadata = path.join(at, 'Chart.yaml')
  if (statSync(at, { throwIfNoEntry: false })?.isDirectory() === true && !existsSync(metadata))
    throw chartError(`unable to detect chart at ${metadata}: open ${metadata}: no such file or directory`)
  return located.load()
}

/** Refuses what cannot be installed; what comes back is why it cannot be yet. */
function checkInstallable(chart: Chart, warn: (message: string) => void): FailureError | undefined {
  const { type, deprecated } = chart.metadata
  if (type !== '' && type !== 'application') throw chartError(`${type} charts are not installable`)
  if (deprecated) warn('this chart is deprecated')
  const missing = missingDependencies(chart)
  if (missing.length === 0) return undefined
  return chartError(
    `an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: ${missing.join(', ')}`,
  )
}

function render(
  request: Parameters<typeof renderRelease>[0],
  how: {
    readonly flags: Flags
    readonly warn: Warn
    readonly trace: RenderTrace | undefined
    readonly schemas: SchemaSource
    readonly lookup?: Lookup
  },
): RenderedRelease {
  const { flags, warn, trace, schemas, lookup } = how
  const seed = flags.text('seed')
  try {
    return renderRelease(request, {
      host: templateHost(seed === '' ? {} : { seed }),
      profile: profileOf(flags),
      skipSchemaValidation: flags.boolean('skip-schema-validation'),
      schemas,
      subNotes: flags.boolean('render-subchart-notes'),
      warn,
      trace,
      ...(lookup === undefined ? {} : { lookup }),
    })
  } catch (error) {
    if (!(error instanceof RenderError) || flags.boolean('debug')) throw error
    throw chartError(`${error.failure.message}\n\nUse --debug flag to render out invalid YAML`, error)
  }
}

/** With --debug, what the templates gave is printed although it cannot be used. */
async function showingInvalid<T>(flags: Flags, io: Io, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof RenderError && flags.boolean('debug')) io.stdout(invalidText(error, flags))
    throw error
  }
}

/** The files in order; helm has them in any. */
function invalidText({ rendered }: RenderError, flags: Flags): string {
  const documents = [...rendered]
    .filter(([, content]) => content.trim() !== '')
    .map(([file, content]) => `---\n# Source: ${file}\n${content}\n`)
    .toSorted()
  const printed = `${documents.join('').trim()}\n`
  const patterns = flags.list('show-only')
  if (patterns.length === 0) return printed
  try {
    return selectSources(printed, patterns, profileOf(flags).splitting)
  } catch (error) {
    // That a file is not among them is no news when the render failed.
    if (error instanceof FailureError) return ''
    throw error
  }
}

function profileOf(flags: Flags): HelmProfile {
  return flags.text('profile') === '4.2' ? helmProfiles['4.2'] : helmProfiles['4.3']
}

/** What `--explain` is about may also stand apart from it. */
function joinExplain(args: readonly string[]): readonly string[] {
  const at = args.indexOf('--explain')
  const target = args[at + 1]
  if (at < 0 || target === undefined || !isExplainTarget(target)) return args
  return [...args.slice(0, at), `--explain=${target}`, ...args.slice(at + 2)]
}

/** Refuses names that no release may have. */
function checkName(name: string, log: (line: string) => void): void {
  const isValid = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)
  if (isValid && name.length <= 53) return
  const problem =
    name === ''
      ? 'release name "": no name provided'
      : `release name "${name}": invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53`
  log(`level=ERROR msg="release name check failed" error=${JSON.stringify(problem)}\n`)
  throw chartError(`release name check failed: ${problem}`)
}

interface Writing {
  readonly flags: Flags
  readonly name: string
  readonly io: HelmIo
  readonly explained: { readonly trace: RenderTrace; readonly layers: readonly ValueLayer[] } | undefined
}

function write(release: RenderedRelease, { flags, name, io, explained }: Writing): void {
  const options = {
    includeCrds: flags.boolean('include-crds'),
    noHooks: flags.boolean('no-hooks'),
    skipTests: flags.boolean('skip-tests'),
  }
  const folder = flags.text('output-dir')
  const patterns = flags.list('show-only')
  if (folder !== '') {
    writeFiles(release, { folder, below: flags.boolean('release-name') ? name : '', options, io })
    // What is written to files is not there to be shown any more; helm prints its empty rest.
    const [first] = patterns
    if (first !== undefined) throw chartError(`could not find template ${first} in chart`)
    io.stdout('\n')
    return
  }
  const printed = printRelease(release, options)
  if (explained !== undefined) {
    const { splitting } = profileOf(flags)
    io.stdout(explain({ release, printed, splitting, ...explained }, flags.text('explain')))
    return
  }
  io.stdout(patterns.length === 0 ? printed : selectSources(printed, patterns, helmProfiles['4.3'].splitting))
}

function writeFiles(
  release: RenderedRelease,
  to: {
    readonly folder: string
    /** The folder in it that all but CRDs go to. */
    readonly below: string
    readonly options: { includeCrds: boolean; noHooks: boolean; skipTests: boolean }
    readonly io: HelmIo
  },
): void {
  const { options, io, folder, below } = to
  const hooks = release.hooks.filter(({ events }) => !options.skipTests || !events.includes('test'))
  const crds = options.includeCrds ? release.crds : []
  const written = new Set<string>()
  const write = (root: string, at: string, content: string): void => {
    const target = path.resolve(io.cwd, root, at)
    const text = `---\n# Source: ${at}\n${content}\n`
    mkdirSync(path.dirname(target), { recursive: true })
    if (written.has(target)) appendFileSync(target, text)
    else writeFileSync(target, text)
    written.add(target)
    // Written as helm joins them, `out//web/…` for a folder that ends with a slash.
    io.stdout(`wrote ${root}/${at}\n`)
  }
  for (const crd of crds) write(folder, crd.path, fileText(crd.file))
  const root = below === '' ? folder : path.join(folder, below)
  for (const document of release.manifests) write(root, document.path, document.content)
  // A hook is added to a file that is there already, whoever wrote it.
  for (const hook of options.noHooks ? [] : hooks) {
    const target = path.resolve(io.cwd, root, hook.path)
    if (existsSync(target)) written.add(target)
    write(root, hook.path, hook.content)
  }
}
