import { gzipSync } from 'node:zlib'

/** Files as a gzipped tar archive, in the order given and under the paths given: `web/Chart.yaml`. */
export function packFiles(files: Readonly<Record<string, string>>): Uint8Array {
  const blocks = Object.entries(files).map(([name, text]) => {
    const header = Buffer.alloc(512)
    header.write(name, 0)
    header.write(Buffer.byteLength(text).toString(8).padStart(11, '0'), 124)
    header.write('0', 156)
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512)
    body.write(text)
    return Buffer.concat([header, body])
  })
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]))
}
