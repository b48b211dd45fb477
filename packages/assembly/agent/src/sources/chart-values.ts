import { FailureError } from '@kedge/base'
import { mergeMaps, readFirstValues, type Chart } from '@kedge/helm'
import { printYaml } from '@kedge/yaml'

/** Values files of a chart, as a HelmChart names them. */
export interface ValuesRequest {
  readonly files: readonly string[]
  readonly ignoreMissing: boolean
  /** The text of a file by its name; undefined when it is not there. */
  readonly read: (name: string) => string | undefined
  /** In front of every failure. */
  readonly opening: string
  /** What a failure calls a file that is not there. */
  readonly shown: (name: string) => string
}

/** The files merged into one, the later over the earlier, and those that were there. Throws `ValuesFilesError`. */
export function mergeValuesFiles(request: ValuesRequest): {
  readonly values: Readonly<Record<string, unknown>>
  readonly used: readonly string[]
} {
  const used: string[] = []
  let values: Readonly<Record<string, unknown>> = {}
  for (const name of request.files) {
    const text = request.read(name)
    if (text === undefined) {
      if (request.ignoreMissing) continue
      throw valuesFailure(`${request.opening}no values file found at path ${request.shown(name)}`)
    }
    values = mergeMaps(values, readFile(name, text, request.opening))
    used.push(name)
  }
  return { values, used }
}

function readFile(name: string, text: string, opening: string): Readonly<Record<string, unknown>> {
  try {
    return readFirstValues(text)
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    throw valuesFailure(`${opening}unmarshaling values from '${name}' failed: ${error.failure.message}`)
  }
}

/** The chart with other default values; as it is when there are none. Throws `ValuesFilesError` without a values.yaml. */
export function withValues(chart: Chart, values: Readonly<Record<string, unknown>>): Chart {
  if (Object.keys(values).length === 0) return chart
  if (!chart.raw.some(({ name }) => name === 'values.yaml'))
    throw valuesFailure('failed to locate values file: values.yaml')
  const bytes = new TextEncoder().encode(printYaml(values))
  const raw = chart.raw.map((file) => (file.name === 'values.yaml' ? { ...file, bytes } : file))
  return { ...chart, values, raw }
}

function valuesFailure(message: string): FailureError {
  return new FailureError({ code: 'ValuesFilesError', message, fix: 'correct spec.valuesFiles' })
}
