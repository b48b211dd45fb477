import { bytesToText } from '@kedge/gotemplate'

/** A file of a chart; the name is relative to the chart's own root, with `/`. */
export interface ChartFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Someone who keeps a chart. */
export interface ChartMaintainer {
  readonly name: string
  readonly email: string
  readonly url: string
}

/** Chart.yaml as Helm reads it; texts that are not given are empty. */
export interface ChartMetadata {
  readonly name: string
  readonly home: string
  readonly sources: readonly string[]
  readonly version: string
  readonly description: string
  readonly keywords: readonly string[]
  readonly maintainers: readonly ChartMaintainer[]
  readonly icon: string
  readonly apiVersion: string
  readonly condition: string
  readonly tags: string
  readonly appVersion: string
  readonly deprecated: boolean
  readonly annotations: Readonly<Record<string, string>> | undefined
  readonly kubeVersion: string
  /** Undefined without the field, which is not the same as an empty list: subcharts are then left as they are. */
  readonly dependencies: readonly ChartDependency[] | undefined
  readonly type: string
}

/** An entry of `dependencies`. */
export interface ChartDependency {
  readonly name: string
  readonly version: string
  readonly repository: string
  readonly condition: string
  readonly tags: readonly string[]
  readonly enabled: boolean
  readonly importValues: readonly unknown[]
  readonly alias: string
}

/** A loaded chart with its subcharts. */
export interface Chart {
  readonly metadata: ChartMetadata
  /** Everything below templates/. */
  readonly templates: readonly ChartFile[]
  /** Everything that is neither a template, a subchart nor one of the chart's own description files. */
  readonly files: readonly ChartFile[]
  /** values.yaml as data; empty without one. */
  readonly values: Readonly<Record<string, unknown>>
  /** values.schema.json. */
  readonly schema: string | undefined
  readonly dependencies: readonly Chart[]
  /** All files as they were read. */
  readonly raw: readonly ChartFile[]
}

/** A file's bytes as a template's text; a byte order mark stays. */
export function fileText(file: ChartFile): string {
  return bytesToText(file.bytes)
}
