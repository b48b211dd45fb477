import {
  BudgetError,
  FunctionError,
  GoFunction,
  TemplateError,
  quoteGo,
  type Budget,
  type GoValue,
  type TemplateSet,
} from '@kedge/gotemplate'
import { wrapFailure } from '../render/exec-error.ts'
import type { Warn } from '../values/coalesce.ts'

/** How deep one template may include itself. */
const maxRecursion = 1000

export interface TemplateFunctionsOptions {
  /** The set being run, once it exists. */
  readonly set: () => TemplateSet
  readonly budget: Budget
  /** How often each template is being included; shared with every set that `tpl` makes. */
  readonly depths: Map<string, number>
  /** Linting goes on where values are missing, and tells of it. */
  readonly lint: Warn | undefined
}

/** `include`, `tpl`, `required` and `fail`. Literal `<no value>` is taken out of what tpl gives, as Helm does. */
export function templateFunctions(options: TemplateFunctionsOptions): Readonly<Record<string, GoFunction>> {
  return {
    ...setFunctions(options),
    required: new GoFunction({ params: ['string', 'any'] }, (message, value) => {
      if (value !== null && value !== undefined && value !== '') return value
      if (options.lint === undefined) throw new FunctionError(wrapFailure(message as string))
      const what = value === '' ? 'missing required values' : 'missing required value'
      options.lint(what, { attributes: { message: message as string } })
      return ''
    }),
    fail: new GoFunction({ params: ['string'] }, (message) => {
      if (options.lint === undefined) throw new FunctionError(wrapFailure(message as string))
      options.lint('funcMap fail', { level: 'INFO', attributes: { message: message as string } })
      return ''
    }),
  }
}

/** The functions that belong to one set of templates. */
function setFunctions(options: TemplateFunctionsOptions): Readonly<Record<string, GoFunction>> {
  return {
    include: new GoFunction({ params: ['string', 'any'] }, (name, data) => include(name as string, data, options)),
    tpl: new GoFunction({ params: ['string', 'any'] }, (text, data) => tpl(text as string, data, options)),
  }
}

function include(name: string, data: GoValue, options: TemplateFunctionsOptions): GoValue {
  const { depths } = options
  const depth = depths.get(name) ?? 0
  if (depth > maxRecursion)
    throw new FunctionError(`rendering template has a nested reference name: ${name}: unable to execute template`)
  depths.set(name, depth + 1)
  try {
    return options.set().execute(name, data, options.budget)
  } finally {
    depths.set(name, depth)
  }
}

function tpl(text: string, data: GoValue, options: TemplateFunctionsOptions): GoValue {
  const parent = options.set()
  // Plain text gives itself.
  if (!text.includes('{{')) {
    options.budget.write(text.length)
    return text.replaceAll('<no value>', '')
  }
  const own: TemplateSet = parent.clone(setFunctions({ ...options, set: () => own }))
  try {
    own.add('gotpl', text)
  } catch (error) {
    if (error instanceof TemplateError)
      throw new FunctionError(`cannot parse template ${quoteGo(text)}: ${error.message}`, { cause: error })
    throw error
  }
  try {
    return own.execute('gotpl', data, options.budget).replaceAll('<no value>', '')
  } catch (error) {
    if (error instanceof TemplateError && !(error instanceof BudgetError))
      throw new FunctionError(`error during tpl function execution for ${quoteGo(text)}: ${error.message}`, {
        cause: error,
      })
    throw error
  }
}
