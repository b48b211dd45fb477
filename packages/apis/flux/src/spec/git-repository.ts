import { fail, ok, type Failure, type Result } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { durationField, requiredDuration } from './duration.ts'
import { readSpec, type FieldReader } from './field-reader.ts'

/** A GitRepository's spec with its defaults filled in. Durations are in milliseconds. */
export interface GitRepositorySpec {
  readonly url: string
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly ref: GitRef
  readonly secretName: string | undefined
  readonly proxySecretName: string | undefined
  readonly provider: GitProvider
  readonly ignore: string | undefined
  readonly suspend: boolean
  readonly recurseSubmodules: boolean
  readonly include: readonly GitInclude[]
  readonly sparseCheckout: readonly string[]
  readonly verifyMode: 'HEAD' | 'Tag' | 'TagAndHEAD' | undefined
}

export type GitProvider = 'generic' | 'aws' | 'azure' | 'github'

/** What to check out; the last of branch, tag, semver, name and commit that is set decides. */
export interface GitRef {
  readonly branch: string
  readonly tag?: string
  readonly semver?: string
  readonly name?: string
  readonly commit?: string
}

/** Another GitRepository's artifact copied into this one. Paths are relative. */
export interface GitInclude {
  readonly repository: string
  readonly fromPath: string
  readonly toPath: string
}

/** Reads and checks a GitRepository of any served version. */
export function readGitRepository(object: KubeObject): Result<GitRepositorySpec> {
  const spec = readSpec(object, readFields)
  if (!spec.ok) return spec
  const failure = unsupported(spec.value)
  return failure === undefined ? spec : fail(failure)
}

function readFields(fields: FieldReader): GitRepositorySpec {
  return {
    url: fields.requiredString('url'),
    intervalMs: requiredDuration(fields, 'interval'),
    timeoutMs: durationField(fields, 'timeout') ?? 60_000,
    ref: fields.object('ref', readRef) ?? { branch: 'master' },
    secretName: fields.object('secretRef', (ref) => ref.requiredString('name')),
    proxySecretName: fields.object('proxySecretRef', (ref) => ref.requiredString('name')),
    provider: fields.oneOf('provider', ['generic', 'aws', 'azure', 'github']) ?? 'generic',
    ignore: fields.string('ignore'),
    suspend: fields.boolean('suspend') ?? false,
    recurseSubmodules: fields.boolean('recurseSubmodules') ?? false,
    include: fields.list('include', readInclude),
    sparseCheckout: fields.strings('sparseCheckout').map((path) => path.replace(/^\.\//, '')),
    verifyMode: fields.object('verify', readVerifyMode),
  }
}

function readRef(fields: FieldReader): GitRef {
  const tag = fields.string('tag')
  const semver = fields.string('semver')
  const name = fields.string('name')
  const commit = fields.string('commit')
  return {
    branch: fields.string('branch') || 'master',
    ...(tag ? { tag } : {}),
    ...(semver ? { semver } : {}),
    ...(name ? { name } : {}),
    ...(commit ? { commit } : {}),
  }
}

function readInclude(fields: FieldReader): GitInclude {
  const repository = fields.object('repository', (ref) => ref.requiredString('name'))
  if (repository === undefined) return fields.refuse('repository is required')
  return { repository, fromPath: fields.string('fromPath') ?? '', toPath: fields.string('toPath') || repository }
}

function readVerifyMode(fields: FieldReader): 'HEAD' | 'Tag' | 'TagAndHEAD' {
  const mode = fields.oneOf('mode', ['HEAD', 'head', 'Tag', 'TagAndHEAD']) ?? 'HEAD'
  return mode === 'head' ? 'HEAD' : mode
}

/** What this version of Kedge does not do yet ends in a clear word, never in a source that is half checked. */
function unsupported(spec: GitRepositorySpec): Failure | undefined {
  if (spec.verifyMode !== undefined) {
    return notYet('InvalidVerificationMode', 'spec.verify: signatures are not verified by this version of Kedge')
  }
  if (spec.recurseSubmodules) {
    return notYet('InvalidSpec', 'spec.recurseSubmodules: submodules are not fetched by this version of Kedge')
  }
  if (spec.provider !== 'generic') {
    return notYet(
      'InvalidProviderConfiguration',
      `spec.provider ${spec.provider} is not supported by this version of Kedge`,
    )
  }
  return undefined
}

function notYet(code: string, message: string): Failure {
  return { code, message, fix: 'remove the field' }
}

/** Checks the URL's form: an absolute http, https, ssh or file address, or a failure that says which are taken. */
export function checkGitUrl(url: string): Result<URL> {
  if (!URL.canParse(url)) return fail(badUrl(`cannot parse ${JSON.stringify(url)} as a URL`))
  const parsed = new URL(url)
  if (!['http:', 'https:', 'ssh:', 'file:'].includes(parsed.protocol)) {
    return fail(badUrl(`URL scheme ${JSON.stringify(parsed.protocol.slice(0, -1))} is not supported`))
  }
  return ok(parsed)
}

function badUrl(message: string): Failure {
  return { code: 'URLInvalid', message, fix: 'use https://host/path, http://host/path or ssh://user@host/path' }
}
