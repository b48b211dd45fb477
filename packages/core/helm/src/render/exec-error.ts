import { BudgetError, TemplateError } from '@kedge/gotemplate'

/** Marks the message of `fail` and `required`, so that it is found again in the error that template execution makes of it. */
const failStart = 'HELM_ERR_START'
const failEnd = 'HELM_ERR_END'

/** The message of `fail` and `required` as they raise it. */
export function wrapFailure(message: string): string {
  return `${failStart}${message}${failEnd}`
}

/** Helm's wording of a template that does not parse. */
export function describeParseError(error: TemplateError, file: string): TemplateError {
  if (error instanceof BudgetError) return error
  const tokens = error.message.split(': ')
  if (tokens.length === 1) return new TemplateError(`parse error in (${file}): ${error.message}`, { cause: error })
  return new TemplateError(`parse error at (${tokens[1] ?? ''}): ${tokens.at(-1) ?? ''}`, { cause: error })
}

/** Helm's wording of a template that fails: every place on the way on lines of its own, or the message of `fail` alone. */
export function describeExecError(error: TemplateError, file: string): TemplateError {
  if (!isExecError(error)) return error
  const [, location, rest] = cutTwice(error.message)
  if (rest === undefined) return new TemplateError(`execution error in (${file}): ${error.message}`, { cause: error })
  const failure = new RegExp(`${failStart}(.*)${failEnd}`, 's').exec(rest)
  if (failure !== null)
    return new TemplateError(`execution error at (${location ?? ''}): ${failure[1] ?? ''}`, { cause: error })
  return placesOf(error) ?? error
}

/** Whether the error, or one it comes from, was met while executing. */
function isExecError(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof TemplateError && / executing "/.test(at.message)) return true
  }
  return false
}

function cutTwice(message: string): readonly (string | undefined)[] {
  const first = message.indexOf(': ')
  const second = first < 0 ? -1 : message.indexOf(': ', first + 2)
  return second < 0 ? [message] : [message.slice(0, first), message.slice(first + 2, second), message.slice(second + 2)]
}

/** Undefined when one of the errors has another form. */
function placesOf(error: TemplateError): TemplateError | undefined {
  const places: string[] = []
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const place = placeOf(at.message)
    if (place === undefined) return undefined
    if (place !== places.at(-1)) places.push(place)
  }
  return new TemplateError(places.join('').trim(), { cause: error })
}

function placeOf(message: string): string | undefined {
  if (!message.startsWith('template: ')) return undefined
  const rest = message.slice('template: '.length)
  if (rest.startsWith('no template ')) return `${message}\n`
  return executingPlace(rest) ?? plainPlace(rest)
}

function executingPlace(rest: string): string | undefined {
  const match = /^(.*?): executing "([^"]*)" at <(.*)$/s.exec(rest)
  if (match === null) return undefined
  const [, location = '', name = '', after = ''] = match
  const end = after.indexOf('>: ')
  if (end < 0) return undefined
  return linesOf({
    location,
    executing: `executing "${name}" at <${after.slice(0, end)}>:`,
    message: after.slice(end + 3),
  })
}

function plainPlace(rest: string): string | undefined {
  const colon = rest.lastIndexOf(': ')
  if (colon < 0) return undefined
  return linesOf({ location: rest.slice(0, colon), executing: '', message: rest.slice(colon + 2) })
}

function linesOf(place: { readonly location: string; readonly executing: string; readonly message: string }): string {
  const cut = place.message.indexOf(' template:')
  const message = cut < 0 ? place.message : place.message.slice(0, cut)
  const location = place.location === '' ? '' : `${place.location}\n  `
  const executing = place.executing === '' ? '' : `${place.executing}\n    `
  return `${location}${executing}${message === '' ? '' : `${message}\n`}`
}
