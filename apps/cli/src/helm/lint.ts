import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { templateHost } from '@kedge/cryptography'
import {
  chartError,
  defaultApiVersions,
  kubeVersionComplaint,
  lintChart,
  parseKubeVersion,
  type LintMessage,
  type LintRequest,
  type SchemaSource,
} from '@kedge/helm'
import type { Io } from '../io.ts'
import { parseHelmFlags } from './global-flags.ts'
import { logLine, warnOn, type HelmIo } from './helm-io.ts'
import { loadLintedChart } from './load-chart.ts'
import { namespaceOf } from './namespace.ts'
import type { Flags, FlagSpec } from './parse-flags.ts'
import { withRemoteSchemas } from './remote-schemas.ts'
import { valueFlags, valuesOfFlags } from './value-flags.ts'

const lintFlags: Readonly<Record<string, FlagSpec>> = {
  ...valueFlags,
  'kube-version': { kind: 'text' },
  quiet: { kind: 'boolean' },
  'skip-schema-validation': { kind: 'boolean' },
  strict: { kind: 'boolean' },
  'with-subcharts': { kind: 'boolean' },
}

/** `helm lint PATH …`: says what is wrong with charts; fails when one has errors. */
export async function lintCommand(args: readonly string[], io: Io): Promise<number> {
  const flags = parseHelmFlags(args, lintFlags, io)
  if (flags.boolean('help')) {
    io.stdout('Usage: kedge helm lint PATH … [flags]\n\nSays what is wrong with charts, as helm lint does.\n')
    return 0
  }
  if (flags.positionals.length === 0)
    throw chartError('"helm lint" requires at least 1 argument\n\nUsage:  helm lint PATH [flags]')
  checkKubeVersion(flags.text('kube-version'))
  const subcharts = flags.boolean('with-subcharts') ? flags.positionals.flatMap((one) => subchartsIn(one, io.cwd)) : []
  const paths = [...flags.positionals, ...subcharts]
  const values = await valuesOfFlags(flags, io.cwd)
  const namespace = namespaceOf(flags, io)
  let failed = 0
  let noticed = 0
  for (const name of paths) {
    const linted = await withRemoteSchemas(io.stderr, (schemas, stderr) =>
      lintOne(name, { flags, namespace, values, io: { ...io, stderr }, schemas }),
    )
    const bad = linted.messages.filter(({ severity }) => severity !== 'INFO')
    const isNoticed = bad.length > 0 || linted.error !== ''
    if (isNoticed) noticed += 1
    if (linted.error !== '' || bad.some(({ severity }) => severity === 'ERROR' || flags.boolean('strict'))) failed += 1
    if (isNoticed || !flags.boolean('quiet')) io.stdout(report(name, linted, flags.boolean('quiet')))
  }
  const summary = `${paths.length} chart(s) linted, ${failed} chart(s) failed`
  if (failed > 0) throw chartError(summary)
  if (!flags.boolean('quiet') || noticed > 0) io.stdout(`${summary}\n`)
  return 0
}

function report(name: string, { messages, error }: Linted, isQuiet: boolean): string {
  const shown = messages.filter(({ severity }) => !isQuiet || severity !== 'INFO')
  const lines = shown.map(({ severity, path: at, text }) => `[${severity}] ${at}: ${text}\n`)
  return `==> Linting ${name}\n${error === '' ? '' : `Error ${error}\n`}${lines.join('')}\n`
}

function checkKubeVersion(given: string): void {
  if (given !== '' && parseKubeVersion(given) === undefined)
    throw chartError(`invalid kube version '${given}': ${kubeVersionComplaint(given)}`)
}

/** Charts and archives below the charts/ folder of a chart, as they are named from where the command runs. */
function subchartsIn(name: string, cwd: string): readonly string[] {
  const walk = (folder: string): readonly string[] =>
    readdirSync(path.resolve(cwd, folder), { withFileTypes: true })
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const at = path.join(folder, entry.name)
        if (entry.isDirectory()) return walk(at)
        if (entry.name === 'Chart.yaml') return [folder]
        return /\.(?:tgz|tar\.gz)$/.test(entry.name) ? [at] : []
      })
  const charts = path.join(name, 'charts')
  return existsSync(path.resolve(cwd, charts)) ? walk(charts) : []
}

interface Linted {
  readonly messages: readonly LintMessage[]
  /** Why it could not be linted at all. */
  readonly error: string
}

/** How a folder is read that may hold no chart. */
function folderOf(at: string): Required<Pick<LintRequest, 'read' | 'hasFolder'>> {
  return {
    read: (file) => (existsSync(path.join(at, file)) ? readFileSync(path.join(at, file), 'utf8') : undefined),
    hasFolder: (folder) => existsSync(path.join(at, folder)),
  }
}

/** Why an archive cannot be unpacked; empty when it can. */
function archiveProblem(name: string, at: string): string {
  const stats = statSync(at, { throwIfNoEntry: false })
  if (stats === undefined) return `unable to open tarball: open ${name}: no such file or directory`
  if (stats.isDirectory()) return `unable to extract tarball: read ${name}: is a directory`
  const bytes = readFileSync(at)
  if (bytes.length < gzipHeaderBytes)
    return `unable to extract tarball: ${bytes.length === 0 ? 'EOF' : 'unexpected EOF'}`
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? '' : 'unable to extract tarball: gzip: invalid header'
}

const gzipHeaderBytes = 10

function folderProblem(name: string, at: string): string {
  if (existsSync(path.join(at, 'Chart.yaml'))) return ''
  const isFile = statSync(at, { throwIfNoEntry: false })?.isFile() === true
  const why = isFile ? 'not a directory' : 'no such file or directory'
  return `unable to check Chart.yaml file in chart: stat ${path.join(name, 'Chart.yaml')}: ${why}`
}

function lintOne(
  name: string,
  on: {
    readonly flags: Flags
    readonly namespace: string
    readonly values: Readonly<Record<string, unknown>>
    readonly io: HelmIo
    readonly schemas: SchemaSource
  },
): Linted {
  const { flags, namespace, values, io, schemas } = on
  const at = path.resolve(io.cwd, name)
  const isArchive = /\.(?:tgz|tar\.gz)$/.test(name)
  const error = isArchive ? archiveProblem(name, at) : folderProblem(name, at)
  if (error !== '') return { messages: [], error }
  const given = flags.text('kube-version')
  const kubeVersion = given === '' ? 'v1.37.0' : (parseKubeVersion(given) ?? given)
  let told = ''
  const messages = lintChart(
    {
      load: () => loadLintedChart(name, io.cwd, (message, about) => (told += logLine('INFO', message, about))),
      onLoad: () => io.stderr(told),
      folder: at,
      ...(isArchive ? {} : folderOf(at)),
      values,
      namespace,
      capabilities: { kubeVersion, apiVersions: defaultApiVersions, helmVersion: 'v4.3' },
    },
    { host: templateHost(), skipSchemaValidation: flags.boolean('skip-schema-validation'), schemas, warn: warnOn(io) },
  )
  return { messages, error: '' }
}
