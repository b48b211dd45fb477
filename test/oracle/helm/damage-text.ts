/** Damage to a text: tokens and characters taken out, put in, doubled and swapped. */
import type { Dice } from '../kustomize/dice.ts'

const inserts = [
  '{{', '}}', '{{-', '-}}', '(', ')', '|', '.', ',', ':=', '=', '$', '$x', '"', '`', "'", '\\', '/*', '*/', 'end', 'else', 'if', 'range',
  'with', 'define', 'template', 'block', 'break', 'continue', 'nil', 'x', '1', '1x', '0x', '-', '+', ' ', '\n', '\t', '☃', '\u0000', '@', '!',
  '[', ']', '#', '&', '..', '.1', '1.', "'a", '"a', '{{end}}', '{{else}}', '{{if .}}', '%', '\r', '\u00a0', 'é', '{{/* c */}}', '{{/*',
] // prettier-ignore

/** A damaged copy. */
export function damageText(dice: Dice, text: string): string {
  let pieces = dice.chance(0.7) ? tokens(text) : Array.from(text)
  for (const _ of dice.some([1, 3], () => 0)) pieces = damaged(dice, pieces)
  return pieces.join('')
}

function tokens(text: string): string[] {
  return text.match(/\{\{-?|-?\}\}|[\p{L}\p{N}_$.]+|\s+|"[^"]*"|:=|./gsu) ?? []
}

function damaged(dice: Dice, pieces: readonly string[]): string[] {
  const at = dice.below(pieces.length + 1)
  const piece = pieces[at] ?? ''
  switch (dice.below(5)) {
    case 0:
      return pieces.toSpliced(at, 1)
    case 1:
      return pieces.toSpliced(at, 0, dice.pick(inserts))
    case 2:
      return pieces.toSpliced(at, 0, piece)
    case 3:
      return pieces.toSpliced(at, 1, dice.pick(inserts))
    default:
      return pieces.toSpliced(at, 2, pieces[at + 1] ?? '', piece)
  }
}
