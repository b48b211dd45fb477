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
}

/** Opens the ways out for one command; remote bases and files only from below these addresses. */
export function openLocalRender(allowed: readonly string[] = []): LocalRender {
  const http = createEgressClient({ rules: createAddressRules({ allowLoopback: true }) })
  const git = createGitSource({ http, localFolders: 'any' })
  return {
    render: remoteRender(inlineRender(), allowed, { git, http }),
    git,
    http,
    [Symbol.asyncDispose]: () => http.close(),
  }
}
