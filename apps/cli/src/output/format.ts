import { FailureError } from '@kedge/base'
import { compileJsonPath, type KubeObject } from '@kedge/manifest'
import { printYaml } from '@kedge/yaml'

/** What `-o` asks for; a table, narrow or wide, is the caller's to make. */
export type OutputFormat =
  | { readonly kind: 'table'; readonly wide: boolean }
  | { readonly kind: 'json' | 'yaml' | 'name' }
  | { readonly kind: 'jsonpath'; readonly template: string }

/** Reads the value of `-o`: wide, json, yaml, name, jsonpath=TEMPLATE. */
export function parseOutputFormat(text: string | undefined): OutputFormat {
  if (text === undefined || text === '') return { kind: 'table', wide: false }
  if (text === 'wide') return { kind: 'table', wide: true }
  if (text === 'json' || text === 'yaml' || text === 'name') return { kind: text }
  if (text.startsWith('jsonpath=')) return { kind: 'jsonpath', template: text.slice('jsonpath='.length) }
  throw new FailureError({
    code: 'UnknownOutputFormat',
    message: `there is no output format ${JSON.stringify(text)}`,
    fix: 'use one of: wide, json, yaml, name, jsonpath=TEMPLATE',
  })
}

/** Objects as the format wants them: one object alone, several (or an asked-for list) as a v1 List, as kubectl does. */
export function formatObjects(
  objects: readonly KubeObject[],
  options: {
    readonly format: Exclude<OutputFormat, { kind: 'table' }>
    readonly asList: boolean
    readonly nameOf: (object: KubeObject) => string
  },
): string {
  const { format } = options
  if (format.kind === 'name') return objects.map((object) => `${options.nameOf(object)}\n`).join('')
  const [first] = objects
  const whole =
    options.asList || first === undefined
      ? { apiVersion: 'v1', items: objects, kind: 'List', metadata: { resourceVersion: '' } }
      : first
  switch (format.kind) {
    case 'json':
      return `${JSON.stringify(whole, null, 4)}\n`
    case 'yaml':
      return printYaml(whole)
    case 'jsonpath':
      return compileJsonPath(format.template).print(whole)
  }
}

/** A duration as kubectl shows ages: 5s, 3m12s, 4h5m, 2d3h, 45d, 3y. Negative and unknown spans are `<unknown>`. */
export function formatAge(spanMs: number): string {
  const seconds = Math.floor(spanMs / 1000)
  if (!Number.isFinite(seconds) || seconds < -1) return '<unknown>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return withRest([minutes, 'm'], [seconds % 60, 's'])
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return withRest([hours, 'h'], [minutes % 60, 'm'])
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (days < 8) return withRest([days, 'd'], [hours % 24, 'h'])
  if (days < 730) return `${days}d`
  const years = Math.floor(days / 365)
  return years < 8 ? withRest([years, 'y'], [days % 365, 'd']) : `${years}y`
}

/** The small unit is left out when there is none of it. */
function withRest([whole, unit]: readonly [number, string], [rest, restUnit]: readonly [number, string]): string {
  return rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${restUnit}`
}
