import { readFileSync } from 'node:fs'
import path from 'node:path'
import { FailureError } from '@kedge/base'
import type { ClusterConfig, IdentityInput } from '@kedge/cluster'
import { connectTo } from '../connect.ts'
import type { Io } from '../io.ts'
import type { Kube } from '../kube/kube.ts'
import { helmFailure } from './command.ts'
import type { Flags } from './parse-flags.ts'
import { reasonOf } from './value-flags.ts'

/** The cluster that helm's flags and environment name, as whom they say. Throws FailureError. */
export async function openHelmCluster(flags: Flags, io: Io): Promise<Kube> {
  try {
    return await open(flags, io)
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    const { message, fix } = error.failure
    // What other verbs call --context has another name here.
    throw helmFailure(
      `kubernetes cluster unreachable: ${message}${fix === undefined ? '' : `; ${fix.replace('--context', '--kube-context')}`}`,
    )
  }
}

function open(flags: Flags, io: Io): Promise<Kube> {
  const kubeconfig = flags.text('kubeconfig')
  const context = flags.text('kube-context')
  return connectTo(
    {
      ...(kubeconfig === '' ? {} : { kubeconfig: path.resolve(io.cwd, kubeconfig) }),
      ...(context === '' ? {} : { context }),
    },
    io,
    (config) => overridden(config, flags, io.cwd),
  )
}

/** A kubeconfig's cluster with what flags say in place of what the file says, as kubectl's flags of these names do. */
export function overridden(config: ClusterConfig, flags: Flags, cwd: string): ClusterConfig {
  const server = flags.text('kube-apiserver')
  const caFile = flags.text('kube-ca-file')
  const serverName = flags.text('kube-tls-server-name')
  const token = flags.text('kube-token')
  const insecure = flags.boolean('kube-insecure-skip-tls-verify')
  const impersonate = impersonated(flags)
  if (insecure && caFile !== '')
    throw helmFailure(
      'specifying a root certificates file with the insecure flag is not allowed; give --kube-ca-file or --kube-insecure-skip-tls-verify',
    )
  const { ca, ...tls } = config.tls
  const authority = caFile === '' ? ca : readAuthority(caFile, cwd)
  return {
    ...config,
    ...(server === '' ? {} : { server: serverAddress(server) }),
    tls: {
      ...tls,
      ...(insecure || authority === undefined ? {} : { ca: authority }),
      ...(serverName === '' ? {} : { serverName }),
      insecure: insecure || (caFile === '' && config.tls.insecure),
    },
    ...(impersonate === undefined ? {} : { impersonate }),
    ...(token === ''
      ? {}
      : { credentials: async () => ({ ...(await config.credentials()), authorization: `Bearer ${token}` }) }),
  }
}

/** An address without a scheme is one over TLS. */
function serverAddress(given: string): string {
  const address = /^https?:\/\//.test(given) ? given : `https://${given}`
  if (URL.canParse(address)) return address
  throw helmFailure(`--kube-apiserver ${given} is no address; name a host with its port, or https://HOST:PORT`)
}

function impersonated(flags: Flags): IdentityInput | undefined {
  const user = flags.text('kube-as-user')
  const groups = flags.list('kube-as-group')
  if (user === '' && groups.length > 0)
    throw helmFailure('--kube-as-group needs --kube-as-user: groups alone are nobody to act as')
  return user === '' ? undefined : { user, groups }
}

function readAuthority(file: string, cwd: string): string {
  try {
    return readFileSync(path.resolve(cwd, file), 'utf8')
  } catch (error) {
    throw helmFailure(`unable to load root certificates: open ${file}: ${reasonOf(error)}`)
  }
}
