import { badRequest, invalid } from './status.ts'

/** Options of a create, update or patch. */
export interface WriteOptions {
  readonly dryRun: boolean
  readonly fieldManager: string
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict'
  readonly force: boolean
}

/** Options of a list or watch. */
export interface ListOptions {
  readonly limit: number
  readonly continueToken: string
  readonly resourceVersion: string
  readonly resourceVersionMatch: string
  readonly labelSelector: string
  readonly fieldSelector: string
  readonly watch: boolean
  readonly timeoutSeconds: number
  readonly allowBookmarks: boolean
  readonly sendInitialEvents: boolean
}

/** Longest field manager name. */
const managerLimit = 128

export function parseWriteOptions(query: URLSearchParams, type: string, userAgent: string): WriteOptions {
  const manager = query.get('fieldManager') ?? ''
  if (manager.length > managerLimit) {
    throw optionError(type, 'fieldManager', {
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${managerLimit} bytes`,
    })
  }
  return {
    dryRun: parseDryRun(query.getAll('dryRun'), type),
    fieldManager: manager === '' ? managerOf(userAgent) : manager,
    fieldValidation: parseValidation(query.get('fieldValidation') ?? '', type),
    force: isTrue(query.get('force')),
  }
}

/** `All` or nothing. */
export function parseDryRun(values: readonly string[], type: string): boolean {
  const wanted = values.filter((value) => value !== '')
  const wrong = wanted.find((value) => value !== 'All')
  if (wrong === undefined) return wanted.length > 0
  throw optionError(type, 'dryRun', {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`,
  })
}

export function parseListOptions(query: URLSearchParams): ListOptions {
  const options = {
    limit: parseNumber(query, 'limit'),
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    watch: isTrue(query.get('watch')),
    timeoutSeconds: parseNumber(query, 'timeoutSeconds'),
    allowBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: isTrue(query.get('sendInitialEvents')),
  }
  checkListOptions(options, query.has('sendInitialEvents') && options.watch)
  return options
}

function checkListOptions(options: ListOptions, saysInitialEvents: boolean): void {
  const match = options.resourceVersionMatch
  if (saysInitialEvents && match !== 'NotOlderThan') {
    throw matchForbidden('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
  }
  if (match === '') return
  if (options.watch) {
    if (!saysInitialEvents)
      throw matchForbidden('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')
    return
  }
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    throw optionError('ListOptions', 'resourceVersionMatch', {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`,
    })
  }
  if (options.resourceVersion === '')
    throw matchForbidden('resourceVersionMatch is forbidden unless resourceVersion is provided')
  if (options.continueToken !== '') throw matchForbidden('resourceVersionMatch is forbidden when continue is provided')
  if (match === 'Exact' && options.resourceVersion === '0') {
    throw matchForbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
  }
}

function matchForbidden(message: string): Error {
  return optionError('ListOptions', 'resourceVersionMatch', {
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${message}`,
  })
}

/** A bad query parameter, worded as a bad field of an options object. */
export function optionError(
  type: string,
  field: string,
  error: { readonly reason: string; readonly message: string },
): Error {
  return invalid({ group: 'meta.k8s.io', kind: type, name: '' }, [{ field, ...error }])
}

function parseValidation(value: string, type: string): WriteOptions['fieldValidation'] {
  if (value === '') return 'Warn'
  if (value === 'Ignore' || value === 'Warn' || value === 'Strict') return value
  throw optionError(type, 'fieldValidation', {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: "", "Ignore", "Strict", "Warn"`,
  })
}

function parseNumber(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? ''
  if (text === '') return 0
  const value = Number(text)
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(value)) return value
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
}

/** Query booleans: present and neither `false` nor `0`. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== 'false' && value !== '0'
}

/** The manager of a client that names none: the part of its user agent before the first slash. */
function managerOf(userAgent: string): string {
  const name = userAgent.split('/', 1)[0] ?? ''
  return name === '' ? 'unknown' : name.slice(0, managerLimit)
}
