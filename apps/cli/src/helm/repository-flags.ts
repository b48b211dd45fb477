import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Credentials, TlsOptions } from '@kedge/registry'
import type { Io } from '../io.ts'
import { helmFailure } from './command.ts'
import type { FlagSpec, Flags } from './parse-flags.ts'

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

/** Reads the flags; certificates are read from their files. Throws FailureError. */
export function accessOfFlags(flags: Flags, io: Io): RepositoryAccess {
  const files = tlsOf({ ca: flags.text('ca-file'), cert: flags.text('cert-file'), key: flags.text('key-file') }, io.cwd)
  const tls = flags.boolean('insecure-skip-tls-verify') ? { ...files, insecure: true } : files
  const username = flags.text('username')
  const home = io.env['HOME'] ?? ''
  const config =
    io.env['HELM_CONFIG_HOME'] ?? path.join(io.env['XDG_CONFIG_HOME'] ?? path.join(home, '.config'), 'helm')
  const pick = (flag: string, variable: string, file: string): string =>
    flags.text(flag) || (io.env[variable] ?? path.join(config, file))
  return {
    tls,
    credentials: username === '' ? undefined : { kind: 'basic', username, password: flags.text('password') },
    passCredentials: flags.boolean('pass-credentials'),
    plainHttp: flags.boolean('plain-http'),
    repositoryConfig: pick('repository-config', 'HELM_REPOSITORY_CONFIG', 'repositories.yaml'),
    registryConfigs: [
      pick('registry-config', 'HELM_REGISTRY_CONFIG', path.join('registry', 'config.json')),
      path.join(io.env['DOCKER_CONFIG'] ?? path.join(home, '.docker'), 'config.json'),
    ],
  }
}

/** Certificates from files; undefined without any. */
export function tlsOf(
  files: { readonly ca: string; readonly cert: string; readonly key: string },
  cwd: string,
): TlsOptions | undefined {
  const texts = Object.entries(files).flatMap(([name, file]) => (file === '' ? [] : [[name, read(file, cwd)] as const]))
  return texts.length === 0 ? undefined : Object.fromEntries(texts)
}

function read(file: string, cwd: string): string {
  try {
    return readFileSync(path.resolve(cwd, file), 'utf8')
  } catch (error) {
    throw helmFailure(`cannot read ${file}: ${error instanceof Error ? error.message : 'it is not there'}`)
  }
}
