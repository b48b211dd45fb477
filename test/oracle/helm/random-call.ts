/** Random calls of every function of helm's templates, with the arguments they are made for and with others. */
import type { Dice } from '../kustomize/dice.ts'
import { randomFormat } from './random-format.ts'
import { randomLiteral, randomNumber, randomPath, randomText } from './random-values.ts'

/**
 * What functions take: `s` text, `n` number, `i` small integer, `b` boolean, `l` list, `L` list of texts, `m` map,
 * `a` anything, `d` duration, `t` time, `F` layout of times, `r` regular expression, `R` its replacement, `v` version,
 * `c` constraint, `j` JSON, `y` YAML, `T` TOML, `u` URL, `U` its parts, `k` key of a map, `p` path, `%` format;
 * `*` repeats the last. Functions whose answers are random are not here.
 */
const functions: Readonly<Record<string, string>> = {
  ago: 's', date: 'Fs', dateInZone: 'Fts', date_in_zone: 'Fts', dateModify: 'dt', date_modify: 'dt', mustDateModify: 'dt', must_date_modify: 'dt',
  htmlDate: 't', htmlDateInZone: 'ts', toDate: 'Fs', mustToDate: 'Fs', unixEpoch: 't', duration: 'n', durationRound: 'd',
  abbrev: 'is', abbrevboth: 'iis', trunc: 'is', trim: 's', upper: 's', lower: 's', title: 's', untitle: 's', substr: 'iis', repeat: 'is',
  trimall: 'ss', trimAll: 'ss', trimSuffix: 'ss', trimPrefix: 'ss', nospace: 's', initials: 's', swapcase: 's', snakecase: 's', camelcase: 's',
  kebabcase: 's', wrap: 'is', wrapWith: 'iss', contains: 'ss', hasPrefix: 'ss', hasSuffix: 'ss', quote: 'a*', squote: 'a*', cat: 'a*',
  indent: 'is', nindent: 'is', replace: 'sss', plural: 'ssi', sha1sum: 's', sha256sum: 's', sha512sum: 's', adler32sum: 's', toString: 'a',
  atoi: 's', int64: 'a', int: 'a', float64: 'a', seq: 'i*', toDecimal: 'a', split: 'ss', splitList: 'ss', splitn: 'sis', toStrings: 'l',
  until: 'i', untilStep: 'iii', add1: 'n', add: 'n*', sub: 'nn', div: 'nn', mod: 'nn', mul: 'nn*', add1f: 'n', addf: 'n*', subf: 'nn*',
  divf: 'nn*', mulf: 'nn*', biggest: 'nn*', max: 'nn*', min: 'nn*', maxf: 'nn*', minf: 'nn*', ceil: 'n', floor: 'n', round: 'nii',
  join: 'sl', sortAlpha: 'l', default: 'aa', empty: 'a', coalesce: 'a*', all: 'a*', any: 'a*', compact: 'l', mustCompact: 'l', fromJson: 'j',
  toJson: 'a', toPrettyJson: 'a', toRawJson: 'a', mustFromJson: 'j', mustToJson: 'a', mustToPrettyJson: 'a', mustToRawJson: 'a',
  ternary: 'aab', deepCopy: 'a', mustDeepCopy: 'a', typeOf: 'a', typeIs: 'sa', typeIsLike: 'sa', kindOf: 'a', kindIs: 'sa', deepEqual: 'aa',
  base: 'p', dir: 'p', clean: 'p', ext: 'p', isAbs: 'p', osBase: 'p', osClean: 'p', osDir: 'p', osExt: 'p', osIsAbs: 'p',
  b64enc: 's', b64dec: 's', b32enc: 's', b32dec: 's', tuple: 'a*', list: 'a*', dict: 'ka', get: 'mk', set: 'mka', unset: 'mk', hasKey: 'mk',
  pluck: 'km*', keys: 'm', pick: 'mk*', omit: 'mk*', merge: 'mm*', mergeOverwrite: 'mm*', mustMerge: 'mm*', mustMergeOverwrite: 'mm*',
  values: 'm', append: 'la', mustAppend: 'la', push: 'la', mustPush: 'la', prepend: 'la', mustPrepend: 'la', first: 'l', mustFirst: 'l',
  rest: 'l', mustRest: 'l', last: 'l', mustLast: 'l', initial: 'l', mustInitial: 'l', reverse: 'l', mustReverse: 'l', uniq: 'l', mustUniq: 'l',
  without: 'la*', mustWithout: 'la*', has: 'al', mustHas: 'al', slice: 'lii', mustSlice: 'lii', concat: 'l*', dig: 'kam', chunk: 'il',
  mustChunk: 'il', fail: 's', regexMatch: 'rs', mustRegexMatch: 'rs', regexFindAll: 'rsi', mustRegexFindAll: 'rsi', regexFind: 'rs',
  mustRegexFind: 'rs', regexReplaceAll: 'rsR', mustRegexReplaceAll: 'rsR', regexReplaceAllLiteral: 'rsR', mustRegexReplaceAllLiteral: 'rsR',
  regexSplit: 'rsi', mustRegexSplit: 'rsi', regexQuoteMeta: 's', urlParse: 'u', urlJoin: 'U', semver: 'v', semverCompare: 'cv', hello: '',
  toYaml: 'a', mustToYaml: 'a', toYamlPretty: 'a', fromYaml: 'y', fromYamlArray: 'y', toToml: 'm', mustToToml: 'm', fromToml: 'T', fromJsonArray: 'j',
  mustToDuration: 'd', durationSeconds: 'd', durationMilliseconds: 'd', durationMicroseconds: 'd', durationNanoseconds: 'd', durationMinutes: 'd',
  durationHours: 'd', durationDays: 'd', durationWeeks: 'd', durationRoundTo: 'dd', durationTruncateTo: 'dd', required: 'sa', tpl: 'sa',
  lookup: 'ssss', print: 'a*', println: 'a*', printf: '%a*', html: 'a*', js: 'a*', urlquery: 'a*', len: 'l', index: 'li', eq: 'aa*', ne: 'aa', lt: 'nn',
} // prettier-ignore

const names = Object.keys(functions)
const holders = /^(?:must)?merge|^set$/i

const durations = ['"5m"', '"1h30m10.5s"', '"-2h"', '"90061s"', '"1.5"', '"100ms"', '"2540400h"', '"0"', '""', '"5"', '"1d"', '"µs"', '"3µs"', '90', '1.5', '-3', '"1h"', '"7s"', '"9223372036s"', '"1us"', '"+5m"', '".5s"', '"1e3s"', '"30000000000h"'] // prettier-ignore
const layouts = ['"2006-01-02"', '"2006-01-02T15:04:05Z07:00"', '"Mon, 02 Jan 2006 15:04:05 MST"', '"Jan _2 06 3:04PM"', '"2006-002"', '".000 05.999"', '"15h"', '"Monday January 1 pm -0700 -07 Z0700 05,000"', '"__2 002"', '"Z07:00:00 -070000"', '""', '"x"', '"2006-01-02 15:04"', '"20060102150405.000000000"', '"02/01/06 03:04:05 am"'] // prettier-ignore
const moments = ['(toDate "2006-01-02" "2024-02-29")', '(toDate "2006-01-02T15:04:05Z07:00" "2024-12-31T23:59:59.987654321+05:30")', '(toDate "2006-01-02 15:04" "1969-12-31 23:59")', '(int64 86400)', '0', '(toDate "2006" "x")', '(toDate "2006-002" "2023-365")', '(mustToDate "02 Jan 06 15:04 MST" "01 Mar 99 10:00 PST")', '(int 1700000000)', '1.7e9', '-1'] // prettier-ignore
const zones = ['"UTC"', '"America/New_York"', '"Asia/Kolkata"', '"nowhere"', '""', '"Local"', '"Europe/Berlin"'] // prettier-ignore
const patterns = ['"a"', '"(a)(b)?"', '"[a-z]+"', '"^a|c$"', '"(?i)B"', '""', '"("', '"[z-a]"', '"a**"', '"(?P<x>\\\\w+) (?P<y>\\\\w+)"', '"\\\\pL+"', '"\\\\bq"', '"."', '"a{2,1}"', '"a{1001}"', '"(?=a)"', '"\\\\d+"', '"(?s).*"', '"[[:alpha:]]"', '"x*"', '"\\\\Qa.b\\\\E"', '"(?<n>a)"', '"\\\\8"', '"[a"', '"*"', '"a)"', '"(?U)a+"', '"\\\\pN"', '"\\\\p{Foo}"', '"\\\\C"', '"\\\\z"', '"(?z)"', '"x{,2}"', '"\\\\x{2603}"', '"[^\\\\s]"', '"\\\\"', '"(?P<n"', '"(?P<n>a)(?P<n>b)"', '"[\\\\d-z]"', '"a|b|"'] // prettier-ignore
const replacements = ['"$1"', '"${1}x"', '"$x"', '"${x}-${y}"', '"$$"', '"$0$0"', '""', '"$1x"', '"${"', '"$"', '"\\\\1"', '"${9}"', '"-"'] // prettier-ignore
const versions = ['"1.2.3"', '"v1.2"', '"1.2.3-rc.1+b.2"', '"1"', '"x"', '""', '"1.2.3.4"', '"01.2.3"', '"1.2.3-01"', '"2.0.0-alpha"', '"v4.3"', '"1.2.3 "', '"1.2.3-"', '"99999999999999999999.0.0"'] // prettier-ignore
const constraints = ['"^1.2"', '">=1.2.3, <2"', '"~1"', '"*"', '">1 || <0.5"', '"1.2 - 1.4"', '">=1.2.3-0"', '"!=1.2.3"', '"x"', '""', '"1.x"', '"=1.2.3-rc.1"', '">=1.2-0 <3"', '"^0.0"', '"~>1.2.3"', '">=1.0.0,"'] // prettier-ignore
const jsons = [String.raw`"{\"a\":1,\"b\":[true,null,\"x\"],\"c\":{\"d\":1.50}}"`, '"[1,2.5,\\"a\\"]"', '"1"', '"null"', '""', '"{"', '"[1,]"', '"{\\"a\\":1e400}"', '"tru"', '"\\"\\\\ud83d\\\\ude00\\""', '"{a:1}"', '"[1] x"', '"12345678901234567890"', '"{\\"b\\":1,\\"a\\":2,\\"b\\":3}"', '" 1"', '"\\"\\\\x\\""', '"\\"a\\tb\\""', '"-"', '"01"', '"{\\"<&>\\":\\"\\\\u2028\\"}"', '"[[]]"', '"-0"', '"1e-7"', '"1E21"', '"\\"\\\\ud800\\""'] // prettier-ignore
const yamls = ['"a: 1\\nb: [x, y]\\nc:\\n  d: 1.5\\n"', '"- 1\\n- a: b\\n"', '"x"', '""', '"a: b: c"', '"a: [1"', '"{a: 1, b: }"', '"a: 0x1F\\nb: 0o17\\nc: 1_000\\nd: 2024-01-01\\ne: yes\\nf: ~\\ng: .inf\\nh: -.nan"', '"&a [*a]"', '"a: &x {b: 1}\\nc: *x\\nd:\\n  <<: *x\\n  e: 2"', '"a: |\\n  x\\n  y\\nb: >-\\n  x\\n  y"', '"a: 1\\na: 2"', '"\\ta: 1"', '"---\\na: 1\\n---\\nb: 2"', '"1: x\\ntrue: y\\n1.5: z\\nnull: n"', '"? [a]\\n: b"', '"a: !!binary aGk=\\nb: !!str 1\\nc: !x y"', '"null"', '"[]"', '"a: \'it\'\'s\'\\nb: \\"x\\\\ty\\""', '"- a\\nb: c"', '"a: *x"', '"%YAML 1.2\\n---\\na: 1"', '"a: 12345678901234567890\\nb: 1e3\\nc: 1e400\\nd: 123456789.0"', '"a:\\n- b\\n -c"', '"@a"', '"a: `b`"', '"a: 1 # c\\n# d\\nb: 2"', '"key: 190:20:30\\no: 010\\nb: 0b11\\nn: +1\\ny: y\\non: on"'] // prettier-ignore
const tomls = ['"a = 1\\nb = \\"x\\"\\n"', '"[t]\\na = 1.5\\nb = [1, 2]\\n[t.u]\\nc = true"', '"[[x]]\\na = 1\\n[[x]]\\na = 2"', '"a = 2024-01-02T03:04:05Z"', '"a = 2024-01-02"', '"a = 03:04:05"', '"a = {b = 1, c = \'d\'}"', '"a"', '"a = "', '"= 1"', '"[a"', '"a = 1\\na = 2"', '"a = [1, \\"x\\"]"', '"a = 0xFF\\nb = 0o7\\nc = 0b1\\nd = 1_000\\ne = inf\\nf = nan\\ng = -1e3"', '"a.b.c = 1"', '"a = \\"\\"\\"x\\ny\\"\\"\\""', '"a = tru"', '"a = 01"', '"a = 1979-05-27T00:32:00.999999-07:00"', '"a = \\"x"', '"a b = 1"', '"[a]\\n[a]"', '"a = 99999999999999999999"', '""', '"# c"', '"a = 1 b = 2"', '"a = \\"\\\\u00e9\\\\q\\""'] // prettier-ignore
const urls = ['"http://u:p@h.example:80/p/q?x=1&y=2#f"', '"/a/b"', '"mailto:x@y"', '"http://[::1]:80/"', '"http://a b/"', '":"', '""', '"http://h:x/"', '"//h/p"', '"http://%41/%zz"', '"http://h/%20 a?b c#d e"', '"ftp://h"', '"http://u@h"', '"http://é.x/☃"', '"x://h?"', '"http://h/p#"', '"a:b:c"', '"1http://x"', '"http://[fe80::1%25en0]/"', '"?q"', '"#f"', '"http://u:p:q@h"', '"http://h/a%2Fb"', '"http://\\u007f/"'] // prettier-ignore
const parts = ['(urlParse "http://u:p@h:80/p?q=1#f")', '(dict "scheme" "http" "host" "h" "path" "p")', '(dict "scheme" "https" "host" "h" "path" "/a b" "query" "x=é" "fragment" "f g" "userinfo" "u:p")', '(dict "opaque" "x" "scheme" "y")', '(dict "host" 1)', '(dict)', '(dict "path" "//x")', '(dict "userinfo" "a@b:c/d" "host" "h")', '(dict "host" "h" "query" "?" "scheme" "1")'] // prettier-ignore
const paths = ['"a/b/c.txt"', '"/"', '""', '"."', '"../a/./b//c/.."', '"/a/b/"', '".hidden"', '"a.tar.gz"', '"a/"', '"//"', '"a//b"', '"é/☃.x"', '"/../a"', '"./."'] // prettier-ignore
const keys = ['"a"', '"b"', '"x"', '"missing"', '""', '"k"', '"c"'] // prettier-ignore
const kinds = ['"map"', '"string"', '"int"', '"int64"', '"float64"', '"slice"', '"bool"', '"ptr"', '"invalid"', '"[]interface {}"', '"map[string]interface {}"', '"<nil>"', '"list"'] // prettier-ignore

/** The calls that a template makes: one, printed in one of several ways. */
export function randomCall(dice: Dice, root: string): string {
  const name = dice.pick(names)
  return print(dice, new CallWriter(dice, root).call(name, 2), name)
}

function print(dice: Dice, call: string, name: string): string {
  if (/^(?:keys|values)$/.test(name) && dice.chance(0.9)) return `{{ ${call} | sortAlpha | toJson }}`
  const roll = dice.next()
  if (roll < 0.4) return `{{ ${call} }}`
  if (roll < 0.55) return `{{ ${call} | toJson }}`
  if (roll < 0.65) return `{{ printf "%v %T %q" (${call}) (${call}) (${call}) }}`
  if (roll < 0.75)
    return `{{ ${call} | ${dice.pick(['toYaml', 'kindOf', 'typeOf', 'quote', 'len', 'printf "%#v"', 'toPrettyJson', 'toString', 'not', 'toYamlPretty', 'deepCopy', 'printf "%+v"', 'printf "%s"', 'printf "%d"', 'printf "%x"', 'toStrings'])} }}`
  if (roll < 0.8) return `{{ range $k, $v := ${call} }}{{ $k }}={{ $v }};{{ else }}none{{ end }}`
  if (roll < 0.85) return `{{ if ${call} }}yes{{ else }}no{{ end }}`
  if (roll < 0.93)
    return `{{ $d := dict "a" 1 "b" (dict "c" (list 1 2)) }}{{ $x := ${call} }}{{ $x | toJson }}{{ $d | toJson }}`
  return `a{{- $x := ${call} }}\n{{ $x }}{{ ${call} | print }}`
}

type Maker = (dice: Dice, depth: number) => string

const pickFrom =
  (texts: readonly string[]): Maker =>
  (dice) =>
    dice.pick(texts)

class CallWriter {
  readonly #dice: Dice
  readonly #root: string
  readonly #makers: Readonly<Record<string, Maker>>

  constructor(dice: Dice, root: string) {
    this.#dice = dice
    this.#root = root
    this.#makers = {
      s: (_, depth) => (dice.chance(0.15) && depth > 0 ? this.#nested(depth) : randomText(dice)),
      n: () => randomNumber(dice),
      i: () =>
        dice.chance(0.85) ? String(dice.below(12) - 3) : dice.pick(['1000', '1.5', '"3"', '-100', '(int64 2)']),
      b: pickFrom(['true', 'false', '1', '(eq 1 1)']),
      l: () => this.#list(),
      L: () => this.#list(),
      m: () => this.#map(),
      a: (_, depth) => this.#anything(depth),
      d: pickFrom(durations),
      t: pickFrom(moments),
      F: pickFrom(layouts),
      r: pickFrom(patterns),
      R: pickFrom(replacements),
      v: pickFrom(versions),
      c: pickFrom(constraints),
      j: pickFrom(jsons),
      y: pickFrom(yamls),
      T: pickFrom(tomls),
      u: pickFrom(urls),
      U: pickFrom(parts),
      p: pickFrom(paths),
      k: pickFrom(keys),
      '%': () => randomFormat(dice),
    }
  }

  call(name: string, depth: number): string {
    const dice = this.#dice
    let shape = functions[name] ?? ''
    if (shape.endsWith('*')) {
      const last = shape.at(-2) ?? 'a'
      shape = shape.slice(0, -2) + last.repeat(dice.below(4) + (dice.chance(0.9) ? 1 : 0))
    }
    if (dice.chance(0.04)) shape = dice.chance(0.5) ? shape.slice(1) : `${shape}a`
    const made = Array.from(shape, (kind) => this.#argument(name, kind, depth))
    const call = `${name} ${made.join(' ')}`.trimEnd()
    // What holds itself ends the real thing, which takes it seconds.
    return holders.test(name) ? call.replaceAll(/(?<=\s)\.(?=[\s)]|$)/g, '.x') : call
  }

  #argument(name: string, kind: string, depth: number): string {
    const dice = this.#dice
    if (dice.chance(0.08)) return this.#anything(depth)
    if (kind === 's' && /^(?:kindIs|typeIs)/.test(name)) return dice.pick(kinds)
    if (kind === 's' && /zone/i.test(name)) return dice.pick(zones)
    if (kind === 's' && /toDate/i.test(name))
      return dice.pick([
        '"2024-02-29"',
        '"2024-02-30"',
        '"Jan  2 24 3:04AM"',
        '"x"',
        '"2024-02-29T01:02:03Z"',
        '"2023-13-01"',
        '"20240102030405.5"',
        '"2024-060"',
      ])
    if (kind === 's' && /^b(?:32|64)dec/.test(name))
      return dice.pick([
        '"aGk="',
        '"aGk"',
        '"_-8="',
        '"MFRGG==="',
        '"MFRGG"',
        '"mfrgg==="',
        '""',
        '"a\\nGk="',
        '"////"',
        '"x"',
        '"AAAAAAA="',
      ])
    return this.#makers[kind]?.(dice, depth) ?? '""'
  }

  #nested(depth: number): string {
    return `(${this.call(this.#dice.pick(names), depth - 1)})`
  }

  #anything(depth: number): string {
    const dice = this.#dice
    const roll = dice.next()
    if (roll < 0.25) return `${this.#root}${randomPath(dice)}`
    if (roll < 0.4 && depth > 0) return this.#nested(depth)
    if (roll < 0.5) return this.#list()
    if (roll < 0.6) return this.#map()
    if (roll < 0.64)
      return dice.pick([
        '(divf 0 0)',
        '(divf 1 0)',
        '(divf -1 0)',
        '(int64 -5)',
        '(float64 "1e400")',
        '(int "x")',
        '(list)',
        '(dict)',
        '(semver "1.2.3-rc")',
        '(toDate "2006" "2024")',
        '(mustToDuration "90s")',
        '(splitn "," 2 "a,b,c")',
        '(split "," "a,b")',
        '(until 3)',
        '(seq 3)',
        '(urlParse "http://h/p")',
        '(tuple 1 "a")',
        '(add 1 2)',
        '(sortAlpha (list "b" "a"))',
        '(chunk 2 (list 1 2 3))',
        '(b64dec "/w==")',
        '(fromYaml "a: 1")',
        '(fromToml "a = 1")',
      ])
    return randomLiteral(dice)
  }

  #list(): string {
    const dice = this.#dice
    const roll = dice.next()
    if (roll < 0.3) return `${this.#root}.${dice.pick(['l', 'ls', 'lx', 'lm', 'le', 'ints'])}`
    const items = dice.some([0, 4], () =>
      dice.chance(0.9) ? randomLiteral(dice) : dice.pick(['(list 1)', '(dict "a" 1)', '(until 2)']),
    )
    return `(list ${items.join(' ')})`
  }

  #map(): string {
    const dice = this.#dice
    const roll = dice.next()
    if (roll < 0.3) return `${this.#root}.${dice.pick(['m', 'me', 'mn', 'deep'])}`
    const items = dice.some(
      [0, 3],
      () =>
        `${dice.pick(keys)} ${dice.chance(0.8) ? randomLiteral(dice) : dice.pick(['(list 1 nil)', '(dict "a" 1 "n" nil)', '(dict "c" (dict "d" 2))', '(list (dict "a" 1) (dict "b" 2))'])}`,
    )
    return `(dict ${items.join(' ')})`
  }
}

/** The functions that random templates call besides the built-in ones. */
export const usualFunctions: readonly string[] = ['default', 'list', 'dict', 'ternary', 'upper', 'quote', 'toString', 'add', 'int', 'kindOf', 'typeOf', 'get', 'hasKey', 'first', 'join', 'empty', 'set', 'trunc', 'cat', 'until', 'toJson', 'coalesce', 'float64', 'tuple', 'fail', 'sub', 'splitList', 'append'] // prettier-ignore

/** Those of helm's. */
export const helmFunctions: readonly string[] = [...usualFunctions, 'include "a"', 'include "b"', 'include', 'tpl', 'toYaml', 'required', 'fromYaml', 'toYamlPretty', 'lookup', 'tpl "{{ . }}"', 'tpl "{{ .x.y }}"', 'tpl "{{ include \\"a\\" . }}"', 'tpl "{{ if }}"'] // prettier-ignore
