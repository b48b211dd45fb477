import { fail, ok, type Failure, type Result } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { durationField } from '../spec/duration.ts'
import { readSpec, type FieldReader } from '../spec/field-reader.ts'

/** A HelmRepository's spec with its defaults filled in. Durations are in milliseconds. */
export interface HelmRepositorySpec {
  readonly url: string
  readonly type: 'default' | 'oci'
  readonly provider: RegistryProvider
  readonly secretName: string | undefined
  readonly certSecretName: string | undefined
  readonly passCredentials: boolean
  readonly insecure: boolean
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly suspend: boolean
}

/** Whose identity a registry is logged in to with. */
export type RegistryProvider = 'generic' | 'aws' | 'azure' | 'gcp'

/** Reads a HelmRepository of any served version. */
export function readHelmRepository(object: KubeObject): Result<HelmRepositorySpec> {
  return readSpec(object, (fields) => ({
    url: fields.requiredString('url'),
    type: fields.oneOf('type', ['default', 'oci']) ?? 'default',
    provider: readProvider(fields),
    secretName: fields.object('secretRef', (ref) => ref.requiredString('name')),
    certSecretName: fields.object('certSecretRef', (ref) => ref.requiredString('name')),
    passCredentials: fields.boolean('passCredentials') ?? false,
    insecure: fields.boolean('insecure') ?? false,
    intervalMs: durationField(fields, 'interval') || 60_000,
    timeoutMs: durationField(fields, 'timeout') ?? 60_000,
    suspend: fields.boolean('suspend') ?? false,
  }))
}

/** The provider in a spec; generic when not set. */
export function readProvider(fields: FieldReader): RegistryProvider {
  return fields.oneOf('provider', ['generic', 'aws', 'azure', 'gcp']) ?? 'generic'
}

/** Checks the address of a repository with an index. */
export function checkRepositoryUrl(url: string): Result<URL> {
  if (url.startsWith('oci://')) {
    return fail(badUrl("'oci' URL scheme cannot be used with 'default' HelmRepository type", 'set spec.type to oci'))
  }
  if (!URL.canParse(url)) return fail(badUrl(`${JSON.stringify(url)} is no URL`, 'write it as https://host/path'))
  const parsed = new URL(url)
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') {
    return fail(badUrl(`URL scheme ${JSON.stringify(parsed.protocol.slice(0, -1))} is not supported`, 'use https'))
  }
  return ok(parsed)
}

function badUrl(message: string, fix: string): Failure {
  return { code: 'URLInvalid', message: `invalid Helm repository URL: ${message}`, fix }
}

/** An address without the slashes at its end that mean nothing, to compare addresses by. */
export function normalUrl(url: string): string {
  return url.replace(/\/{0,1024}$/, '')
}
