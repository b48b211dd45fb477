import { GoFunction, absent, goObject, newGoMap, quoteGo, typed, type GoObject, type GoValue } from '@kedge/gotemplate'

/** What templates learn of the cluster. */
export interface Capabilities {
  /** `v1.37.0`. */
  readonly kubeVersion: string
  /** Group-versions, and group-version/Kind where a cluster told of them. */
  readonly apiVersions: readonly string[]
  readonly helmVersion: string
}

/** A Kubernetes version as Helm takes it from a flag: `1.30`, `v1.30.2`, `1.30.2-eks-x`; undefined when it is none. */
export function parseKubeVersion(text: string): string | undefined {
  const components = componentsOf(text)
  if (components.length < 2 || components.some((one) => componentProblem(one) !== undefined)) return undefined
  return text.startsWith('v') ? text : `v${text}`
}

/** What Kubernetes says of a text that is no version. */
export function kubeVersionComplaint(text: string): string {
  const components = componentsOf(text)
  if (components.length === 0) return `could not parse ${quoteGo(text)} as version`
  if (components.length === 1) return `illegal version string ${quoteGo(text)}`
  const [wrong = ''] = components.filter((one) => componentProblem(one) !== undefined)
  const [what, why] = componentProblem(wrong) ?? ['', '']
  return `illegal ${what} version component ${quoteGo(wrong)} in ${quoteGo(text)}${why}`
}

/** The numbers that a version begins with. */
function componentsOf(text: string): readonly string[] {
  return /^\s*v?(\d+(?:\.\d+)*)/.exec(text)?.[1]?.split('.') ?? []
}

/** What Kubernetes calls a number that it does not take, and what it adds; undefined for one that it takes. */
function componentProblem(digits: string): readonly [what: string, why: string] | undefined {
  if (digits.length > 1 && digits.startsWith('0')) return ['zero-prefixed', '']
  if (BigInt(digits) < 2n ** 64n) return undefined
  return ['non-numeric', `: strconv.ParseUint: parsing ${quoteGo(digits)}: value out of range`]
}

/** Without what a distribution appends: `v1.33.4` of `v1.33.4-gke.1245000`. */
export function normalKubeVersion(version: string): string {
  return /^v?\d+(?:\.\d+)*/.exec(version)?.[0].replace(/^v?/, 'v') ?? version
}

/** `.Capabilities`. */
export function capabilitiesObject(capabilities: Capabilities): GoObject {
  const { kubeVersion: version, apiVersions, helmVersion } = capabilities
  const [, major = '', minor = ''] = /^v?(\d+)\.(\d+)/.exec(version) ?? []
  const normal = normalKubeVersion(version)
  const versionFields = { Version: version, Major: major, Minor: minor }
  const kubeVersion = structOf('common.KubeVersion', versionFields, {
    print: normal,
    methods: { GitVersion: () => version, String: () => normal },
    boxed: structOf(
      'common.KubeVersion',
      { Version: version, normalizedVersion: normal, Major: major, Minor: minor },
      { json: versionFields },
    ),
  })
  const known = new Set(apiVersions)
  const versions: GoObject = {
    [goObject]: {
      type: 'common.VersionSet',
      kind: 'slice',
      underlying: typed([...apiVersions], 'common.VersionSet'),
      method: (name) =>
        name === 'Has'
          ? new GoFunction({ params: ['string'] }, (wanted) => typeof wanted === 'string' && known.has(wanted))
          : undefined,
    },
  }
  const build = structOf(
    'version.BuildInfo',
    { Version: helmVersion, GitCommit: '', GitTreeState: '', GoVersion: 'go1.26.8', KubeClientVersion: 'v1.37' },
    { json: { version: helmVersion, go_version: 'go1.26.8', kube_client_version: 'v1.37' } },
  )
  return structOf('*common.Capabilities', { KubeVersion: kubeVersion, APIVersions: versions, HelmVersion: build }, {})
}

/** A struct with fields and methods that take nothing. */
export function structOf(
  type: string,
  fields: Readonly<Record<string, GoValue>>,
  more: {
    readonly print?: string
    readonly methods?: Readonly<Record<string, () => GoValue>>
    readonly boxed?: GoObject
    readonly json?: Readonly<Record<string, string>>
  },
): GoObject {
  const { print, methods = {}, boxed, json } = more
  return {
    [goObject]: {
      type,
      kind: type.startsWith('*') ? 'ptr' : 'struct',
      fields: newGoMap(Object.entries(fields)),
      field: (name) => (Object.hasOwn(fields, name) ? (fields[name] ?? null) : absent),
      method: (name) => {
        const method = methods[name]
        return method === undefined ? undefined : new GoFunction({ params: [] }, method)
      },
      ...(print === undefined ? {} : { print: () => print }),
      ...(boxed === undefined ? {} : { boxed }),
      ...(json === undefined ? {} : { json: newGoMap(Object.entries(json)) }),
    },
  }
}
