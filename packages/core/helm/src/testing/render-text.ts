import type { GoValue, SprigHost } from '@kedge/gotemplate'
import { createHash } from 'node:crypto'
import {
  defaultApiVersions,
  loadChartFiles,
  renderRelease,
  type Chart,
  type ReleaseOptions,
  type RenderedRelease,
} from '../index.ts'

/** A host whose time stands still and whose bytes are all zero. */
export const testHost: SprigHost = {
  nowMs: () => 0,
  zone: () => ({ abbreviation: 'UTC', offsetSeconds: 0 }),
  randomBytes: (count) => new Uint8Array(count),
  digest: (algorithm, of) => createHash(algorithm).update(of).digest('hex'),
  cryptography: {},
}

/** A chart from the texts of its files; Chart.yaml is `c` of version 1.0.0 where there is none. */
export function chartOf(files: Readonly<Record<string, string>>): Chart {
  const all = { 'Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n', ...files }
  return loadChartFiles(
    Object.entries(all).map(([name, text]) => ({ name, bytes: new TextEncoder().encode(text) })),
    { gunzip: (bytes) => bytes },
  )
}

/** Renders a chart as release `rel` in namespace `ns`. */
export function renderFiles(
  files: Readonly<Record<string, string>>,
  values: Readonly<Record<string, unknown>> = {},
  options: Partial<ReleaseOptions> = {},
): RenderedRelease {
  return renderRelease(
    {
      chart: chartOf(files),
      values,
      name: 'rel',
      namespace: 'ns',
      revision: 1,
      isUpgrade: false,
      capabilities: { kubeVersion: 'v1.37.0', apiVersions: defaultApiVersions, helmVersion: 'v4.3' },
    },
    { host: testHost, ...options },
  )
}

/** What one template gives, as the value `x` of a document. */
export function renderText(text: string, values: Readonly<Record<string, unknown>> = {}): GoValue {
  return renderFiles({ 'templates/t.yaml': text }, values)
    .manifests.map(({ content }) => content)
    .join('---\n')
}
