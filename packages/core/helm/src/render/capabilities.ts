import { GoFunction, absent, goObject, typed, type GoObject, type GoValue } from '@kedge/gotemplate'

/** What templates learn of the cluster. */
export interface Capabilities {
  /** `v1.37.0`. */
  readonly kubeVersion: string
  /** Group-versions, and group-version/Kind where a cluster told of them. */
  readonly apiVersions: readonly string[]
  readonly helmVersion: string
}

/** `.Capabilities`. */
export function capabilitiesObject(capabilities: Capabilities): GoObject {
  const [, major = '', minor = ''] = /^v?(\d+)\.(\d+)/.exec(capabilities.kubeVersion) ?? []
  const normalised = capabilities.kubeVersion.replace(/^v?([^-+]*).*$/, 'v$1')
  const kubeVersion: GoObject = structOf(
    'common.KubeVersion',
    { Version: capabilities.kubeVersion, Major: major, Minor: minor },
    {
      print: normalised,
      methods: { GitVersion: () => capabilities.kubeVersion, String: () => normalised },
    },
  )
  const versions = typed([...capabilities.apiVersions], 'common.VersionSet')
  const apiVersions: GoObject = {
    [goObject]: {
      type: 'common.VersionSet',
      kind: 'slice',
      underlying: versions,
      method: (name) =>
        name === 'Has'
          ? new GoFunction({ params: ['string'] }, ([version]) => capabilities.apiVersions.includes(version as string))
          : undefined,
    },
  }
  const helmVersion = structOf(
    'version.BuildInfo',
    { Version: capabilities.helmVersion, GitCommit: '', GitTreeState: '', GoVersion: 'go1.26.8' },
    {},
  )
  return structOf(
    '*common.Capabilities',
    { KubeVersion: kubeVersion, APIVersions: apiVersions, HelmVersion: helmVersion },
    {},
  )
}

/** A struct with fields and methods that take nothing. */
export function structOf(
  type: string,
  fields: Readonly<Record<string, GoValue>>,
  more: { readonly print?: string; readonly methods?: Readonly<Record<string, () => GoValue>> },
): GoObject {
  const { print, methods = {} } = more
  return {
    [goObject]: {
      type,
      kind: type.startsWith('*') ? 'ptr' : 'struct',
      field: (name) => (Object.hasOwn(fields, name) ? (fields[name] ?? null) : absent),
      method: (name) => {
        const method = methods[name]
        return method === undefined ? undefined : new GoFunction({ params: [] }, method)
      },
      ...(print === undefined ? {} : { print: () => print }),
    },
  }
}
