export { type ArtifactArchive, packArtifact } from './content/artifact-archive.ts'
export {
  type ArtifactServer,
  type ArtifactServerOptions,
  type HeldFile,
  type PublishedArtifact,
  createArtifactServer,
} from './content/artifact-server.ts'
export { type ContentRules, type IncludedTree, selectContent } from './content/source-content.ts'
export { type UnpackLimits, unpackArchive } from './content/unpack-archive.ts'
export {
  type GitArtifact,
  type GitSource,
  type GitSourceOptions,
  type GitSourceSpec,
  createGitSource,
} from './git/git-source.ts'
export { GitError, type GitFailure, type GitFailureCode } from './git/git-failure.ts'
export { type GitLimits, defaultGitLimits } from './git/git-limits.ts'
export type { GitCredentials } from './git/http-transport.ts'
export type { Commit, Signature, Tag } from './git/parse-object.ts'
export { type RefSpec, isRefName, isShortRefName } from './git/ref-name.ts'
export type { Relation } from './git/relation.ts'
export type { ResolvedRef } from './git/resolve-ref.ts'
export { type AddressOptions, type AddressRules, createAddressRules } from './http/address-rules.ts'
export {
  type EgressClient,
  type EgressRequest,
  type EgressResponse,
  type ProxyOptions,
  type Resolver,
  type TlsOptions,
  createEgressClient,
} from './http/egress-client.ts'
export {
  type RemoteFetcher,
  type RemoteFetcherOptions,
  type RemoteRepository,
  type RemoteTree,
  createRemoteFetcher,
} from './remote/remote-fetcher.ts'
export { type RemoteRules, createRemoteRules } from './remote/remote-rules.ts'
