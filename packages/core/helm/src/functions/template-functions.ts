import { Budget, FunctionError, GoFunction, TemplateError, TemplateSet, type GoValue } from '@kedge/gotemplate'

/** How deep one template may include itself. */
const maxRecursion = 1000

export interface TemplateFunctionsOptions {
  /** The set being run, once it exists. */
  readonly set: () => TemplateSet
  readonly budget: () => Budget
  /** All functions of a set made by `tpl`, which gets its own `include`. */
  readonly functionsOf: (set: () => TemplateSet) => Readonly<Record<string, GoFunction>>
  readonly lint: boolean
}

/** `include`, `tpl`, `required` and `fail`. Literal `<no value>` is taken out of what tpl gives, as Helm does. */
export function templateFunctions(options: TemplateFunctionsOptions): Readonly<Record<string, GoFunction>> {
  const depths = new Map<string, number>()
  return {
    include: new GoFunction({ params: ['string', 'any'] }, ([name, data]) =>
      include(name as string, data, { ...options, depths }),
    ),
    tpl: new GoFunction({ params: ['string', 'any'] }, ([text, data]) => tpl(text as string, data, options)),
    required: new GoFunction({ params: ['string', 'any'] }, ([message, value]) => required(message as string, value)),
    fail: new GoFunction({ params: ['string'] }, ([message]) => {
      throw new FunctionError(message as string)
    }),
  }
}

function include(
  name: string,
  data: GoValue,
  options: TemplateFunctionsOptions & { readonly depths: Map<string, number> },
): GoValue {
  const depth = options.depths.get(name) ?? 0
  if (depth > maxRecursion)
    throw new FunctionError(`rendering template has a nested reference name: ${name}: unable to execute template`)
  options.depths.set(name, depth + 1)
  try {
    return options.set().execute(name, data, options.budget())
  } finally {
    options.depths.set(name, depth)
  }
}

function tpl(text: string, data: GoValue, options: TemplateFunctionsOptions): GoValue {
  const parent = options.set()
  let own: TemplateSet = parent
  own = parent.clone(options.functionsOf(() => own))
  const name = parent.currentName ?? 'gotpl'
  try {
    own.add(name, text)
  } catch (error) {
    if (error instanceof TemplateError)
      throw new FunctionError(`cannot parse template ${JSON.stringify(text)}: ${error.message}`)
    throw error
  }
  try {
    return own.execute(name, data, options.budget()).replaceAll('<no value>', '')
  } catch (error) {
    if (error instanceof TemplateError)
      throw new FunctionError(`error during tpl function execution for ${JSON.stringify(text)}: ${error.message}`)
    throw error
  }
}

function required(message: string, value: GoValue): GoValue {
  if (value === null || value === undefined || value === '') throw new FunctionError(message)
  return value
}
