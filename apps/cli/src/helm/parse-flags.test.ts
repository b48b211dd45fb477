import { expect, test } from 'vitest'
import { parseFlags, type FlagSpec } from './parse-flags.ts'

const specs: Readonly<Record<string, FlagSpec>> = {
  all: { kind: 'boolean', short: 'A' },
  quiet: { kind: 'boolean', short: 'q' },
  namespace: { kind: 'text', short: 'n' },
  values: { kind: 'words', short: 'f' },
  wait: { kind: 'text', alone: 'watcher' },
}

test.each([
  [['-Aq'], { all: ['true'], quiet: ['true'] }],
  [['-Anprod'], { all: ['true'], namespace: ['prod'] }],
  [['-An', 'prod', 'x'], { all: ['true'], namespace: ['prod'] }],
  [['-q=false', '-n=x'], { quiet: ['false'], namespace: ['x'] }],
  [['-f', 'a,"b,c"', '--values=d'], { values: ['a', 'b,c', 'd'] }],
  [['--wait', '--all=t'], { wait: ['watcher'], all: ['t'] }],
])('%j is read as %j', (args, expected) => {
  const flags = parseFlags(args, specs)
  const read = Object.keys(specs).filter((name) => flags.has(name))
  expect(Object.fromEntries(read.map((name) => [name, flags.list(name)]))).toEqual(expected)
})

test.each([
  [['--nope'], 'unknown flag: --nope'],
  [['-Ax'], "unknown shorthand flag: 'x' in -x"],
  [['-n'], "flag needs an argument: 'n' in -n"],
  [['--namespace'], 'flag needs an argument: --namespace'],
  [['--=x'], 'bad flag syntax: --=x'],
  [['-q=x'], 'invalid argument "x" for "-q, --quiet" flag: strconv.ParseBool: parsing "x": invalid syntax'],
])('%j fails with %s', (args, message) => {
  expect(() => parseFlags(args, specs)).toThrow(message)
})
