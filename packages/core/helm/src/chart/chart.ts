/** A file of a chart; the name is relative to the chart's own root, with `/`. */
export interface ChartFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Chart.yaml, the fields that rendering and listing use; `raw` holds all of it. */
export interface ChartMetadata {
  readonly name: string
  readonly version: string
  readonly apiVersion: string
  readonly appVersion?: string
  readonly description?: string
  readonly type?: string
  readonly kubeVersion?: string
  readonly deprecated?: boolean
  readonly condition?: string
  readonly tags?: string
  readonly dependencies: readonly ChartDependency[]
  readonly raw: Readonly<Record<string, unknown>>
}

/** An entry of `dependencies`. */
export interface ChartDependency {
  readonly name: string
  readonly version: string
  readonly repository: string
  readonly condition: string
  readonly tags: readonly string[]
  readonly enabled?: boolean
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
  readonly schema?: string
  /** The dependencies as Chart.lock fixes them, where there is one. */
  readonly lock?: Readonly<Record<string, unknown>>
  readonly dependencies: readonly Chart[]
  /** All files as they were read, in order of their names. */
  readonly raw: readonly ChartFile[]
}
