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

/** A render for one command, which may reach this machine and its repositories. */
export function openLocalRender(allowed: readonly string[] = []): { readonly render: Render } & AsyncDisposable {
  const http = createEgressClient({ rules: createAddressRules({ allowLoopback: true }) })
  const git = createGitSource({ http, localFolders: 'any' })
  return {
    render: remoteRender(inlineRender(), allowed, { git, http }),
    [Symbol.asyncDispose]: () => http.close(),
  }
}
