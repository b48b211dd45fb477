import { FunctionError, GoFunction, GoInt, goObject, isGoObject, type GoObject, type GoValue } from '@kedge/gotemplate'
import { formatGoDuration, parseGoDuration } from '@kedge/gotemplate'

const nanoseconds = { Nanoseconds: 1n, Microseconds: 1000n, Milliseconds: 1_000_000n } as const
const fractions = { Seconds: 1e9, Minutes: 6e10, Hours: 3.6e12, Days: 8.64e13, Weeks: 6.048e14 } as const

/** The duration functions that Helm 4.3 adds. */
export const durationFunctions: Readonly<Record<string, GoFunction>> = {
  mustToDuration: one((value) => durationObject(toDuration(value))),
  ...Object.fromEntries(
    Object.entries(nanoseconds).map(([unit, size]) => [
      `duration${unit}`,
      one((value) => new GoInt(toDuration(value) / size, 'int64')),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(fractions).map(([unit, size]) => [
      `duration${unit}`,
      one((value) => Number(toDuration(value)) / size),
    ]),
  ),
  durationRoundTo: two((value, by) => durationObject(roundTo(toDuration(value), toDuration(by)))),
  durationTruncateTo: two((value, by) =>
    durationObject(toDuration(value) - (toDuration(by) <= 0n ? 0n : toDuration(value) % toDuration(by))),
  ),
}

function one(call: (value: GoValue) => GoValue): GoFunction {
  return new GoFunction({ params: ['any'] }, ([value]) => call(value))
}

function two(call: (a: GoValue, b: GoValue) => GoValue): GoFunction {
  return new GoFunction({ params: ['any', 'any'] }, ([a, b]) => call(a, b))
}

function roundTo(value: bigint, by: bigint): bigint {
  if (by <= 0n) return value
  const rest = value % by
  const absolute = rest < 0n ? -rest : rest
  const base = value - rest
  return absolute + absolute < by ? base : base + (value < 0n ? -by : by)
}

/** A text as Go's durations are written; a bare number is seconds. */
function toDuration(value: GoValue): bigint {
  if (typeof value === 'string') {
    const parsed = parseGoDuration(value)
    if (parsed !== undefined) return parsed
    if (/^[+-]?\d+$/.test(value)) return BigInt(value) * 1_000_000_000n
    throw new FunctionError(`time: invalid duration ${JSON.stringify(value)}`)
  }
  if (typeof value === 'number') return BigInt(Math.trunc(value * 1e9))
  if (value instanceof GoInt) return value.value * 1_000_000_000n
  if (isGoObject(value) && value[goObject].underlying instanceof GoInt) return value[goObject].underlying.value
  throw new FunctionError('unsupported type for duration')
}

function durationObject(value: bigint): GoObject {
  return {
    [goObject]: {
      type: 'time.Duration',
      kind: 'int64',
      print: () => formatGoDuration(value),
      underlying: new GoInt(value, 'int64'),
    },
  }
}
