import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Credentials, TlsOptions } from '@kedge/registry'
import type { Io } from '../io.ts'
import { helmFailure } from './command.ts'
import type { FlagSpec, Flags } from './parse-flags.ts'
import { reasonOf } from './value-flags.ts'

/** Flags of the commands that fetch charts. */
export const repositoryFlags: Readonly<Record<string, FlagSpec>> = {
  'ca-file': { kind: 'text' },
  'cert-file': { kind: 'text' },
  'insecure-skip-tls-verify': { kind: 'boolean' },
  'key-file': { kind: 'text' },
  keyring: { kind: 'text' },
  'pass-credentials': { kind: 'boolean' },
  password: { kind: 'text' },
  'plain-http': { kind: 'boolean' },
  username: { kind: 'text' },
  verify: { kind: 'boolean' },
}

/** How a command line wants servers to be spoken to. */
export interface RepositoryAccess {
  readonly tls: TlsOptions | undefined
  readonly credentials: Extract<Credentials, { kind: 'basic' }> | undefined
  readonly passCredentials: boolean
  readonly plainHttp: boolean
  readonly repositoryConfig: string
  /** Files with registry logins, helm's own first. */
  readonly registryConfigs: readonly string[]
}

/** Files that the flags name must be there, whether or not anything is fetched. Throws FailureError. */
export function checkCertificates(flags: Flags, { cwd }: Pick<Io, 'cwd'>): void {
  certificatesOf(flags, cwd)
}

function certificatesOf(flags: Flags, cwd: string): TlsOptions | undefined {
  const [ca, cert, key] = [flags.text('ca-file'), flags.text('cert-file'), flags.text('key-file')]
  // Half of a pair is passed over, as helm passes over it.
  return tlsOf(cert === '' || key === '' ? { ca, cert: '', key: '' } : { ca, cert, key }, cwd)
}

/** Reads the flags; certificates are read from their files. Throws FailureError. */
export function accessOfFlags(flags: Flags, io: Io): RepositoryAccess {
  const files = certificatesOf(flags, io.cwd)
  const tls = flags.boolean('insecure-skip-tls-verify') ? { ...files, insecure: true } : files
  const username = flags.text('username')
  const home = io.env['HOME'] ?? ''
  const config =
    io.env['HELM_CONFIG_HOME'] ?? path.join(io.env['XDG_CONFIG_HOME'] ?? path.join(home, '.config'), 'helm')
  const pick = (flag: string, file: string): string => path.resolve(io.cwd, flags.text(flag) || path.join(config, file))
  return {
    tls,
    credentials: username === '' ? undefined : { kind: 'basic', username, password: flags.text('password') },
    passCredentials: flags.boolean('pass-credentials'),
    plainHttp: flags.boolean('plain-http'),
    repositoryConfig: pick('repository-config', 'repositories.yaml'),
    registryConfigs: [
      pick('registry-config', path.join('registry', 'config.json')),
      path.join(io.env['DOCKER_CONFIG'] ?? path.join(home, '.docker'), 'config.json'),
    ],
  }
}

/** Certificates from files; undefined without any. */
export function tlsOf(
  files: { readonly ca: string; readonly cert: string; readonly key: string },
  cwd: string,
): TlsOptions | undefined {
  const texts = Object.entries(files).flatMap(([name, file]) =>
    file === '' ? [] : [[name, read(name, file, cwd)] as const],
  )
  return texts.length === 0 ? undefined : Object.fromEntries(texts)
}

const certificateProblems: Readonly<Record<string, string>> = {
  ca: "can't read CA file",
  cert: 'unable to read cert file',
  key: 'unable to read key file',
}

function read(what: string, file: string, cwd: string): string {
  try {
    return readFileSync(path.resolve(cwd, file), 'utf8')
  } catch (error) {
    const problem = certificateProblems[what] ?? 'unable to read'
    throw helmFailure(
      `missing registry client: can't create TLS config for client: ${problem}: ${JSON.stringify(file)}: open ${file}: ${reasonOf(error)}`,
    )
  }
}
