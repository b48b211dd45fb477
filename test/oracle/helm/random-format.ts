/** Formats of printf, with what they ask for and what they do not expect. */
import type { Dice } from '../kustomize/dice.ts'

function width(dice: Dice): string {
  return dice.pick(['', '', '1', '5', '12', '05', '*', '[1]*', '[2]*'])
}

function directive(dice: Dice): string {
  const flags = dice.some([0, 2], () => dice.pick(['-', '+', '#', ' ', '0'])).join('')
  const precision = dice.pick(['', '', '', '.', '.0', '.2', '.5', '.*', '.[2]*', '.-1'])
  const index = dice.pick(['', '', '', '', '[1]', '[2]', '[3]', '[0]', '[x]', '[', '[]'])
  const verb = dice.pick(Array.from('vvvvsssqdddxXobOcUeEfFgGtTwz%!é'))
  return `%${flags}${width(dice)}${precision}${index}${verb}`
}

/** A quoted format. */
export function randomFormat(dice: Dice): string {
  const parts = dice.some([1, 3], () => dice.maybe(0.3, () => dice.pick(['a', '☃', ' ', '|'])) + directive(dice))
  return JSON.stringify(parts.join(dice.pick(['', '|'])) + dice.maybe(0.05, () => '%'))
}
