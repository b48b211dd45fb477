import { GoFunction, GoInt, isList, typed, type GoValue, type ParamType } from '../value/go-value.ts'

/** A function of fixed arity. */
export function fixed(params: readonly ParamType[], call: (...args: readonly GoValue[]) => GoValue): GoFunction {
  return new GoFunction({ params }, call)
}

/** A function whose last parameter type repeats, also not at all. */
export function rest(params: readonly ParamType[], call: (...args: readonly GoValue[]) => GoValue): GoFunction {
  return new GoFunction({ params, variadic: true }, call)
}

// Arguments arrive checked against the signature; these readers only tell the compiler.

export function text(value: GoValue): string {
  return typeof value === 'string' ? value : ''
}

export function number(value: GoValue): number {
  return value instanceof GoInt ? Number(value.value) : typeof value === 'number' ? value : 0
}

/** A map that templates may change, as `set` does. */
export function mutableMap(value: GoValue): Record<string, GoValue> {
  return (value ?? {}) as Record<string, GoValue>
}

export function listOf(value: GoValue): readonly GoValue[] {
  return isList(value) ? value : []
}

/** A []string. */
export function strings(values: readonly string[]): readonly string[] {
  return typed([...values], '[]string')
}

/** A map without a prototype, so that no key is special. */
export function newMap(entries: readonly (readonly [string, GoValue])[] = []): Record<string, GoValue> {
  const map = Object.create(null) as Record<string, GoValue>
  for (const [key, value] of entries) map[key] = value
  return map
}
