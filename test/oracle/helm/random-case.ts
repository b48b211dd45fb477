/** The case that a seed makes, of each kind. */
import { Dice } from '../kustomize/dice.ts'
import type { Case } from './case.ts'
import { damageText } from './damage-text.ts'
import { helmFunctions, randomCall, usualFunctions } from './random-call.ts'
import { randomChart } from './random-chart.ts'
import { randomConstraint, randomSet } from './random-set.ts'
import { randomTemplate } from './random-template.ts'
import { data } from './random-values.ts'

export const kinds = ['text', 'helm', 'damage', 'parse', 'functions', 'sprig', 'set', 'semver', 'charts'] as const

export type Kind = (typeof kinds)[number]

/** The case of a seed. */
export function randomCase(kind: Kind, seed: number): Case {
  const dice = new Dice(seed * 7919 + kinds.indexOf(kind))
  dice.next()
  switch (kind) {
    case 'text':
      return textCase(dice, randomTemplate(dice, { root: '', functions: usualFunctions }))
    case 'helm':
      return helmCase(randomTemplate(dice, { root: '.Values', functions: helmFunctions }))
    case 'damage':
      return damageCase(dice)
    case 'parse':
      return { kind: 'parse', tpl: randomTemplate(dice, { root: '', functions: ['default', 'quote', 'list'] }) }
    case 'functions':
      return helmCase(randomCall(dice, '.Values'))
    case 'sprig':
      return textCase(dice, randomCall(dice, ''))
    case 'set':
      return randomSet(dice)
    case 'semver':
      return randomConstraint(dice)
    case 'charts':
      return randomChart(dice)
  }
}

function textCase(dice: Dice, tpl: string): Case {
  const missingKey = dice.pick(['', '', 'zero', 'error'] as const)
  return { kind: 'text', tpl, data, ...(missingKey === '' ? {} : { missingKey }) }
}

function helmCase(tpl: string): Case {
  return { kind: 'helm', tpl, values: data }
}

function damageCase(dice: Dice): Case {
  const isHelm = dice.chance(0.5)
  const whole = randomTemplate(dice, {
    root: isHelm ? '.Values' : '',
    functions: isHelm ? helmFunctions : usualFunctions,
  })
  const tpl = damageText(dice, whole)
  return isHelm ? helmCase(tpl) : textCase(dice, tpl)
}
