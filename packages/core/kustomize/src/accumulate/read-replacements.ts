import { buildFailure, wrapFailure } from '../build-failure.ts'
import { decodeUtf8 } from '../generate/pairs.ts'
import type { Loader } from '../load/loader.ts'
import type { Replacement } from '../model/kustomization.ts'
import { parseScalarText } from '../nodes/scalar-text.ts'
import { locateMessage } from '../read/locate-message.ts'
import { looseValue } from '../read/loose-value.ts'
import { list } from '../read/shape.ts'
import { replacement } from '../read/spec-shapes.ts'

/** The replacements of a field, with those of the files that it names in their places. */
export function readReplacements(entries: readonly Replacement[], loader: Loader): readonly Replacement[] {
  return entries.flatMap((entry) => {
    const { path = '' } = entry
    if (path === '') return [entry]
    if (entry.source !== undefined || (entry.targets ?? []).length > 0) {
      throw buildFailure('kustomize-invalid', 'cannot specify both path and inline replacement')
    }
    return readFile(path, loader)
  })
}

function readFile(path: string, loader: Loader): readonly Replacement[] {
  const { bytes, name } = loader.load(path)
  const value = looseValue(decodeUtf8(bytes) ?? '', name)
  try {
    if (Array.isArray(value)) return list(replacement, {})(value, '', 'lenient') ?? []
    if (typeof value === 'object' && value !== null) return [replacement(value, '', 'lenient') ?? {}]
  } catch (error) {
    const root = parseScalarText(decodeUtf8(bytes) ?? '')
    throw wrapFailure(error, 'replacements', locateMessage(error, root, name))
  }
  throw buildFailure('kustomize-invalid', 'unsupported replacement type encountered within replacement path', {
    origin: { file: name },
  })
}
