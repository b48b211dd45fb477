import { fetchingRender, inlineRender, type Render } from '@kedge/agent'
import {
  createAddressRules,
  createEgressClient,
  createGitSource,
  createRemoteFetcher,
  createRemoteRules,
  type EgressClient,
  type GitSource,
} from '@kedge/source'
import type { AzureIdentity } from '@kedge/registry'
import type { Io } from '../io.ts'
import { openAzureIdentity } from '../kube/azure-identity.ts'

/** The same render, with remote bases and files from below these addresses; without any, they stay refused. */
export function remoteRender(
  render: Render,
  allowed: readonly string[],
  ports: { readonly git: GitSource; readonly http: EgressClient },
): Render {
  if (allowed.length === 0) return render
  return fetchingRender(render, createRemoteFetcher({ ...ports, rules: createRemoteRules(allowed) }))
}

/** What one command renders with: it may reach this machine and its repositories. */
export interface LocalRender extends AsyncDisposable {
  readonly render: Render
  readonly git: GitSource
  readonly http: EgressClient
  readonly azure: AzureIdentity
}

/** Opens the ways out for one command; remote bases and files only from below these addresses. */
export function openLocalRender({ env }: Pick<Io, 'env'>, allowed: readonly string[] = []): LocalRender {
  const http = createEgressClient({ rules: createAddressRules({ allowLoopback: true }) })
  const git = createGitSource({ http, localFolders: 'any' })
  const azure = openAzureIdentity(env, http)
  return {
    render: remoteRender(inlineRender(), allowed, { git, http }),
    git,
    http,
    azure: azure.identity,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([http.close(), azure.close()])
    },
  }
}
