import { setImmediate } from 'node:timers/promises'
import { readChartIndex } from '@kedge/registry'
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
  const times: number[] = []
  const before = process.memoryUsage().rss
  let peak = 0
  let longest = 0
  for (let run = 0; run < 5; run += 1) {
    const start = performance.now()
    let last = start
    const probe = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 1)
    const index = await readChartIndex(chunksOf(bytes))
    const chosen = index.choose('chart-60', '^1.0')
    times.push(performance.now() - start)
    clearInterval(probe)
    if (chosen === undefined) throw new Error('the index has no chart-60')
    peak = Math.max(peak, process.memoryUsage().rss - before)
  }
  const memory = peak / 2 ** 20
  const time = median(times)
  const size = `${(bytes.length / 2 ** 20).toFixed(0)} MiB`
  return [
    {
      area: 'registry',
      what: `index of ${size} ready, a version chosen`,
      value: time,
      unit: 'ms',
      goal: { text: '< 1000 ms', met: time < 1000 },
    },
    {
      area: 'registry',
      what: `memory added by an index of ${size}`,
      value: memory,
      unit: 'MiB',
      goal: { text: '< 200 MiB', met: memory < 200 },
    },
    { area: 'registry', what: 'longest wait of anything else', value: longest, unit: 'ms' },
  ]
}
