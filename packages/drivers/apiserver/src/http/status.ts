import type { Access, AccessAttributes, Draft, FieldError } from '../contracts.ts'

interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}

/** What an object or a resource is called in messages. `kind` is the resource's plural, or the Kind in validation errors. */
export interface Subject {
  readonly group: string
  readonly kind: string
  readonly name: string
}

/** A request that ends with a Status of failure. Only the request chain catches it. */
export class StatusError extends Error {
  readonly code: number
  readonly reason: string
  readonly details: StatusDetails | undefined

  constructor(code: number, reason: string, options: { message: string; details?: StatusDetails }) {
    super(options.message)
    this.name = 'StatusError'
    this.code = code
    this.reason = reason
    this.details = options.details
  }

  /** The Status object that clients get. */
  toStatus(): Draft {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    }
  }
}

/** `configmaps` or `deployments.apps`, as messages name a resource. */
function qualified(subject: Pick<Subject, 'group' | 'kind'>): string {
  return subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`
}

export function notFound(subject: Subject): StatusError {
  return new StatusError(404, 'NotFound', {
    message: `${qualified(subject)} "${subject.name}" not found`,
    details: detailsOf(subject),
  })
}

/** The resource itself is not served. */
export function noSuchResource(): StatusError {
  return new StatusError(404, 'NotFound', { message: 'the server could not find the requested resource', details: {} })
}

export function alreadyExists(subject: Subject): StatusError {
  return new StatusError(409, 'AlreadyExists', {
    message: `${qualified(subject)} "${subject.name}" already exists`,
    details: detailsOf(subject),
  })
}

export function conflict(subject: Subject, message: string): StatusError {
  return new StatusError(409, 'Conflict', {
    message: `Operation cannot be fulfilled on ${qualified(subject)} "${subject.name}": ${message}`,
    details: detailsOf(subject),
  })
}

/** The resourceVersion that the client holds is no longer the present one. */
export function modified(subject: Subject): StatusError {
  return conflict(
    subject,
    'the object has been modified; please apply your changes to the latest version and try again',
  )
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', { message })
}

export function forbidden(subject: Subject, message: string, causes?: readonly StatusCause[]): StatusError {
  const name = subject.name === '' ? '' : ` "${subject.name}"`
  return new StatusError(403, 'Forbidden', {
    message: `${qualified(subject)}${name} is forbidden: ${message}`,
    details: { ...detailsOf(subject), ...(causes === undefined ? {} : { causes }) },
  })
}

/** The user may not do this. */
export function notAllowed(attributes: AccessAttributes, access: Pick<Access, 'forbiddenMessage'>): StatusError {
  const { group, resource, name } = attributes
  return new StatusError(403, 'Forbidden', {
    message: access.forbiddenMessage(attributes),
    details: detailsOf({ group, kind: resource, name }),
  })
}

export function methodNotAllowed(): StatusError {
  return new StatusError(405, 'MethodNotAllowed', {
    message: 'the server does not allow this method on the requested resource',
    details: {},
  })
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', { message: 'Unauthorized' })
}

export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', { message })
}

export function internalError(message: string): StatusError {
  return new StatusError(500, 'InternalError', {
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
  })
}

export function tooLargeResourceVersion(asked: number, current: number): StatusError {
  return new StatusError(504, 'Timeout', {
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  })
}

/** Validation errors, worded together as the real server does. `kind` is the Kind. */
export function invalid(subject: Subject, errors: readonly FieldError[]): StatusError {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
  const all = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`
  return new StatusError(422, 'Invalid', {
    message: `${qualified(subject)} "${subject.name}" is invalid: ${all}`,
    details: {
      ...detailsOf(subject),
      causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
    },
  })
}

function detailsOf(subject: Subject): StatusDetails {
  return {
    ...(subject.name === '' ? {} : { name: subject.name }),
    ...(subject.group === '' ? {} : { group: subject.group }),
    ...(subject.kind === '' ? {} : { kind: subject.kind }),
  }
}

/** The Status that tells a completed deletion. */
export function deleted(subject: Subject, uid: string): Draft {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...detailsOf(subject), uid },
  }
}
