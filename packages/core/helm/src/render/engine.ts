import {
  Budget,
  GoFunction,
  TemplateError,
  TemplateSet,
  newGoMap,
  sprigFunctions,
  type GoValue,
  type SprigHost,
  type TemplateSetOptions,
} from '@kedge/gotemplate'
import type { Chart } from '../chart/chart.ts'
import { durationFunctions } from '../functions/durations.ts'
import { templateFunctions } from '../functions/template-functions.ts'
import { tomlFunctions } from '../functions/toml.ts'
import { yamlFunctions } from '../functions/yaml.ts'
import type { RenderTrace } from '../explain/render-trace.ts'
import type { Warn } from '../values/coalesce.ts'
import type { Capabilities } from './capabilities.ts'
import { describeExecError, describeParseError } from './exec-error.ts'
import { valuesMap } from './values-methods.ts'
import { toRenderValues, type ReadyTemplate, type ReleaseFacts } from './render-values.ts'

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
  /** Parsed templates of charts rendered before. */
  readonly parsed?: ParsedTemplates
  /** Takes down where output comes from. */
  readonly trace?: RenderTrace | undefined
  /** Is told where `required` and `fail` would end the run, and it goes on, as linting does. */
  readonly lint?: Warn
}

export interface RenderRequest {
  readonly chart: Chart
  /** Coalesced values of the root chart. */
  readonly values: Readonly<Record<string, unknown>>
  readonly release: ReleaseFacts
  readonly capabilities: Capabilities
}

/** Keeps the parsed and compiled templates of the charts rendered last, by their texts and the host of their functions. */
export class ParsedTemplates {
  readonly #limit: number
  readonly #sets: { readonly texts: readonly TemplateText[]; readonly host: SprigHost; readonly set: TemplateSet }[] =
    []

  /** How many charts are kept. */
  constructor(limit: number = 16) {
    this.#limit = limit
  }

  find(templates: readonly ReadyTemplate[], host: SprigHost): TemplateSet | undefined {
    const at = this.#sets.findIndex((kept) => kept.host === host && hasSameTexts(kept.texts, templates))
    const [found] = at < 0 ? [] : this.#sets.splice(at, 1)
    if (found !== undefined) this.#sets.push(found)
    return found?.set
  }

  keep(templates: readonly ReadyTemplate[], host: SprigHost, set: TemplateSet): void {
    const texts = templates.map(({ name, text }) => ({ name, text }))
    this.#sets.push({ texts, host, set })
    if (this.#sets.length > this.#limit) this.#sets.shift()
  }
}

type TemplateText = Pick<ReadyTemplate, 'name' | 'text'>

function hasSameTexts(a: readonly TemplateText[], b: readonly TemplateText[]): boolean {
  return a.length === b.length && a.every(({ name, text }, index) => name === b[index]?.name && text === b[index]?.text)
}

/** A chart's rendered files by their full names, `chart/templates/x.yaml`. Throws TemplateError in Helm's wording. */
export function renderChart(request: RenderRequest, options: EngineOptions): ReadonlyMap<string, string> {
  const budget = options.budget?.() ?? new Budget({ steps: 20_000_000, outputLength: 64 * 2 ** 20 })
  const templates = inParsingOrder(toRenderValues(request))
  options.trace?.begin(templates)
  const functions = runningFunctions(options, { set: () => set, budget })
  const set: TemplateSet = parsedSet(templates, options, functions).clone(functions, options.trace?.recorder)
  const rendered = new Map<string, string>()
  try {
    for (const template of templates)
      if (!isPartial(template)) rendered.set(template.name, renderOne(set, template, budget))
  } catch (error) {
    // Helm parses everything before it runs anything.
    parseAll(new TemplateSet(setOptions({ ...fixedFunctionsOf(options.host), ...functions })), templates)
    throw error
  }
  return rendered
}

function isPartial({ name }: ReadyTemplate): boolean {
  return name.slice(name.lastIndexOf('/') + 1).startsWith('_')
}

function renderOne(set: TemplateSet, { name, basePath, data }: ReadyTemplate, budget: Budget): string {
  data['Template'] = valuesMap(
    newGoMap([
      ['Name', name],
      ['BasePath', basePath],
    ]),
  )
  try {
    return set.execute(name, data, budget).replaceAll('<no value>', '')
  } catch (error) {
    throw error instanceof TemplateError ? describeExecError(error, name) : error
  }
}

/** Other renderings may share the set: it knows the names of running functions, and each of its clones has its own. */
function parsedSet(
  templates: readonly ReadyTemplate[],
  { host, parsed }: EngineOptions,
  running: Readonly<Record<string, GoFunction>>,
): TemplateSet {
  const known = parsed?.find(templates, host)
  if (known !== undefined) return known
  const options = setOptions({ ...fixedFunctionsOf(host), ...running })
  const set = new TemplateSet(options)
  try {
    // Most templates are run once: a chart's whole is never held in parsed form.
    for (const template of templates) {
      if (isPartial(template) || mayDefine.test(template.text)) set.add(template.name, template.text)
      else set.addLater(template.name, template.text)
    }
  } catch (error) {
    parseAll(new TemplateSet(options), templates)
    throw error
  }
  parsed?.keep(templates, host, set)
  return set
}

/** Words without which a text defines no templates. */
const mayDefine = /define|block/

function setOptions(functions: Readonly<Record<string, GoFunction>>): TemplateSetOptions {
  return { functions, missingKey: 'zero', name: 'gotpl' }
}

/** Throws what is malformed in the first text that is. */
function parseAll(set: TemplateSet, templates: readonly ReadyTemplate[]): void {
  for (const { name, text } of templates) {
    try {
      set.add(name, text)
    } catch (error) {
      throw error instanceof TemplateError ? describeParseError(error, name) : error
    }
  }
}

/** Deepest first, so that a parent's definition replaces that of a subchart. */
function inParsingOrder(templates: readonly ReadyTemplate[]): readonly ReadyTemplate[] {
  return templates
    .map((template) => ({ template, depth: template.name.split('/').length }))
    .toSorted((a, b) => b.depth - a.depth || (a.template.name < b.template.name ? 1 : -1))
    .map(({ template }) => template)
}

/** What does not depend on the chart that is rendered, by the host; a null prototype, for the names come from templates. */
const fixedFunctions = new WeakMap<SprigHost, Readonly<Record<string, GoFunction>>>()

function fixedFunctionsOf(host: SprigHost): Readonly<Record<string, GoFunction>> {
  const known = fixedFunctions.get(host)
  if (known !== undefined) return known
  const functions: Record<string, GoFunction> = Object.assign(
    Object.create(null) as Record<string, GoFunction>,
    sprigFunctions(host),
    yamlFunctions,
    tomlFunctions,
    durationFunctions,
    { getHostByName: new GoFunction({ params: ['string'] }, () => '') },
  )
  delete functions['env']
  delete functions['expandenv']
  fixedFunctions.set(host, functions)
  return functions
}

/** What belongs to one rendering. */
function runningFunctions(
  options: EngineOptions,
  running: { readonly set: () => TemplateSet; readonly budget: Budget },
): Readonly<Record<string, GoFunction>> {
  const lookup = options.lookup ?? (() => Object.create(null) as GoValue)
  return {
    ...templateFunctions({ ...running, depths: new Map(), lint: options.lint }),
    lookup: new GoFunction(
      { params: ['string', 'string', 'string', 'string'] },
      (...[apiVersion, kind, namespace, name]) =>
        lookup(apiVersion as string, kind as string, { namespace: namespace as string, name: name as string }),
    ),
  }
}
