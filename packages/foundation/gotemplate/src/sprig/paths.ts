import type { GoFunction } from '../value/go-value.ts'
import { fixed, text } from './signature.ts'

const functions = {
  base: fixed(['string'], (path) => base(text(path))),
  dir: fixed(['string'], (path) => dir(text(path))),
  clean: fixed(['string'], (path) => cleanPath(text(path))),
  ext: fixed(['string'], (path) => /\.[^./]*$/.exec(text(path))?.[0] ?? ''),
  isAbs: fixed(['string'], (path) => text(path).startsWith('/')),
}

/** Go's path functions; the os… ones are those of a Unix machine. */
export const pathFunctions: Readonly<Record<string, GoFunction>> = {
  ...functions,
  osBase: functions.base,
  osDir: functions.dir,
  osClean: functions.clean,
  osExt: functions.ext,
  osIsAbs: functions.isAbs,
}

function base(path: string): string {
  if (path === '') return '.'
  const trimmed = path.replace(/\/+$/, '')
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

function dir(path: string): string {
  return cleanPath(path.slice(0, path.lastIndexOf('/') + 1))
}

/** Go's path.Clean. */
export function cleanPath(path: string): string {
  const isRooted = path.startsWith('/')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (part !== '..' || !isRooted) parts.push(part)
  }
  const joined = parts.join('/')
  if (isRooted) return `/${joined}`
  return joined === '' ? '.' : joined
}
