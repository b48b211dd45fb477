import { registryFailure } from '../http/registry-failure.ts'

/** A cloud that is none of Microsoft's own: what AZURE_ENVIRONMENT_FILEPATH describes. */
export interface AzureCloud {
  /** Its registries are below this domain. */
  readonly registryDomain: string
  readonly resourceManager: string
}

const azureDomains = ['azurecr.io', 'azurecr.cn', 'azurecr.de', 'azurecr.us']

/** Whether a registry may be given Entra tokens: it is below one of Azure's domains, or of those that are allowed. */
export function isAzureRegistry(hostname: string, allowed: readonly string[] = []): boolean {
  return [...azureDomains, ...allowed].some((domain) => hostname === domain || hostname.endsWith(`.${domain}`))
}

/** What an Entra token for registries is asked for: in Microsoft's clouds the registries' own audience. */
export function registryScope(cloud: AzureCloud | undefined): string {
  return `${cloud?.resourceManager ?? 'https://containerregistry.azure.net'}/.default`
}

/** Reads an environment file of Azure's cloud provider. Throws FailureError when something is missing in it. */
export function parseAzureCloud(text: string): AzureCloud {
  const fields = parseFields(text)
  const field = (name: string): string => {
    const value = fields[name]
    if (typeof value === 'string' && value !== '') return value
    throw registryFailure('IdentityMissing', `the file of AZURE_ENVIRONMENT_FILEPATH has no ${name}`)
  }
  const registryDomain = field('containerRegistryDNSSuffix').replace(/^\.+/, '')
  // A suffix such as `com` would hand the token to anybody.
  if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(registryDomain))
    throw registryFailure('IdentityMissing', 'containerRegistryDNSSuffix of AZURE_ENVIRONMENT_FILEPATH is no domain')
  return { registryDomain: registryDomain.toLowerCase(), resourceManager: field('resourceManagerEndpoint') }
}

function parseFields(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  } catch {
    // The parser's message would quote the file.
  }
  throw registryFailure('IdentityMissing', 'the file of AZURE_ENVIRONMENT_FILEPATH is no JSON map')
}
