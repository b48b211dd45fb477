import {
  FunctionError,
  GoFunction,
  GoInt,
  formatGoDuration,
  goObject,
  isGoObject,
  parseGoDuration,
  parseGoFloat,
  printPlain,
  quoteGo,
  typeName,
  type GoObject,
  type GoValue,
} from '@kedge/gotemplate'

const second = 1_000_000_000n
const wholeUnits = { Nanoseconds: 1n, Microseconds: 1000n, Milliseconds: 1_000_000n } as const
const hour = 3_600_000_000_000n
/** As Go counts them: the whole units and the rest apart, days and weeks from the hours. */
const fractions: Readonly<Record<string, (value: bigint) => number>> = {
  Seconds: (value) => unitsOf(value, second),
  Minutes: (value) => unitsOf(value, 60n * second),
  Hours: (value) => unitsOf(value, hour),
  Days: (value) => unitsOf(value, hour) / 24,
  Weeks: (value) => unitsOf(value, hour) / 24 / 7,
}
const largest = 2n ** 63n - 1n

/** The duration functions that Helm 4.3 adds. What is no duration counts as none, except for `mustToDuration`. */
export const durationFunctions: Readonly<Record<string, GoFunction>> = {
  mustToDuration: new GoFunction({ params: ['any'] }, (value) => durationObject(parse(value))),
  ...Object.fromEntries(
    Object.entries(wholeUnits).map(([unit, size]) => [
      `duration${unit}`,
      new GoFunction({ params: ['any'] }, (value) => new GoInt(orZero(value) / size, 'int64')),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(fractions).map(([unit, count]) => [
      `duration${unit}`,
      new GoFunction({ params: ['any'] }, (value) => count(orZero(value))),
    ]),
  ),
  durationRoundTo: multiple(roundTo),
  durationTruncateTo: multiple((value, by) => value - (value % by)),
}

/** A function of a duration and what it is to be a multiple of; without the second the first stays as it is. */
function multiple(call: (value: bigint, by: bigint) => bigint): GoFunction {
  return new GoFunction({ params: ['any', 'any'] }, (value, by) => {
    const duration = orZero(value)
    const step = orZero(by)
    return durationObject(step <= 0n ? duration : call(duration, step))
  })
}

function unitsOf(value: bigint, unit: bigint): number {
  return Number(value / unit) + Number(value % unit) / Number(unit)
}

function roundTo(value: bigint, by: bigint): bigint {
  const rest = value % by
  const absolute = rest < 0n ? -rest : rest
  const base = value - rest
  if (absolute + absolute < by) return base
  const away = base + (value < 0n ? -by : by)
  if (away > largest) return largest
  return away < -largest - 1n ? -largest - 1n : away
}

function orZero(value: GoValue): bigint {
  try {
    return parse(value)
  } catch (error) {
    if (error instanceof FunctionError) return 0n
    throw error
  }
}

/** Nanoseconds of a text as Go's durations are written, or of a number of seconds. */
function parse(value: GoValue): bigint {
  if (typeof value === 'string') return parseText(value)
  if (typeof value === 'number') return ofSeconds(value)
  if (value === null || value === undefined) throw new FunctionError('invalid duration')
  if (value instanceof GoInt) {
    const nanoseconds = value.value * second
    if (nanoseconds > largest || nanoseconds < -largest)
      throw new FunctionError(`duration seconds overflow: ${value.value}`)
    return nanoseconds
  }
  if (isGoObject(value) && value[goObject].underlying instanceof GoInt) return value[goObject].underlying.value
  throw new FunctionError(`unsupported duration type ${typeName(value)}`)
}

function parseText(text: string): bigint {
  const trimmed = text.trim()
  if (trimmed === '') throw new FunctionError('empty duration')
  const parsed = parseGoDuration(trimmed)
  if (parsed !== undefined) return parsed
  const seconds = parseGoFloat(trimmed)
  if (seconds !== undefined) return ofSeconds(seconds)
  throw new FunctionError(`could not parse duration ${quoteGo(text)}`)
}

function ofSeconds(seconds: number): bigint {
  if (!Number.isFinite(seconds)) throw new FunctionError(`invalid duration seconds: ${printPlain(seconds)}`)
  if (Math.abs(seconds) > Number(largest) / 1e9)
    throw new FunctionError(`duration seconds overflow: ${printPlain(seconds)}`)
  return BigInt(Math.trunc(seconds * 1e9))
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
