import {
  FunctionError,
  GoFunction,
  TemplateError,
  TemplateSet,
  absent,
  goObject,
  int,
  int64,
  type GoMap,
  type GoObject,
  type GoValue,
} from '@kedge/gotemplate'
import type { StoredRelease } from '@kedge/helm'
import { helmFailure } from './command.ts'
import { printTime, secondsOf } from './go-time.ts'
import { textField, type LabelledRelease } from './release-store.ts'

/** A release through a Go template, by the names that Go's structs have: `{{.Release.Info.Status}}`. Throws FailureError. */
export function printReleaseTemplate({ release, labels }: LabelledRelease, template: string): string {
  try {
    const set = new TemplateSet({ functions: {}, missingKey: 'default' })
    set.add('_', template)
    return set.execute('_', { Release: releaseView(release, labels) })
  } catch (error) {
    if (error instanceof TemplateError || error instanceof FunctionError) throw helmFailure(error.message)
    throw error
  }
}

function releaseView(release: StoredRelease, labels: Readonly<Record<string, string>>): GoObject {
  const { info, chart } = release
  return struct('*v1.Release', {
    Name: release.name,
    Namespace: release.namespace,
    Version: int(release.version),
    Manifest: release.manifest,
    ApplyMethod: release.applyMethod,
    Config: (release.config ?? {}) as GoValue,
    Labels: { ...labels },
    Info: struct('*v1.Info', {
      FirstDeployed: timeView(info.firstDeployed),
      LastDeployed: timeView(info.lastDeployed),
      Deleted: timeView(info.deleted),
      Description: info.description,
      Status: info.status,
      RollbackRevision: int(info.rollbackRevision),
      Notes: info.notes,
      // Only a status reads them; in a record there are none.
      Resources: {},
    }),
    Chart: chartView(chart),
    Hooks: release.hooks.map((hook) =>
      struct('*v1.Hook', {
        Name: hook.name,
        Kind: hook.kind,
        Path: hook.path,
        Manifest: hook.manifest,
        Events: [...hook.events],
        Weight: int(hook.weight),
        DeletePolicies: [...hook.deletePolicies],
        OutputLogPolicies: [...hook.outputLogPolicies],
        LastRun: struct('v1.HookExecution', {
          StartedAt: timeView(hook.lastRun.startedAt),
          CompletedAt: timeView(hook.lastRun.completedAt),
          Phase: hook.lastRun.phase,
        }),
      }),
    ),
  })
}

function chartView(chart: StoredRelease['chart']): GoObject {
  const metadata = chart?.metadata ?? {}
  const filesView = (files: readonly { readonly name: string }[] | undefined): GoValue =>
    (files ?? []).map(({ name }) => struct('*common.File', { Name: name }))
  return struct(
    '*v2.Chart',
    {
      Metadata: struct('*v2.Metadata', metadataView(metadata)),
      Values: (chart?.values ?? {}) as GoValue,
      Templates: filesView(chart?.templates),
      Files: filesView(chart?.files),
    },
    {
      Name: () => textField(metadata, 'name'),
      AppVersion: () => textField(metadata, 'appVersion'),
    },
  )
}

type Methods = Readonly<Record<string, () => GoValue>>

function methodOf(methods: Methods, name: string): GoFunction | undefined {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  return method === undefined ? undefined : new GoFunction({ params: [] }, method)
}

/** A struct has these fields and no others: what is misspelt fails. */
function struct(type: string, fields: GoMap, methods: Methods = {}): GoObject {
  return {
    [goObject]: {
      type,
      kind: 'ptr',
      fields,
      method: (name) => methodOf(methods, name),
      field: (name) => (Object.hasOwn(fields, name) ? (fields[name] ?? null) : absent),
    },
  }
}

/** A moment prints as Go prints it, and tells its seconds. */
function timeView(text: string): GoObject {
  const methods: Methods = {
    IsZero: () => text === '',
    String: () => printTime(text),
    Unix: () => int64(BigInt(secondsOf(text))),
  }
  return {
    [goObject]: {
      type: 'time.Time',
      kind: 'struct',
      field: () => absent,
      method: (name) => methodOf(methods, name),
      print: () => printTime(text),
    },
  }
}

/** The text fields of Chart.yaml, which are empty in Go where they are missing. */
const metadataTexts = [
  'name',
  'version',
  'appVersion',
  'description',
  'home',
  'icon',
  'type',
  'kubeVersion',
  'apiVersion',
  'condition',
  'tags',
]

/** Those that are lists or maps. */
const metadataOthers = ['annotations', 'dependencies', 'keywords', 'maintainers', 'sources']

function metadataView(metadata: Readonly<Record<string, unknown>>): GoMap {
  const texts = metadataTexts.map((name) => [goName(name), textField(metadata, name)] as const)
  const others = metadataOthers.map((name) => [goName(name), otherView(name, metadata[name])] as const)
  return Object.fromEntries([...texts, ...others, ['Deprecated', metadata['deprecated'] === true] as const])
}

function otherView(name: string, value: unknown): GoValue {
  if (name === 'annotations') return (value ?? {}) as GoValue
  const list = Array.isArray(value) ? (value as readonly GoValue[]) : []
  return list.map((one) => (typeof one === 'string' ? one : entryView(name, one as GoMap)))
}

/** What the entries of a list have in Go; an address is `URL` there. */
const entryFields: Readonly<Record<string, readonly string[]>> = {
  dependencies: ['name', 'version', 'repository', 'condition', 'alias'],
  maintainers: ['name', 'email', 'url'],
}

function entryView(name: string, entry: GoMap): GoObject {
  const texts = (entryFields[name] ?? []).map((field) => [goName(field), textField(entry, field)] as const)
  const others = Object.entries(entry)
    .filter(([field]) => !(entryFields[name] ?? []).includes(field))
    .map(([field, value]) => [goName(field), value] as const)
  return struct(name === 'maintainers' ? '*v2.Maintainer' : '*v2.Dependency', Object.fromEntries([...others, ...texts]))
}

function goName(name: string): string {
  if (name === 'apiVersion') return 'APIVersion'
  if (name === 'url') return 'URL'
  if (name === 'import-values') return 'ImportValues'
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`
}
