import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

import { loadChartFiles } from '@kedge/helm'
import { packArtifact } from '@kedge/source'
import { treeFromFiles } from '@kedge/tree'

import { packChart } from '../sources/chart-archive.ts'

/**
 * A server on this machine that is a Helm repository, a registry and a place for files at once. What is asked of it
 * below `/silent/` it never answers.
 */
export interface ChartServer extends AsyncDisposable {
  readonly origin: string
  readonly host: string
  /** `METHOD path` of what was asked. */
  readonly seen: string[]
  /** User and password that everything but plain files wants; undefined lets everybody in. */
  auth: string | undefined
  /** Puts a chart into the repository's index. */
  addChart(chart: Uint8Array, name: string, version: string): void
  /** Puts an artifact into the registry under a tag; returns its digest. */
  push(
    repository: string,
    tag: string,
    layers: readonly Layer[],
    annotations?: Readonly<Record<string, string>>,
  ): string
  /** Serves bytes at a path. */
  putFile(path: string, bytes: Uint8Array): void
}

export interface Layer {
  readonly mediaType: string
  readonly bytes: Uint8Array
}

export const chartLayer = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip'
export const fluxLayer = 'application/vnd.cncf.flux.content.v1.tar+gzip'
const chartConfig = 'application/vnd.cncf.helm.config.v1+json'
const manifestType = 'application/vnd.oci.image.manifest.v1+json'

interface Answer {
  readonly bytes: Uint8Array | string
  readonly headers?: Readonly<Record<string, string>>
}

export async function createChartServer(): Promise<ChartServer> {
  const charts: { readonly name: string; readonly version: string; readonly digest: string }[] = []
  const files = new Map<string, Answer>()
  const tags = new Map<string, string[]>()
  const seen: string[] = []
  const state: { auth: string | undefined } = { auth: undefined }

  function index(): Answer {
    const names = [...new Set(charts.map(({ name }) => name))]
    const lines = names.flatMap((name) => [
      `  ${name}:`,
      ...charts
        .filter((one) => one.name === name)
        .flatMap(({ version, digest }) => [
          '  - apiVersion: v2',
          `    digest: ${digest}`,
          `    name: ${name}`,
          '    urls:',
          `    - ${name}-${version}.tgz`,
          `    version: ${version}`,
        ]),
    ])
    const text = `apiVersion: v1\nentries:\n${lines.join('\n')}\n`
    return { bytes: text, headers: { etag: `"${sha256(text)}"` } }
  }

  function answer(path: string): Answer | undefined {
    if (path === '/charts/index.yaml') return index()
    const [, repository] = /^\/v2\/(.+)\/tags\/list/.exec(path) ?? []
    if (repository !== undefined) return { bytes: JSON.stringify({ tags: tags.get(repository) ?? [] }) }
    return files.get(path)
  }

  const server = createServer((request, response) => {
    const { method = '', url = '' } = request
    seen.push(`${method} ${url}`)
    if (url.startsWith('/silent/')) return
    const wanted = state.auth === undefined ? undefined : `Basic ${Buffer.from(state.auth).toString('base64')}`
    if (wanted !== undefined && !url.startsWith('/files/') && request.headers.authorization !== wanted) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end()
      return
    }
    const found = answer(url)
    if (found === undefined) return void response.writeHead(404).end()
    const { etag } = found.headers ?? {}
    if (etag !== undefined && request.headers['if-none-match'] === etag) return void response.writeHead(304).end()
    response.writeHead(200, found.headers)
    response.end(method === 'HEAD' ? undefined : found.bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    seen,
    get auth() {
      return state.auth
    },
    set auth(value) {
      state.auth = value
    },
    addChart(bytes, name, version) {
      charts.push({ name, version, digest: sha256(bytes) })
      files.set(`/charts/${name}-${version}.tgz`, { bytes })
    },
    push(repository, tag, layers, annotations = {}) {
      const describe = ({ bytes, mediaType }: Layer) => ({
        mediaType,
        digest: `sha256:${sha256(bytes)}`,
        size: bytes.length,
      })
      const config = {
        mediaType: layers.some((one) => one.mediaType === chartLayer) ? chartConfig : fluxLayer,
        bytes: Buffer.from('{}'),
      }
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: describe(config),
        layers: layers.map(describe),
        annotations,
      })
      const digest = `sha256:${sha256(manifest)}`
      const headers = { 'content-type': manifestType, 'docker-content-digest': digest }
      for (const layer of [config, ...layers])
        files.set(`/v2/${repository}/blobs/${describe(layer).digest}`, { bytes: layer.bytes })
      for (const name of [tag, digest]) files.set(`/v2/${repository}/manifests/${name}`, { bytes: manifest, headers })
      tags.set(repository, [...(tags.get(repository) ?? []).filter((one) => one !== tag), tag])
      return digest
    },
    putFile: (path, bytes) => void files.set(path, { bytes }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex')
}

/** A packed chart of texts by file name; without a Chart.yaml it gets one. */
export function packedChart(
  name: string,
  version: string,
  files: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const all = {
    'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\n`,
    'values.yaml': 'a: 1\n',
    ...files,
  }
  const list = Object.entries(all).map(([path, text]) => ({ name: path, bytes: Buffer.from(text) }))
  return packChart(loadChartFiles(list, { gunzip: (bytes, limit) => gunzipSync(bytes, { maxOutputLength: limit }) }))
}

/** A layer of files as `flux push artifact` makes it. */
export async function filesLayer(files: Readonly<Record<string, string>>): Promise<Layer> {
  return { mediaType: fluxLayer, bytes: (await packArtifact(treeFromFiles(files))).bytes }
}
