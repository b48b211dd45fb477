import type { Dice } from './dice.ts'
import { scalars } from './random-objects.ts'

const keys = [
  'name',
  'kind',
  'apiVersion',
  'metadata',
  'namespace',
  'target',
  'path',
  'patch',
  'source',
  'targets',
  'unknownField',
  'labels',
  'literals',
  'files',
  'options',
  'behavior',
]
const blocks = [
  '[]',
  '{}',
  '[a]',
  '{a: b}',
  'null',
  '5',
  'true',
  '""',
  '[{}]',
  '[null]',
  '[[]]',
  '- x',
  '"*"',
  '../base',
  './',
  '.',
  '*',
  '&a b',
  '|',
  '!x y',
  '"\\q"',
  "'",
  '{',
  '[',
  '@',
  '%',
  '`',
]

/** Damages one line of one file. The result may well be a valid tree with another meaning. */
export function mutateTree(dice: Dice, files: Readonly<Record<string, string>>): Record<string, string> {
  const result = { ...files }
  const names = Object.keys(files)
  if (names.length === 0) return result
  const kustomizations = names.filter((name) => name.endsWith('kustomization.yaml'))
  const file = dice.pick(kustomizations.length > 0 && dice.chance(0.6) ? kustomizations : names)
  if (dice.chance(0.05)) {
    delete result[file]
    return result
  }
  result[file] = mutateText(dice, files[file] ?? '')
  return result
}

function mutateText(dice: Dice, text: string): string {
  const lines = text.split('\n')
  const at = dice.below(lines.length)
  const line = lines[at] ?? ''
  const changed = dice.pick<() => readonly string[]>([
    () => [],
    () => [line, line],
    () => [` ${line}`],
    () => [line.slice(1)],
    () => [line.replace(/:.*$/, `: ${dice.pick(scalars)}`)],
    () => [line.replace(/:.*$/, `: ${dice.pick(blocks)}`)],
    () => [line.replace(/:.*$/, ':')],
    () => [line.replace(/[A-Za-z]+:/, `${dice.pick(keys)}:`)],
    () => [line.replace(/^(\s*)- /, '$1  ')],
    () => [line.replace(/^(\s*)/, '$1- ')],
    () => [line, `${/^\s*/.exec(line)?.[0] ?? ''}${dice.pick(keys)}: ${dice.pick(blocks)}`],
    () => [line.slice(0, dice.below(line.length + 1))],
    () => [
      line.slice(0, dice.below(line.length + 1)) +
        dice.pick(['\t', ' ', ':', '-', '"', '#', '{', '*', '&', ',', ']', '\u0000', '\ufeff', '\u00a0']),
    ],
    () => ['---', line],
    () => ['...', line],
  ])()
  return [...lines.slice(0, at), ...changed, ...lines.slice(at + 1)].join('\n')
}
