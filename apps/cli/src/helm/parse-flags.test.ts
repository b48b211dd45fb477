import { expect, test } from 'vitest'
import { parseFlags, type FlagSpec } from './parse-flags.ts'

const specs: Readonly<Record<string, FlagSpec>> = {
  all: { kind: 'boolean', short: 'A' },
  quiet: { kind: 'boolean', short: 'q' },
  namespace: { kind: 'text', short: 'n' },
  values: { kind: 'words', short: 'f' },
  wait: { kind: 'text', alone: 'watcher', value: 'wait' },
  old: { kind: 'boolean', deprecated: 'use --all' },
  max: { kind: 'text', value: 'integer' },
  width: { kind: 'text', value: 'unsigned' },
  qps: { kind: 'text', value: 'float' },
  timeout: { kind: 'text', value: 'duration' },
  labels: { kind: 'list', value: 'pairs' },
  debug: { kind: 'boolean', variable: 'DEBUG' },
  group: { kind: 'list', variable: 'GROUPS' },
  context: { kind: 'text', variable: 'CONTEXT' },
}

test.each([
  [['-Aq'], { all: ['true'], quiet: ['true'] }],
  [['-Anprod'], { all: ['true'], namespace: ['prod'] }],
  [['-An', 'prod', 'x'], { all: ['true'], namespace: ['prod'] }],
  [['-q=false', '-n=x'], { quiet: ['false'], namespace: ['x'] }],
  [['-f', 'a,"b,c"', '--values=d'], { values: ['a', 'b,c', 'd'] }],
  [['--wait', '--all=t'], { wait: ['watcher'], all: ['t'] }],
  [['-n='], { namespace: ['='] }],
  [['-n', ''], { namespace: [''] }],
  [['--max=0x1f', '--max', '1_000', '--max=-7'], { max: ['0x1f', '1_000', '-7'] }],
  [['--qps', 'NaN', '--qps=0x1p3', '--qps=1e3'], { qps: ['NaN', '0x1p3', '1e3'] }],
  [['--labels', 'a=b,c', '--labels', 'a=b,c=d', '--labels', '=x'], { labels: ['a=b,c', 'a=b,c=d', '=x'] }],
  [['-f', 'a,,b', '-f', ''], { values: ['a', '', 'b'] }],
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
  [['--wait=x'], 'invalid wait input "x". Valid inputs are watcher, hookOnly, and legacy'],
  [['--max', '99999999999999999999'], 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
  [['--max', '08'], 'strconv.ParseInt: parsing "08": invalid syntax'],
  [['--width', '-1'], 'strconv.ParseUint: parsing "-1": invalid syntax'],
  [['--qps', '1e400'], 'strconv.ParseFloat: parsing "1e400": value out of range'],
  [['--timeout', '5m3'], 'time: missing unit in duration "5m3"'],
  [['--timeout', '1d'], 'time: unknown unit "d" in duration "1d"'],
  [['--timeout', 'x'], 'time: invalid duration "x"'],
  [['--labels', ''], 'flag:  must be formatted as key=value'],
  [['--labels', 'a=b,c=d,e'], 'flag: e must be formatted as key=value'],
  [['-f', '"a'], 'parse error on line 1, column 3: extraneous or missing " in quoted-field'],
  [['-f', 'a"b'], 'parse error on line 1, column 2: bare " in non-quoted field'],
  [['-q=x'], 'invalid argument "x" for "-q, --quiet" flag: strconv.ParseBool: parsing "x": invalid syntax'],
])('%j fails with %s', (args, message) => {
  expect(() => parseFlags(args, specs)).toThrow(message)
})

test('whoever gives an old flag is told, each time', () => {
  expect(parseFlags(['--old', '--all', '--old=false'], specs).notices).toEqual([
    'Flag --old has been deprecated, use --all\n',
    'Flag --old has been deprecated, use --all\n',
  ])
})

test('the environment gives what the line does not, and nothing that makes no sense', () => {
  const environment = { DEBUG: 'maybe', GROUPS: ' a,b, ', CONTEXT: 'kind' }
  const flags = parseFlags(['--context', 'prod'], specs, environment)
  expect([flags.has('debug'), flags.list('group'), flags.text('context')]).toEqual([false, ['a', 'b'], 'prod'])
  expect(parseFlags([], specs, { DEBUG: '1', CONTEXT: 'kind' }).boolean('debug')).toBe(true)
  expect(parseFlags(['--debug=false'], specs, { DEBUG: '1' }).boolean('debug')).toBe(false)
  expect(parseFlags(['--context='], specs, environment).text('context')).toBe('')
})
