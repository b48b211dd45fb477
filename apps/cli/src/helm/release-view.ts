import { FunctionError, TemplateError, TemplateSet, int, type GoValue } from '@kedge/gotemplate'
import type { StoredRelease } from '@kedge/helm'
import { helmFailure } from './command.ts'
import { textField } from './release-store.ts'

/** A release through a Go template, by the names that Go's structs have: `{{.Release.Info.Status}}`. Throws FailureError. */
export function printReleaseTemplate(release: StoredRelease, template: string): string {
  const { info, chart } = release
  const view = {
    Name: release.name,
    Namespace: release.namespace,
    Version: int(release.version),
    Manifest: release.manifest,
    ApplyMethod: release.applyMethod,
    Config: (release.config ?? {}) as GoValue,
    Labels: { ...release.labels },
    Info: {
      FirstDeployed: info.firstDeployed,
      LastDeployed: info.lastDeployed,
      Deleted: info.deleted,
      Description: info.description,
      Status: info.status,
      RollbackRevision: int(info.rollbackRevision),
      Notes: info.notes,
    },
    Chart: {
      Metadata: metadataView(chart?.metadata ?? {}),
      Values: (chart?.values ?? {}) as GoValue,
    },
    Hooks: release.hooks.map((hook) => ({
      Name: hook.name,
      Kind: hook.kind,
      Path: hook.path,
      Manifest: hook.manifest,
      Events: [...hook.events],
      Weight: int(hook.weight),
    })),
  }
  try {
    const set = new TemplateSet({ functions: {}, missingKey: 'default' })
    set.add('_', template)
    return set.execute('_', { Release: view })
  } catch (error) {
    if (error instanceof TemplateError || error instanceof FunctionError) throw helmFailure(error.message)
    throw error
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
]

function metadataView(metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, GoValue>> {
  const texts = metadataTexts.map((name) => [goName(name), textField(metadata, name)] as const)
  const others = Object.entries(metadata).filter(([name]) => !metadataTexts.includes(name))
  return Object.fromEntries([...texts, ...others.map(([name, value]) => [goName(name), value as GoValue] as const)])
}

function goName(name: string): string {
  return name === 'apiVersion' ? 'APIVersion' : `${name.charAt(0).toUpperCase()}${name.slice(1)}`
}
