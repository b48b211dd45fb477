export { downloadFile, type DownloadOptions } from './http/download-file.ts'
export { authorizationOf, type Credentials } from './http/credentials.ts'
export { isDigest, sha256Digest, verifyDigest } from './http/digest.ts'
export type { Connection, HttpPort, HttpRequest, HttpResponse, ProxyOptions, TlsOptions } from './http/http-port.ts'
export type { RegistryCode } from './http/registry-failure.ts'
export { maxIndexSize, readChartIndex, type ChartIndex } from './index/chart-index.ts'
export {
  createChartRepository,
  maxChartSize,
  type ChartRepository,
  type FetchedIndex,
  type PackedChart,
  type RepositoryOptions,
} from './index/chart-repository.ts'
export { isChartName, type ChartVersion } from './index/chart-version.ts'
export {
  createAzureIdentity,
  type AzureIdentity,
  type AzureIdentityOptions,
  type FederatedIdentity,
  type RegistryTokenWant,
} from './identity/azure-identity.ts'
export { isAzureRegistry } from './identity/azure-cloud.ts'
export { acrCredentials, type AcrOptions } from './oci/acr-credentials.ts'
export { dockerCredentials, type RegistryCredentials } from './oci/docker-config.ts'
export type { Descriptor, Manifest } from './oci/manifest.ts'
export { createOciRegistry, type OciChart, type OciOptions, type OciRegistry } from './oci/oci-registry.ts'
export { parseOciReference, versionOfTag, type OciReference } from './oci/reference.ts'
export type { CredentialSource } from './oci/token-source.ts'
export { chooseTag, type TagChoice } from './version/choose-tag.ts'
export { chooseVersion, isRange, isWholeVersion, newestFirst } from './version/choose-version.ts'
