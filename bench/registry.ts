import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { createChartRepository, readChartIndex, type ChartIndex } from '@kedge/registry'
import { createAddressRules, createEgressClient, type EgressClient } from '@kedge/source'
import { median, type BenchRow } from './row.ts'

const charts = 120
const wantedBytes = 30 * 1024 * 1024

/** An index in the layout of `helm repo index`, of about 30 MiB. */
function largeIndex(): Buffer {
  const lines = (name: string, patch: number): string =>
    `  - annotations:\n      category: Infrastructure\n      licenses: Apache-2.0\n    apiVersion: v2\n    appVersion: 1.2.${patch}\n    created: "2026-01-01T00:00:00.000000000Z"\n    dependencies:\n    - name: common\n      repository: oci://registry.example.com/charts\n      tags:\n      - common\n      version: 2.x.x\n    description: ${'A chart that does this and that. '.repeat(6)}\n    digest: ${patch.toString(16).padStart(64, '0')}\n    home: https://example.com\n    keywords:\n    - one\n    - two\n    maintainers:\n    - name: Somebody\n      url: https://example.com\n    name: ${name}\n    sources:\n    - https://example.com/${name}\n    urls:\n    - https://example.com/charts/${name}-1.0.${patch}.tgz\n    version: 1.0.${patch}\n`
  const each = Math.ceil(wantedBytes / charts / lines('chart-100', 100).length)
  const entries = Array.from({ length: charts }, (_, chart) => {
    const name = `chart-${chart}`
    return `  ${name}:\n${Array.from({ length: each }, (_, patch) => lines(name, each - patch)).join('')}`
  })
  return Buffer.from(`apiVersion: v1\nentries:\n${entries.join('')}generated: "2026-01-01T00:00:00Z"\n`)
}

/** The bytes in pieces, each in a turn of its own, as a connection gives them. */
async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) {
    await setImmediate()
    yield bytes.subarray(at, at + 65_536)
  }
}

/** How long a 30 MiB index takes until a version is chosen, what memory that takes, and how long anything else waits. */
export async function benchRegistry(): Promise<readonly BenchRow[]> {
  const bytes = largeIndex()
  const size = `${(bytes.length / 2 ** 20).toFixed(0)} MiB`
  const arriving = await measure(() => readChartIndex(chunksOf(bytes)))
  const server = new Worker(new URL('index-server.ts', import.meta.url), { workerData: bytes })
  const http = createEgressClient({ rules: createAddressRules({ allowLoopback: true }) })
  try {
    const [port] = (await once(server, 'message')) as [number]
    const fetched = (folder: string) => measure(() => fetchIndex(http, `http://127.0.0.1:${port}/${folder}`))
    return [
      ...rowsOf(`index of ${size}`, arriving),
      ...rowsOf(`index of ${size} over HTTP`, await fetched('plain')),
      ...rowsOf(`index of ${size} over HTTP, packed`, await fetched('packed')),
    ]
  } finally {
    await http.close()
    await server.terminate()
  }
}

async function fetchIndex(http: EgressClient, url: string): Promise<ChartIndex> {
  const repository = createChartRepository({ url, http, allowPlainHttp: true })
  const fetched = await repository.fetchIndex(AbortSignal.timeout(60_000))
  if (fetched === undefined) throw new Error('the server sent no index')
  return fetched.index
}

interface Measured {
  readonly timeMs: number
  readonly memoryMiB: number
  readonly longestMs: number
}

async function measure(read: () => Promise<ChartIndex>): Promise<Measured> {
  const times: number[] = []
  const before = process.memoryUsage().rss
  let peak = 0
  let longestMs = 0
  for (let run = 0; run < 5; run += 1) {
    const start = performance.now()
    let last = start
    const probe = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - last)
      last = performance.now()
    }, 1)
    const index = await read()
    const chosen = index.choose('chart-60', '^1.0')
    times.push(performance.now() - start)
    clearInterval(probe)
    if (chosen === undefined) throw new Error('the index has no chart-60')
    peak = Math.max(peak, process.memoryUsage().rss - before)
  }
  return { timeMs: median(times), memoryMiB: peak / 2 ** 20, longestMs }
}

function rowsOf(what: string, { timeMs, memoryMiB, longestMs }: Measured): readonly BenchRow[] {
  const area = 'registry'
  return [
    {
      area,
      what: `${what} ready, a version chosen`,
      value: timeMs,
      unit: 'ms',
      goal: { text: '< 1000 ms', met: timeMs < 1000 },
    },
    {
      area,
      what: `memory added by an ${what}`,
      value: memoryMiB,
      unit: 'MiB',
      goal: { text: '< 200 MiB', met: memoryMiB < 200 },
    },
    { area, what: `${what}: longest wait of anything else`, value: longestMs, unit: 'ms' },
  ]
}
