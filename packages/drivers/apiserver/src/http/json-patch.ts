import { cloneValue, isDraft, isEqual } from './draft.ts'
import { badRequest, StatusError } from './status.ts'

/** Most operations in one patch, as the real server's. */
const operationLimit = 10_000

interface Operation {
  readonly op: string
  readonly path: string
  readonly from: string | undefined
  readonly value: unknown
}

/** Applies an RFC 6902 patch; the document is not changed. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const operations = readOperations(patch)
  let root = cloneValue(document)
  for (const operation of operations) root = applyOne(root, operation)
  return root
}

function readOperations(patch: unknown): readonly Operation[] {
  if (!Array.isArray(patch))
    throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp')
  if (patch.length > operationLimit) {
    throw new StatusError(413, 'RequestEntityTooLarge', {
      message: `The allowed maximum operations in a JSON patch is ${operationLimit}, got ${patch.length}`,
    })
  }
  return patch.map((item: unknown) => {
    if (!isDraft(item)) throw badRequest('json: cannot unmarshal array into Go value of type jsonpatch.Operation')
    const { op, path, from, value } = item
    return {
      op: typeof op === 'string' ? op : '',
      path: typeof path === 'string' ? path : '',
      from: typeof from === 'string' ? from : undefined,
      value,
    }
  })
}

function applyOne(root: unknown, operation: Operation): unknown {
  const { op, path } = operation
  switch (op) {
    case 'add':
      return add(root, path, cloneValue(operation.value ?? null))
    case 'remove':
      return remove(root, path)
    case 'replace':
      return swap(root, path, cloneValue(operation.value ?? null))
    case 'move': {
      const moved = find(root, operation.from ?? '', 'move')
      return add(remove(root, operation.from ?? ''), path, moved)
    }
    case 'copy':
      return add(root, path, cloneValue(find(root, operation.from ?? '', 'copy')))
    case 'test':
      return test(root, path, operation.value ?? null)
    default:
      throw rejected()
  }
}

function test(root: unknown, path: string, wanted: unknown): unknown {
  const found = path === '' ? root : valueAt(root, path)
  if (!isEqual(found ?? null, wanted)) throw rejected()
  return root
}

function find(root: unknown, path: string, op: string): unknown {
  const value = path === '' ? root : valueAt(root, path)
  if (value === undefined) throw rejected(`${op} operation does not apply: doc is missing path`)
  return value
}

function add(root: unknown, path: string, value: unknown): unknown {
  if (path === '') return value
  const { parent, last } = locate(root, path)
  if (Array.isArray(parent)) parent.splice(last === '-' ? parent.length : indexIn(last, parent.length), 0, value)
  else parent[last] = value
  return root
}

function remove(root: unknown, path: string): unknown {
  const { parent, last } = locate(root, path)
  if (Array.isArray(parent)) parent.splice(indexIn(last, parent.length - 1), 1)
  else {
    if (!(last in parent)) throw rejected()
    delete parent[last]
  }
  return root
}

function swap(root: unknown, path: string, value: unknown): unknown {
  if (path === '') return value
  const { parent, last } = locate(root, path)
  if (Array.isArray(parent)) parent[indexIn(last, parent.length - 1)] = value
  else {
    if (!(last in parent)) throw rejected()
    parent[last] = value
  }
  return root
}

/** The container that holds the last part of a path, and that part. */
function locate(
  root: unknown,
  path: string,
): { readonly parent: Record<string, unknown> | unknown[]; readonly last: string } {
  const parts = splitPointer(path)
  const last = parts.pop() ?? ''
  let parent = root
  for (const part of parts) parent = child(parent, part)
  if (Array.isArray(parent)) return { parent: parent as unknown[], last }
  if (isDraft(parent)) return { parent, last }
  throw rejected()
}

function valueAt(root: unknown, path: string): unknown {
  let value = root
  for (const part of splitPointer(path)) value = child(value, part)
  return value
}

function child(value: unknown, part: string): unknown {
  if (Array.isArray(value)) return value[indexIn(part, value.length - 1)] as unknown
  return isDraft(value) && Object.hasOwn(value, part) ? value[part] : undefined
}

function splitPointer(path: string): string[] {
  // What stands before the first slash is not looked at, as in the library of the real server.
  const [, ...parts] = path.split('/')
  if (parts.length === 0) throw rejected()
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function indexIn(part: string, largest: number): number {
  const index = Number(part)
  if (!/^-?\d+$/.test(part) || index > largest) throw rejected()
  if (index >= 0) return index
  const fromEnd = largest + 1 + index
  if (fromEnd < 0) throw rejected()
  return fromEnd
}

/** A patch that does not fit the object. The real server tells no more than this. */
function rejected(message = 'the server rejected our request due to an error in our request'): StatusError {
  return new StatusError(422, 'Invalid', { message, details: {} })
}
