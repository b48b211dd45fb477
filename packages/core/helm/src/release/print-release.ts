import { fileText } from '../chart/chart.ts'
import { matchName } from '../chart/ignore-rules.ts'
import { chartError } from '../chart/chart-error.ts'
import { splitManifests, type Hook, type ManifestSplitting } from './manifests.ts'
import type { RenderedRelease } from './render-release.ts'

/** What `helm template` prints of a release. */
export interface PrintOptions {
  readonly includeCrds?: boolean
  readonly noHooks?: boolean
  readonly skipTests?: boolean
}

/** A release's manifest as Helm stores it: CRDs when asked for, then all documents but hooks. */
export function releaseManifest(release: RenderedRelease, options: Pick<PrintOptions, 'includeCrds'> = {}): string {
  const crds = options.includeCrds === true ? release.crds.map(({ path, file }) => document(path, fileText(file))) : []
  return [...crds, ...release.manifests.map(({ path, content }) => document(path, content))].join('')
}

/** A release as `helm template` prints it. */
export function printRelease(release: RenderedRelease, options: PrintOptions = {}): string {
  const hooks = options.noHooks === true ? [] : release.hooks.filter((hook) => !isSkipped(hook, options))
  const manifest = releaseManifest(release, options)
  return `${manifest.trim()}\n${hooks.map(({ path, content }) => document(path, content)).join('')}`
}

function isSkipped(hook: Hook, options: PrintOptions): boolean {
  return options.skipTests === true && hook.events.includes('test')
}

function document(path: string, content: string): string {
  return `---\n# Source: ${path}\n${content}\n`
}

/** The documents of a printed release that come from files matching the patterns, pattern by pattern. Throws FailureError when one matches none. */
export function selectSources(printed: string, patterns: readonly string[], splitting: ManifestSplitting): string {
  const documents = splitManifests(printed, splitting).map((text) => ({
    text,
    source: /# Source: [^/]+\/(.+)/.exec(text)?.[1],
  }))
  return patterns
    .flatMap((pattern) => {
      const found = documents.filter(({ source }) => source !== undefined && matchName(pattern, source))
      if (found.length === 0) throw chartError(`could not find template ${pattern} in chart`)
      return found.map(({ text }) => `---\n${text}\n`)
    })
    .join('')
}
