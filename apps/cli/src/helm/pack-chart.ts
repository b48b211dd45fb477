import { gzipSync } from 'node:zlib'
import { chartTar } from '@kedge/agent'
import { fileText, type Chart } from '@kedge/helm'

/** A chart as an archive, files in the order in which helm packs them; the same chart gives the same bytes. */
export function packChart(chart: Chart, mtimeSeconds: number): Uint8Array {
  return gzipSync(chartTar(chart, mtimeSeconds), { level: 9 })
}

/** A file's text among those of a chart; undefined without it. */
export function rawText(chart: Chart, name: string): string | undefined {
  const file = chart.raw.find((one) => one.name === name)
  return file === undefined ? undefined : fileText(file)
}
