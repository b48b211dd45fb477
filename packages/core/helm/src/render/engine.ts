import {
  Budget,
  FunctionError,
  GoFunction,
  TemplateError,
  TemplateSet,
  sprigFunctions,
  type GoValue,
  type SprigHost,
} from '@kedge/gotemplate'
import type { Chart } from '../chart/chart.ts'
import { durationFunctions } from '../functions/durations.ts'
import { templateFunctions } from '../functions/template-functions.ts'
import { tomlFunctions } from '../functions/toml.ts'
import { yamlFunctions } from '../functions/yaml.ts'
import { toRenderValues, type ReleaseFacts } from './render-values.ts'
import type { Capabilities } from './capabilities.ts'

/** Reads an object of the cluster for `lookup`; an empty name lists. Without it, lookups find nothing. */
export type Lookup = (
  apiVersion: string,
  kind: string,
  at: { readonly namespace: string; readonly name: string },
) => GoValue

export interface EngineOptions {
  readonly host: SprigHost
  readonly lookup?: Lookup
  readonly budget?: () => Budget
}

export interface RenderRequest {
  readonly chart: Chart
  /** Coalesced values of the root chart. */
  readonly values: Readonly<Record<string, unknown>>
  readonly release: ReleaseFacts
  readonly capabilities: Capabilities
}

/** A chart's rendered files by their full names, `chart/templates/x.yaml`. Throws TemplateError in Helm's wording. */
export function renderChart(request: RenderRequest, options: EngineOptions): ReadonlyMap<string, string> {
  const budget = options.budget?.() ?? new Budget({ steps: 20_000_000, outputLength: 256 * 2 ** 20 })
  const templates = toRenderValues(request)
  let set: TemplateSet
  const functions = functionsFor(options, { set: () => set, budget })
  set = new TemplateSet({ functions, missingKey: 'zero' })
  // Deepest first, so that a parent's definition replaces that of a subchart.
  const ordered = templates.toSorted(
    (a, b) => b.name.split('/').length - a.name.split('/').length || compareNames(b.name, a.name),
  )
  for (const template of ordered) {
    try {
      set.add(template.name, template.text)
    } catch (error) {
      throw cleanParseError(error)
    }
  }
  const rendered = new Map<string, string>()
  for (const template of ordered) {
    const file = template.name.slice(template.name.lastIndexOf('/') + 1)
    if (file.startsWith('_') || template.isLibrary) continue
    try {
      rendered.set(template.name, set.execute(template.name, template.data, budget).replaceAll('<no value>', ''))
    } catch (error) {
      throw cleanExecError(error)
    }
  }
  return rendered
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function functionsFor(
  options: EngineOptions,
  running: { readonly set: () => TemplateSet; readonly budget: Budget },
): Readonly<Record<string, GoFunction>> {
  const lookup = options.lookup ?? (() => Object.create(null) as GoValue)
  const functionsOf = (set: () => TemplateSet): Readonly<Record<string, GoFunction>> => ({
    ...sprigFunctions(options.host),
    ...yamlFunctions,
    ...tomlFunctions,
    ...durationFunctions,
    ...templateFunctions({ set, budget: () => running.budget, functionsOf, lint: false }),
    lookup: new GoFunction(
      { params: ['string', 'string', 'string', 'string'] },
      ([apiVersion, kind, namespace, name]) =>
        lookup(apiVersion as string, kind as string, { namespace: namespace as string, name: name as string }),
    ),
    getHostByName: new GoFunction({ params: ['string'] }, () => ''),
  })
  const functions: Record<string, GoFunction> = { ...functionsOf(running.set) }
  delete functions['env']
  delete functions['expandenv']
  return functions
}

/** Helm's wording of a template that does not parse. */
function cleanParseError(error: unknown): unknown {
  if (!(error instanceof TemplateError)) return error
  const [file, line, ...message] = error.message.replace(/^template: /, '').split(':')
  return new TemplateError(`parse error at (${file ?? ''}:${line ?? ''}):${message.join(':')}`)
}

/** Helm's wording of a template that fails: nested places on lines of their own. */
export function cleanExecError(error: unknown): unknown {
  if (error instanceof FunctionError) return new TemplateError(error.message)
  if (!(error instanceof TemplateError)) return error
  return new TemplateError(error.message, { cause: error })
}
