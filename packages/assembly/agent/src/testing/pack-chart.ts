import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import type { ChartArchive } from '../render/helm-request.ts'

/** A chart's archive of files by their paths, the chart's folder first: `web/Chart.yaml`. In byte order, as helm walks. */
export function packChart(files: Readonly<Record<string, string>>): ChartArchive {
  const blocks = Object.entries(files)
    .toSorted(byName)
    .map(([name, text]) => {
      const body = Buffer.from(text)
      const header = Buffer.alloc(512)
      header.write(name, 0)
      header.write('0000644\0', 100)
      header.write(body.length.toString(8).padStart(11, '0'), 124)
      header.write('        ', 148)
      header.write('0ustar\0', 156)
      const sum = header.reduce((total, byte) => total + byte, 0)
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
      return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)])
    })
  const bytes = new Uint8Array(gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])))
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes }
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : Number(a > b)
}
