import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { FileTree } from '@kedge/tree'
import { type ArtifactArchive, packArtifact } from './artifact-archive.ts'

/** Where an artifact can be had, as `.status.artifact` tells it. */
export interface PublishedArtifact {
  readonly path: string
  readonly url: string
  readonly digest: string
  readonly size: number
}

/** A finished file that somebody else holds. */
export interface HeldFile {
  readonly digest: string
  readonly size: number
  readonly contentType: string
  /** The bytes, while they are held; what is not there is answered as not found. */
  read(): Uint8Array | undefined
}

/** Serves artifacts to other consumers over HTTP. Archives are made anew when they were dropped; their bytes are the same. */
export interface ArtifactServer {
  /** Packs a tree and serves it under a path such as `gitrepository/<namespace>/<name>/<commit>.tar.gz`. */
  publish(path: string, tree: FileTree): Promise<PublishedArtifact>
  /** Serves a finished file under a path. */
  publishFile(path: string, file: HeldFile): PublishedArtifact
  /** Serves the path no longer. */
  withdraw(path: string): void
  close(): Promise<void>
}

/** `address` is what consumers reach the server by; without it the address that is listened on. */
export interface ArtifactServerOptions {
  readonly host?: string
  readonly port?: number
  readonly address?: string
  /** Bytes of archives kept ready. */
  readonly maxReadyBytes?: number
}

const defaultReadyBytes = 64 * 1024 * 1024

/** Starts a server; on loopback and a free port unless told otherwise. */
export async function createArtifactServer(options: ArtifactServerOptions = {}): Promise<ArtifactServer> {
  const host = options.host ?? '127.0.0.1'
  const artifacts = new ArtifactShelf(options.maxReadyBytes ?? defaultReadyBytes)
  const server = createServer((request, response) => {
    artifacts.answer(request, response).catch(() => response.destroy())
  })
  server.requestTimeout = 30_000
  server.maxConnections = 256
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, resolve)
  })
  const listening = server.address()
  const port = typeof listening === 'object' && listening !== null ? listening.port : options.port
  const address = options.address ?? `${host.includes(':') ? `[${host}]` : host}:${port}`
  return {
    publish: async (path, tree) => {
      const { digest, size } = await artifacts.put(path, tree)
      return { path, url: `http://${address}/${path}`, digest, size }
    },
    publishFile: (path, file) => {
      artifacts.putFile(path, file)
      return { path, url: `http://${address}/${path}`, digest: file.digest, size: file.size }
    },
    withdraw: (path) => artifacts.remove(path),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Answer {
  readonly bytes: Uint8Array
  readonly digest: string
  readonly contentType?: string
}

class ArtifactShelf {
  readonly #trees = new Map<string, FileTree>()
  readonly #files = new Map<string, HeldFile>()
  readonly #ready = new Map<string, ArtifactArchive>()
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  async put(path: string, tree: FileTree): Promise<ArtifactArchive> {
    const archive = await packArtifact(tree)
    this.#files.delete(path)
    this.#trees.set(path, tree)
    this.#keep(path, archive)
    return archive
  }

  putFile(path: string, file: HeldFile): void {
    this.remove(path)
    this.#files.set(path, file)
  }

  remove(path: string): void {
    this.#files.delete(path)
    this.#trees.delete(path)
    this.#ready.delete(path)
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    const path = pathOf(request.url ?? '')
    const found = this.#file(path) ?? (await this.#archive(path))
    if (found === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('artifact not found\n')
      return
    }
    response.writeHead(200, {
      'content-type': found.contentType ?? 'application/gzip',
      'content-length': found.bytes.length,
      etag: `"${found.digest}"`,
    })
    response.end(request.method === 'HEAD' ? undefined : found.bytes)
  }

  #file(path: string): Answer | undefined {
    const file = this.#files.get(path)
    const bytes = file?.read()
    return file === undefined || bytes === undefined ? undefined : { ...file, bytes }
  }

  async #archive(path: string): Promise<Answer | undefined> {
    const tree = this.#trees.get(path)
    const ready = this.#ready.get(path)
    if (ready !== undefined || tree === undefined) return ready
    const archive = await packArtifact(tree)
    if (this.#trees.get(path) === tree) this.#keep(path, archive)
    return archive
  }

  #keep(path: string, archive: ArtifactArchive): void {
    this.#ready.delete(path)
    this.#ready.set(path, archive)
    let bytes = [...this.#ready.values()].reduce((sum, { size }) => sum + size, 0)
    for (const [oldest, { size }] of this.#ready) {
      if (bytes <= this.#maxBytes) return
      this.#ready.delete(oldest)
      bytes -= size
    }
  }
}

/** Only exact paths are served, so nothing needs to be cleaned or decoded but the query. */
function pathOf(url: string): string {
  return url.replace(/^\//, '').replace(/\?.*$/s, '')
}
