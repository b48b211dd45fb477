import { buildFailure } from '../build-failure.ts'

/** Compiles a Go regular expression; what Go refuses is refused. */
export function compileGoRegexp(pattern: string): RegExp {
  if (/\(\?(?:[=!]|<[=!])|\\[1-9]/.test(pattern)) throw invalid(pattern, 'look-around and back references do not exist')
  const flags = /^\(\?([ims]+)\)/.exec(pattern)
  const body = (flags === null ? pattern : pattern.slice(flags[0].length))
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\z', '$')
    .replaceAll('\\A', '^')
    .replaceAll(/\[\[:(\w+):\]\]/g, (_all, name: string) => posixClasses[name] ?? '[]')
  try {
    return new RegExp(body, flags?.[1] ?? '')
  } catch (error) {
    throw invalid(pattern, error instanceof Error ? error.message : 'unknown error')
  }
}

const posixClasses: Readonly<Record<string, string>> = {
  alnum: '[0-9A-Za-z]',
  alpha: '[A-Za-z]',
  digit: '[0-9]',
  lower: '[a-z]',
  space: '\\s',
  upper: '[A-Z]',
  word: '\\w',
  xdigit: '[0-9A-Fa-f]',
}

function invalid(pattern: string, why: string): Error {
  return buildFailure('kustomize-invalid', `error parsing regexp '${pattern}': ${why}`)
}
