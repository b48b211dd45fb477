import { mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { FailureError, describeFailure, describeOrigin, type Failure, type Origin } from '@kedge/base'
import {
  build,
  explain,
  parseRepository,
  type BuildOptions,
  type BuildResult,
  type Explanation,
  type RemoteLoader,
  type Repository,
  withRemotes,
} from '@kedge/kustomize'
import type { FileTree } from '@kedge/tree'
import { DiskTree } from '../disk-tree.ts'

/** Where a command writes, and the folder it runs in. */
export interface CommandIo {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly cwd: string
  readonly env?: Readonly<Record<string, string | undefined>>
}

const usage = `Usage: kedge kustomize build [DIR] [flags]

Builds the kustomization in DIR (default: the current folder) and prints the objects, as kustomize build does. DIR may be
the address of a Git repository: https://github.com/org/repo//folder?ref=v1.

  --allow-remote PREFIX         fetch remote bases, files and charts below this address only, such as github.com/org;
                                may be given more than once
  --enable-helm                 allow helmCharts
  --enable-managedby-label      add the label app.kubernetes.io/managed-by
  --explain FIELD               say which file and line set a field of each object
  --load-restrictor NAME        LoadRestrictionsRootOnly (default) or LoadRestrictionsNone
  -o, --output PATH             write to a file, or one file for each object to a folder
  --no-remote-bases             fetch nothing: refuse remote bases, files and charts
  --reorder NAME                legacy (default) or none
`

const flags = {
  'allow-remote': { type: 'string', multiple: true },
  'as-current-user': { type: 'boolean' },
  'enable-alpha-plugins': { type: 'boolean' },
  'enable-exec': { type: 'boolean' },
  'enable-helm': { type: 'boolean' },
  'enable-managedby-label': { type: 'boolean' },
  env: { type: 'string', multiple: true, short: 'e' },
  explain: { type: 'string' },
  'helm-api-versions': { type: 'string', multiple: true },
  'helm-command': { type: 'string' },
  'helm-debug': { type: 'boolean' },
  'helm-kube-version': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  'load-restrictor': { type: 'string' },
  mount: { type: 'string', multiple: true },
  network: { type: 'boolean' },
  'network-name': { type: 'string' },
  'no-remote-bases': { type: 'boolean' },
  output: { type: 'string', short: 'o' },
  reorder: { type: 'string' },
  'stack-trace': { type: 'boolean' },
} as const

/** Flags of kustomize that are about running programs. */
const programFlags = [
  'as-current-user',
  'enable-alpha-plugins',
  'enable-exec',
  'env',
  'mount',
  'network',
  'network-name',
] as const

function parse(
  args: readonly string[],
): ReturnType<typeof parseArgs<{ options: typeof flags; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true })
  } catch (error) {
    throw usageFailure(error instanceof Error ? error.message : String(error))
  }
}

function usageFailure(message: string): FailureError {
  return new FailureError({ code: 'FlagInvalid', message, fix: 'see kedge kustomize build --help' })
}

/** Runs `kedge kustomize`; the answer is the exit code. */
export async function kustomizeCommand(args: readonly string[], io: CommandIo): Promise<number> {
  try {
    return await run(args, io)
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    io.stderr(`Error: ${describeRelative(error.failure, io.cwd)}\n`)
    return 1
  }
}

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parse(args)
  const [verb, folder = '.', ...rest] = positionals
  if (values.help === true || verb === undefined) {
    io.stdout(usage)
    return 0
  }
  if (verb !== 'build') throw usageFailure(`unknown command "${verb}" for "kedge kustomize"`)
  if (rest.length > 0) throw usageFailure('specify one path to kustomization.yaml')
  for (const name of programFlags) {
    if (values[name] === undefined) continue
    throw usageFailure(`--${name} is about running functions and plugins, which Kedge never does`)
  }
  if (values.reorder !== undefined) {
    io.stderr("Flag --reorder has been deprecated, use the new 'sortOptions' field in kustomization.yaml instead.\n")
  }
  const options = { ...optionsOf(values), ...(await chartsOf(values, io)) }
  const access = { isOff: values['no-remote-bases'] ?? false, allowed: values['allow-remote'] ?? 'any' } as const
  if (values.explain !== undefined) {
    const { explain: field } = values
    const explained = await runBuild(access, io, (remote) => {
      const { tree, path: top, ...found } = placeOf(folder, io.cwd, remote)
      return explain(tree, top, { ...options, ...found, field })
    })
    for (const explanation of explained) io.stdout(describeExplanation(explanation, io.cwd))
    return 0
  }
  const result = await runBuild(access, io, (remote) => {
    const { tree, path: top, ...found } = placeOf(folder, io.cwd, remote)
    return build(tree, top, { ...options, ...found })
  })
  for (const warning of result.warnings) io.stderr(`${warning}\n`)
  write(result, values.output, io)
  return 0
}

interface Access {
  /** Whether nothing may be fetched. */
  readonly isOff: boolean
  /** Prefixes of what may be. */
  readonly allowed: readonly string[] | 'any'
}

/** Runs a build; what fetches is only loaded once something is to be fetched. */
async function runBuild<T extends object>(
  { isOff, allowed }: Access,
  io: CommandIo,
  attempt: (remote: RemoteLoader | undefined) => T,
): Promise<T> {
  if (isOff) return attempt(undefined)
  const steps = withRemotes(attempt)
  const first = steps.next()
  if (first.done === true) return first.value
  const { finishWithRemotes } = await import('../kustomize/fetch-remotes.ts')
  return finishWithRemotes(steps, first.value, { allowed, env: io.env ?? {} })
}

function optionsOf(values: {
  reorder?: string
  'load-restrictor'?: string
  'enable-managedby-label'?: boolean
}): BuildOptions {
  const { reorder = 'legacy', 'load-restrictor': restrictor = 'LoadRestrictionsRootOnly' } = values
  if (reorder !== 'legacy' && reorder !== 'none')
    throw usageFailure(`illegal flag value --reorder ${reorder}; legal values: legacy, none`)
  if (restrictor !== 'LoadRestrictionsRootOnly' && restrictor !== 'LoadRestrictionsNone') {
    throw usageFailure(
      `illegal flag value --load-restrictor ${restrictor}; legal values: LoadRestrictionsRootOnly, LoadRestrictionsNone`,
    )
  }
  return {
    order: reorder,
    loadRestriction: restrictor === 'LoadRestrictionsNone' ? 'none' : 'root-only',
    managedByLabel: values['enable-managedby-label'] ?? false,
  }
}

/** Charts are rendered only where the command line allows it. */
async function chartsOf(
  values: { 'enable-helm'?: boolean; 'helm-kube-version'?: string; 'helm-api-versions'?: string[] },
  io: CommandIo,
): Promise<Pick<BuildOptions, 'charts'>> {
  if (values['enable-helm'] !== true) return {}
  const { chartRenderer } = await import('../helm/chart-renderer.ts')
  const flags = { kubeVersion: values['helm-kube-version'], apiVersions: values['helm-api-versions'] }
  return { charts: chartRenderer(flags, (message) => io.stderr(`${message}\n`)) }
}

interface Place {
  readonly tree: FileTree
  readonly path: string
  readonly remote: RemoteLoader | undefined
  /** The repository that the tree was fetched from, when it was. */
  readonly repository?: Repository
}

/** The tree is a fetched repository, or the whole file system, for a base may lie anywhere in it. */
function placeOf(folder: string, cwd: string, remote: RemoteLoader | undefined): Place {
  const repository = remote === undefined ? undefined : parseRepository(folder)
  if (repository === undefined || remote === undefined) return { ...placeOnDisk(path.resolve(cwd, folder)), remote }
  return { tree: remote.repository(repository), path: repository.path, remote, repository }
}

function placeOnDisk(folder: string): { readonly tree: FileTree; readonly path: string } {
  const stats = statSync(folder, { throwIfNoEntry: false })
  if (stats?.isDirectory() !== true) {
    throw new FailureError({ code: 'FolderNotFound', message: `must build at directory: '${folder}' is no directory` })
  }
  const real = realpathSync(folder)
  const { root } = path.parse(real)
  return { tree: new DiskTree(root), path: path.relative(root, real).split(path.sep).join('/') }
}

/** Paths of the tree as they look from the folder that the command runs in; addresses stay. */
function relativeTo(cwd: string, origin: Origin): Origin {
  if (isRemote(origin.file)) return origin
  const real = realpathSync(cwd)
  return { ...origin, file: path.relative(real, path.resolve(path.parse(real).root, origin.file)) }
}

/** Paths of the tree begin at the root of the file system without its slash; in messages they get it back. */
function withLeadingSlash(message: string, cwd: string): string {
  const [, first = ''] = realpathSync(cwd).split(path.sep)
  if (first === '') return message
  return message.replaceAll(`'${first}/`, `'/${first}/`).replaceAll(` ${first}/`, ` /${first}/`)
}

function isRemote(file: string): boolean {
  return file.includes('://') || file.includes('@')
}

function describeRelative(failure: Failure, cwd: string): string {
  const { origin } = failure
  const message = withLeadingSlash(failure.message, cwd)
  return describeFailure(
    origin === undefined ? { ...failure, message } : { ...failure, message, origin: relativeTo(cwd, origin) },
  )
}

function describeExplanation({ object, settings }: Explanation, cwd: string): string {
  const lines = settings.map(({ by, origin, value }) => {
    const text = value === undefined ? '(removed)' : value.replaceAll('\n', '\n      ')
    return `  ${describeOrigin(relativeTo(cwd, origin))} (${by})\n      ${text}\n`
  })
  return `${object}\n${lines.join('')}`
}

function write(result: BuildResult, output: string | undefined, io: CommandIo): void {
  if (output === undefined) return io.stdout(result.toYaml())
  const target = path.resolve(io.cwd, output)
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory() !== true) return writeFileSync(target, result.toYaml())
  mkdirSync(target, { recursive: true })
  for (const [index, text] of result
    .toYaml()
    .split(/^---\n/m)
    .entries()) {
    const resource = result.resources[index]
    if (resource === undefined) continue
    const { group, version, kind, name } = resource.id
    const file = [group, version, kind].filter((part) => part !== '').join('_')
    writeFileSync(path.join(target, `${file}_${name}.yaml`.toLowerCase()), text)
  }
}
