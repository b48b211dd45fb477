import { FailureError, type Clock, type Timers } from '@kedge/base'
import type { Cluster } from '@kedge/cluster'
import { secretBytes } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'
import type { AzureIdentity, HttpPort } from '@kedge/registry'
import type { ArtifactServer } from '@kedge/source'

/** What sources over HTTP need of the world. */
export interface SourceHost {
  readonly cluster: Pick<Cluster, 'get'>
  readonly http: HttpPort
  readonly clock: Clock
  readonly timers: Timers
  readonly artifacts: Pick<ArtifactServer, 'publish' | 'publishFile' | 'withdraw'>
  /** Aborted when nobody wants the answers any more. */
  readonly closing?: AbortSignal
  /** Entra identities for Azure registries; without them the provider azure is refused. */
  readonly azure?: AzureIdentity
  /** Issues a token of a ServiceAccount; without it `serviceAccountName` is nobody's identity in a cloud. */
  readonly accountToken?: (account: AccountRef, audience: string) => Promise<string>
}

/** A ServiceAccount. */
export interface AccountRef {
  readonly namespace: string
  readonly name: string
}

export type SecretBytes = Readonly<Record<string, Uint8Array>>

/** The bytes of a Secret. Throws a FailureError `AuthenticationFailed` when it is not there; `what` opens the message. */
export async function readSecret(
  host: Pick<SourceHost, 'cluster'>,
  place: { readonly namespace: string; readonly name: string },
  what: string,
): Promise<SecretBytes> {
  return secretBytes(await readSecretObject(host, place, what))
}

/** The same as an object, for who must know its type. */
export async function readSecretObject(
  { cluster }: Pick<SourceHost, 'cluster'>,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  what: string,
): Promise<KubeObject> {
  const secret = await cluster.get({ group: '', version: 'v1', kind: 'Secret', namespace, name })
  if (secret !== undefined) return secret
  throw new FailureError({
    code: 'AuthenticationFailed',
    message: `${what} '${namespace}/${name}': secrets "${name}" not found`,
    fix: 'create the Secret',
  })
}

/**
 * Runs work that is given up after a time; how it is given up is a failure with that code. When all is closing it is
 * given up at once, which is nobody's failure.
 */
export async function withinTime<T>(
  { timers, closing }: Pick<SourceHost, 'timers' | 'closing'>,
  limit: { readonly timeoutMs: number; readonly code: string },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const close = (): void => controller.abort(new Error('the sources are closed'))
  if (closing?.aborted === true) close()
  closing?.addEventListener('abort', close, { once: true })
  const stop = timers.after(limit.timeoutMs, () => {
    const message = `it took longer than ${limit.timeoutMs} ms`
    controller.abort(new FailureError({ code: limit.code, message, fix: 'raise spec.timeout' }))
  })
  try {
    controller.signal.throwIfAborted()
    return await work(controller.signal)
  } catch (error) {
    // What breaks because we gave up is not what went wrong.
    throw controller.signal.aborted ? controller.signal.reason : error
  } finally {
    stop()
    closing?.removeEventListener('abort', close)
    controller.abort()
  }
}
