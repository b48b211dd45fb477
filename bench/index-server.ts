/** Serves one file on loopback from a thread of its own; posts its port. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'

const bytes = workerData as Uint8Array
const packed = gzipSync(bytes)
const server = createServer((request, response) => {
  const isPacked = request.url?.startsWith('/packed/') === true
  const body = isPacked ? packed : bytes
  response.writeHead(200, { 'content-length': body.length, ...(isPacked ? { 'content-encoding': 'gzip' } : {}) })
  response.end(body)
})
server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port, []))
