import { compareBytewise } from '@kedge/gotemplate'
import { coalesceValues, dependencyFields, plainJson, restoreChart, type GoJson, type StoredRelease } from '@kedge/helm'
import { printYaml } from '@kedge/yaml'
import { helmPaint } from '../helm/colours.ts'
import { commandOf } from '../helm/command-line.ts'
import { outputFlags, printOutput, runCommand, runGroup, wholeFlag } from '../helm/command.ts'
import { printAnsiTime, printPlainTime } from '../helm/go-time.ts'
import type { FlagSpec, Flags } from '../helm/parse-flags.ts'
import { printReleaseTemplate } from '../helm/release-view.ts'
import { openReleaseStore, recordHost, textField, type LabelledRelease } from '../helm/release-store.ts'
import type { Io } from '../io.ts'

type Print = (found: LabelledRelease, flags: Flags, io: Io) => void

interface Part {
  readonly flags: Readonly<Record<string, FlagSpec>>
  readonly print: Print
}

const parts: Readonly<Record<string, Part>> = {
  all: { flags: { template: { kind: 'text' } }, print: printAll },
  hooks: { flags: {}, print: ({ release }, _, io) => io.stdout(hooksText(release)) },
  manifest: { flags: {}, print: ({ release }, _, io) => io.stdout(`${release.manifest}\n`) },
  metadata: { flags: outputFlags, print: printMetadata },
  notes: { flags: {}, print: printNotes },
  values: { flags: { ...outputFlags, all: { kind: 'boolean', short: 'a' } }, print: printValues },
}

/** `kedge helm get all|hooks|manifest|metadata|notes|values`, as helm prints them. The answer is the exit code. */
export async function helmGetCommand(args: readonly string[], io: Io): Promise<number> {
  const { name, rest } = commandOf(args)
  const part = Object.hasOwn(parts, name) ? parts[name] : undefined
  if (part === undefined)
    return runGroup(`Usage:  helm get ${Object.keys(parts).join('|')} RELEASE_NAME [flags]\n`, { args: rest, io })
  const spec = {
    name: `helm get ${name}`,
    argument: 'RELEASE_NAME',
    flags: { ...part.flags, revision: { kind: 'text', value: 'integer' } as const },
  }
  return runCommand(spec, { args: rest, io }, async (flags) => {
    await using store = await openReleaseStore(flags, io)
    const found = await store.revision(flags.positionals[0] ?? '', wholeFlag(flags, 'revision', 0))
    part.print(found, flags, io)
  })
}

function hooksText({ hooks }: StoredRelease): string {
  return hooks.map(({ path, manifest }) => `---\n# Source: ${path}\n${manifest}\n`).join('')
}

function printNotes({ release }: LabelledRelease, _: Flags, io: Io): void {
  if (release.info.notes !== '') io.stdout(`NOTES:\n${release.info.notes}\n`)
}

function printValues({ release }: LabelledRelease, flags: Flags, io: Io): void {
  const isComputed = flags.boolean('all')
  const json = isComputed ? computedValues(release) : ((release.config ?? null) as GoJson)
  const title = isComputed ? 'COMPUTED VALUES' : 'USER-SUPPLIED VALUES'
  printOutput(flags, io, { json, table: () => `${title}:\n${printYaml(plainJson(json))}` })
}

function computedValues(release: StoredRelease): GoJson {
  const chart = restoreChart(release.chart, recordHost.decodeBase64)
  return coalesceValues(chart, release.config ?? {}) as GoJson
}

function printAll(found: LabelledRelease, flags: Flags, io: Io): void {
  const template = flags.text('template')
  if (template !== '') {
    io.stdout(printReleaseTemplate(found, template))
    return
  }
  const { release } = found
  const { info } = release
  const paint = helmPaint(flags, io)
  const metadata = release.chart?.metadata
  const deployed = info.lastDeployed === '' ? '' : `LAST DEPLOYED: ${printAnsiTime(info.lastDeployed)}\n`
  io.stdout(
    [
      `NAME: ${release.name}\n${deployed}`,
      `NAMESPACE: ${paint('cyan', release.namespace)}\nSTATUS: ${paint('status', info.status)}\n`,
      `REVISION: ${release.version}\nCHART: ${textField(metadata, 'name')}\n`,
      `VERSION: ${textField(metadata, 'version')}\nAPP_VERSION: ${textField(metadata, 'appVersion')}\n`,
      `DESCRIPTION: ${info.description}\n${testsText(release)}`,
      `USER-SUPPLIED VALUES:\n${printYaml(release.config ?? null)}\n`,
      `COMPUTED VALUES:\n${printYaml(plainJson(computedValues(release)))}\n`,
      `HOOKS:\n${hooksText(release)}MANIFEST:\n${release.manifest}\n`,
      info.notes === '' ? '' : `NOTES:\n${info.notes.trim()}\n`,
    ].join(''),
  )
}

function testsText({ hooks }: StoredRelease): string {
  const tests = hooks.filter(({ events }) => events.includes('test'))
  if (tests.length === 0) return 'TEST SUITE: None\n'
  return tests
    .filter(({ lastRun }) => lastRun.startedAt !== '')
    .map(
      ({ name, lastRun }) =>
        `TEST SUITE:     ${name}\nLast Started:   ${printAnsiTime(lastRun.startedAt)}\nLast Completed: ${printAnsiTime(lastRun.completedAt)}\nPhase:          ${lastRun.phase}\n`,
    )
    .join('')
}

function printMetadata({ release, labels }: LabelledRelease, flags: Flags, io: Io): void {
  const metadata = release.chart?.metadata ?? {}
  const annotations = textMap(metadata['annotations'])
  const dependencies = dependenciesOf(metadata['dependencies'])
  const deployedAt = printPlainTime(release.info.lastDeployed)
  const json = new Map<string, GoJson>([
    ['name', release.name],
    ['chart', textField(metadata, 'name')],
    ['version', textField(metadata, 'version')],
    ['appVersion', textField(metadata, 'appVersion')],
    ...(Object.keys(annotations).length === 0 ? [] : [['annotations', annotations] as const]),
    ...(Object.keys(labels).length === 0 ? [] : [['labels', labels] as const]),
    ...(dependencies.length === 0 ? [] : [['dependencies', dependencies.map(dependencyJson)] as const]),
    ['namespace', release.namespace],
    ['revision', release.version],
    ['status', release.info.status],
    ['deployedAt', deployedAt],
    ...(release.applyMethod === '' ? [] : [['applyMethod', release.applyMethod] as const]),
  ])
  const names = dependencies.map((one) => textField(one, 'name')).toSorted(compareBytewise)
  printOutput(flags, io, {
    json,
    table: () =>
      [
        `NAME: ${release.name}`,
        `CHART: ${textField(metadata, 'name')}`,
        `VERSION: ${textField(metadata, 'version')}`,
        `APP_VERSION: ${textField(metadata, 'appVersion')}`,
        `ANNOTATIONS: ${labelText(annotations)}`,
        `LABELS: ${labelText(labels)}`,
        `DEPENDENCIES: ${names.join(',')}`,
        `NAMESPACE: ${release.namespace}`,
        `REVISION: ${release.version}`,
        `STATUS: ${release.info.status}`,
        `DEPLOYED_AT: ${deployedAt}`,
        `APPLY_METHOD: ${applyMethodText(release.applyMethod)}`,
        '',
      ].join('\n'),
  })
}

function textMap(value: unknown): Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, string>>) : {}
}

function dependenciesOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? (value as readonly Readonly<Record<string, unknown>>[]) : []
}

/** A dependency in the order of Helm's own fields. */
function dependencyJson(dependency: Readonly<Record<string, unknown>>): GoJson {
  return new Map(
    dependencyFields.flatMap((field) =>
      Object.hasOwn(dependency, field) ? [[field, dependency[field] as GoJson]] : [],
    ),
  )
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted(compareBytewise)
    .join(',')
}

function applyMethodText(method: string): string {
  if (method === '') return 'client-side apply (defaulted)'
  if (method === 'csa') return 'client-side apply'
  return method === 'ssa' ? 'server-side apply' : `unknown (${JSON.stringify(method)})`
}
