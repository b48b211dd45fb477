/** One version of a chart in an index. */
export interface ChartVersion {
  readonly name: string
  readonly version: string
  readonly appVersion: string
  readonly description: string
  /** `application`, `library` or empty. */
  readonly type: string
  readonly deprecated: boolean
  /** `sha256:…`; empty when the index names none. */
  readonly digest: string
  /** As written: absolute, or relative to the repository. Never empty. */
  readonly urls: readonly string[]
  readonly created: string
}

/** Whether a name can be a chart's: it becomes part of paths. */
export function isChartName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,249}$/.test(name)
}

/** A version from an entry's value; undefined for one that Helm passes over: nothing, no name, no version, no address. */
export function readChartVersion(value: unknown, chart: string): ChartVersion | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const fields = value as Readonly<Record<string, unknown>>
  const text = (name: string): string => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    return typeof field === 'string' || typeof field === 'number' ? String(field) : ''
  }
  const urls = Object.hasOwn(fields, 'urls') && Array.isArray(fields['urls']) ? fields['urls'] : []
  const usable = urls.filter((url): url is string => typeof url === 'string' && url !== '').slice(0, maxUrls)
  const version = text('version')
  if (text('name') !== chart || version === '' || version.length > 256 || usable.length === 0) return undefined
  const digest = text('digest')
  return {
    name: chart,
    version,
    appVersion: text('appVersion'),
    description: text('description'),
    type: text('type'),
    deprecated: fields['deprecated'] === true,
    digest: digest === '' || digest.includes(':') ? digest : `sha256:${digest}`,
    urls: usable,
    created: text('created'),
  }
}

const maxUrls = 16
