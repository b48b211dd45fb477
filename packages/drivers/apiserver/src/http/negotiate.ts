import { StatusError } from './status.ts'

/** What form of an answer the Accept header asks for. Protobuf is understood and answered in JSON. */
export interface AcceptedForm {
  readonly kind: 'plain' | 'table' | 'metadata'
  readonly contentType: string
  /** Version of meta.k8s.io, for Tables and partial objects. */
  readonly version: string
}

interface MediaRange {
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
}

const plain: AcceptedForm = { kind: 'plain', contentType: 'application/json', version: '' }

/** Picks the first range that can be served, as clients list them in the order of their wish. */
export function acceptedForm(accept: string, custom: boolean): AcceptedForm {
  if (accept === '' || accept === '*/*' || accept === 'application/json') return plain
  const ranges = parseAccept(accept)
  for (const range of ranges) {
    const form = formOf(range)
    if (form !== undefined) return form
  }
  // A client that asks for protobuf alone gets JSON: every decoder of it is told by the content type.
  if (ranges.some((range) => range.type === 'application/vnd.kubernetes.protobuf' && !range.parameters.has('as')))
    return plain
  if (ranges.some((range) => servedType(range.type) !== undefined)) throw noSuchForm(custom)
  throw notAcceptable(custom)
}

/** The type is served, and not in the form that was asked for. */
function noSuchForm(custom: boolean): StatusError {
  const types = ['application/json', 'application/yaml', ...(custom ? [] : ['application/vnd.kubernetes.protobuf'])]
  return new StatusError(406, 'NotAcceptable', {
    message: `only the following media types are accepted: ${types.join(', ')}`,
  })
}

function formOf(range: MediaRange): AcceptedForm | undefined {
  const type = servedType(range.type)
  if (type === undefined) return undefined
  const as = range.parameters.get('as')
  if (as === undefined) return { ...plain, contentType: type }
  const version = range.parameters.get('v') ?? 'v1'
  if (range.parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined
  const contentType = `${type};as=${as};v=${version};g=meta.k8s.io`
  if (as === 'Table') return { kind: 'table', contentType, version }
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
    return { kind: 'metadata', contentType, version }
  return undefined
}

function servedType(type: string): string | undefined {
  if (type === '*/*' || type === 'application/*' || type === 'application/json') return 'application/json'
  if (type === 'application/yaml') return type
  return undefined
}

function parseAccept(accept: string): readonly MediaRange[] {
  return accept
    .split(',')
    .map((part) => {
      const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim())
      const pairs = parameters.map((parameter): [string, string] => {
        const equals = parameter.indexOf('=')
        return [parameter.slice(0, equals), parameter.slice(equals + 1)]
      })
      return { type: type.toLowerCase(), parameters: new Map(pairs) }
    })
    .filter((range) => range.type !== '')
}

function notAcceptable(custom: boolean): StatusError {
  const protobuf = custom ? [] : ['application/vnd.kubernetes.protobuf']
  const available = [
    'application/json',
    'application/yaml',
    ...protobuf,
    'application/json;stream=watch',
    ...protobuf.map((type) => `${type};stream=watch`),
  ]
  return new StatusError(406, 'NotAcceptable', {
    message: `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`,
    details: {},
  })
}
