import { fail, ok, type Failure, type Result } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { durationField, requiredDuration } from '../spec/duration.ts'
import { readSpec, type FieldReader } from '../spec/field-reader.ts'
import { readVerifyProvider } from './helm-chart-spec.ts'
import { readProvider, type RegistryProvider } from './helm-repository-spec.ts'

/** An OCIRepository's spec with its defaults filled in. Durations are in milliseconds. */
export interface OciRepositorySpec {
  readonly url: string
  readonly ref: OciRef
  readonly layer: LayerSelector
  /** The selector as the spec has it, for `status.observedLayerSelector`. */
  readonly layerSelector: Readonly<Record<string, string>> | undefined
  readonly provider: RegistryProvider
  readonly secretName: string | undefined
  readonly serviceAccountName: string | undefined
  readonly certSecretName: string | undefined
  readonly proxySecretName: string | undefined
  readonly insecure: boolean
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly ignore: string | undefined
  readonly suspend: boolean
  readonly verifyProvider: 'cosign' | 'notation' | undefined
}

/** What is pulled. */
export type OciRef =
  | { readonly kind: 'digest'; readonly digest: string }
  | { readonly kind: 'semver'; readonly range: string; readonly filter: string }
  | { readonly kind: 'tag'; readonly tag: string }

/** Which layer is taken, and whether it is unpacked. */
export interface LayerSelector {
  /** Empty for the first layer. */
  readonly mediaType: string
  readonly operation: 'extract' | 'copy'
}

/** Reads an OCIRepository of any served version. */
export function readOciRepository(object: KubeObject): Result<OciRepositorySpec> {
  return readSpec(object, (fields) => ({
    url: fields.requiredString('url'),
    ref: fields.object('ref', readRef) ?? { kind: 'tag', tag: 'latest' },
    layer: fields.object('layerSelector', readLayer) ?? { mediaType: '', operation: 'extract' },
    layerSelector: fields.has('layerSelector') ? fields.stringMap('layerSelector') : undefined,
    provider: readProvider(fields),
    secretName: fields.object('secretRef', (ref) => ref.requiredString('name')),
    serviceAccountName: fields.string('serviceAccountName') || undefined,
    certSecretName: fields.object('certSecretRef', (ref) => ref.requiredString('name')),
    proxySecretName: fields.object('proxySecretRef', (ref) => ref.requiredString('name')),
    insecure: fields.boolean('insecure') ?? false,
    intervalMs: requiredDuration(fields, 'interval'),
    timeoutMs: durationField(fields, 'timeout') ?? 60_000,
    ignore: fields.string('ignore'),
    suspend: fields.boolean('suspend') ?? false,
    verifyProvider: fields.object('verify', readVerifyProvider),
  }))
}

function readRef(fields: FieldReader): OciRef {
  const digest = fields.string('digest') ?? ''
  const range = fields.string('semver') ?? ''
  if (digest !== '') return { kind: 'digest', digest }
  if (range !== '') return { kind: 'semver', range, filter: fields.string('semverFilter') ?? '' }
  return { kind: 'tag', tag: fields.string('tag') || 'latest' }
}

function readLayer(fields: FieldReader): LayerSelector {
  return {
    mediaType: fields.string('mediaType') ?? '',
    operation: fields.oneOf('operation', ['extract', 'copy']) ?? 'extract',
  }
}

/** Checks the address of a repository in a registry: `oci://HOST/REPOSITORY`, without a tag. */
export function checkOciUrl(url: string): Result<string> {
  if (!url.startsWith('oci://')) return fail(badUrl(url, "URL must be in format 'oci://<domain>/<org>/<repo>'"))
  const [host = '', ...rest] = url.slice('oci://'.length).split('/')
  const repository = rest.join('/')
  const [, tag] = repository.split(':')
  if (tag !== undefined) return fail(badUrl(url, `URL must not contain a tag; remove ':${tag}'`))
  const isPlain = /^[A-Za-z0-9.[\]:-]+$/.test(host) && /^[a-z0-9][a-z0-9._/-]*$/.test(repository)
  return isPlain ? ok(url) : fail(badUrl(url, `could not parse reference: ${url.slice('oci://'.length)}`))
}

function badUrl(url: string, why: string): Failure {
  return { code: 'URLInvalid', message: `URL validation failed for '${url}': ${why}`, fix: 'correct spec.url' }
}
