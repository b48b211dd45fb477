import { addresses, addressFunctions } from './addresses.ts'
import { conversions } from './conversions.ts'
import type { Library, Overload } from './define.ts'
import { encoders } from './encoders.ts'
import { formatFunctions, formats } from './formats.ts'
import { listFunctions, lists } from './lists.ts'
import { mathFunctions } from './math.ts'
import { operators } from './operators.ts'
import { optionalFunctions, optionals } from './optionals.ts'
import { quantities, quantityFunctions } from './quantities.ts'
import { semverFunctions, semvers } from './semvers.ts'
import { stringFunctions, strings } from './strings.ts'
import { times } from './times.ts'
import { urlFunctions, urls } from './urls.ts'

/** Functions that are called by name, namespaces included (`math.greatest`). */
export const globalFunctions: ReadonlyMap<string, readonly Overload[]> = join([
  operators,
  conversions,
  stringFunctions,
  listFunctions,
  mathFunctions,
  optionalFunctions,
  encoders,
  quantityFunctions,
  addressFunctions,
  urlFunctions,
  formatFunctions,
  semverFunctions,
])

/** Functions that are called on a value. */
export const methods: ReadonlyMap<string, readonly Overload[]> = join([
  strings,
  lists,
  times,
  optionals,
  quantities,
  addresses,
  urls,
  formats,
  semvers,
  { size: operators['size'] ?? [] },
])

function join(libraries: readonly Library[]): ReadonlyMap<string, readonly Overload[]> {
  const out = new Map<string, readonly Overload[]>()
  for (const library of libraries) {
    for (const [name, overloads] of Object.entries(library)) out.set(name, [...(out.get(name) ?? []), ...overloads])
  }
  return out
}
