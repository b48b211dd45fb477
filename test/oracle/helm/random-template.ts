/** Random templates out of the grammar of text/template. */
import type { Dice } from '../kustomize/dice.ts'
import { randomFormat } from './random-format.ts'
import { randomLiteral, randomPath, randomText } from './random-values.ts'

/** What the template is made for. */
export interface TemplateShape {
  /** How the data is reached: `` or `.Values`. */
  readonly root: string
  /** Functions besides the built-in ones. */
  readonly functions: readonly string[]
}

const builtins = [
  'and', 'or', 'not', 'len', 'index', 'slice', 'print', 'printf', 'println', 'html', 'js', 'urlquery', 'call',
  'eq', 'eq', 'ne', 'lt', 'le', 'gt', 'ge',
] // prettier-ignore
const names = ['a', 'b', 'c', 'x.y']

/** A random template. */
export function randomTemplate(dice: Dice, shape: TemplateShape): string {
  return new TemplateWriter(dice, shape).write()
}

class TemplateWriter {
  readonly #dice: Dice
  readonly #shape: TemplateShape
  readonly #variables: string[] = []
  #loops = 0
  /** Templates that call templates may go on without end. */
  #isDefinition = false

  constructor(dice: Dice, shape: TemplateShape) {
    this.#dice = dice
    this.#shape = shape
  }

  write(): string {
    const definitions = this.#dice.some([0, 2], () => this.#definition()).join('')
    return definitions + this.#body(3)
  }

  #definition(): string {
    const kept = this.#variables.splice(0)
    this.#isDefinition = true
    const text = `${this.#open()}define "${this.#dice.pick(names)}"${this.#close()}${this.#body(2)}${this.#end()}`
    this.#variables.push(...kept)
    this.#isDefinition = false
    return text
  }

  #open(): string {
    return this.#dice.pick(['{{', '{{', '{{ ', '{{- ', '{{\n', '{{-\t'])
  }

  #close(): string {
    return this.#dice.pick(['}}', '}}', ' }}', ' -}}', '\n}}', '\t-}}'])
  }

  #end(): string {
    return `${this.#open()}end${this.#close()}`
  }

  #action(text: string): string {
    return this.#open() + text + this.#close()
  }

  #body(depth: number): string {
    const known = this.#variables.length
    const text = this.#dice.some([1, 3], () => this.#node(depth)).join('')
    this.#variables.splice(known)
    return text
  }

  #node(depth: number): string {
    const dice = this.#dice
    if (depth > 0 && dice.chance(0.35)) return this.#block(depth - 1)
    if (dice.chance(0.25)) return dice.pick([' ', '\n', 'text', ' a\n b ', '☃', '}}', '{ {', '\t\n', '"', '-'])
    if (dice.chance(0.05)) return dice.pick(['{{/* c */}}', '{{- /* c */ -}}', '{{/* a\nb */ -}}'])
    if (dice.chance(0.1) && !this.#isDefinition) return this.#template()
    if (dice.chance(this.#loops > 0 ? 0.12 : 0.01)) return this.#action(dice.pick(['break', 'continue']))
    if (dice.chance(0.2)) return this.#action(this.#declaration(depth))
    return this.#action(this.#pipeline(2))
  }

  #template(): string {
    const data = this.#dice.maybe(0.8, () => ` ${this.#pipeline(1)}`)
    return this.#action(`template "${this.#dice.pick([...names, 'missing'])}"${data}`)
  }

  #declaration(depth: number): string {
    const dice = this.#dice
    const variable = dice.pick(['$x', '$y', '$z'])
    if (this.#variables.includes(variable) && dice.chance(0.5)) return `${variable} = ${this.#pipeline(depth)}`
    const text = `${variable} := ${this.#pipeline(2)}`
    this.#variables.push(variable)
    return text
  }

  #block(depth: number): string {
    const dice = this.#dice
    const known = this.#variables.length
    const text = dice.pick([
      () => this.#choice('if', depth),
      () => this.#choice('if', depth),
      () => this.#choice('with', depth),
      () => this.#range(depth),
      () => this.#range(depth),
      () => `${this.#action(`block "${dice.pick(names)}" ${this.#pipeline(1)}`)}${this.#body(depth)}${this.#end()}`,
    ])()
    this.#variables.splice(known)
    return text
  }

  #choice(word: string, depth: number): string {
    const dice = this.#dice
    const head = dice.chance(0.2) ? this.#declaration(1) : this.#pipeline(2)
    let text = this.#action(`${word} ${head}`) + this.#body(depth)
    if (dice.chance(0.2)) text += this.#action(`else ${word} ${this.#pipeline(1)}`) + this.#body(depth)
    if (dice.chance(0.4)) text += this.#action('else') + this.#body(depth)
    return text + this.#end()
  }

  #range(depth: number): string {
    const dice = this.#dice
    const source = dice.chance(0.7)
      ? dice
          .pick(['l', 'ls', 'lx', 'lm', 'le', 'm', 'me', 'mn', 'i', 'int', 'zero', 'n', 's', 'f'])
          .replace(/^/, `${this.#shape.root}.`)
      : this.#pipeline(1)
    const variables = dice.pick([[], [], ['$v'], ['$k', '$v'], ['$x', '$y']])
    const operator = this.#variables.includes('$x') && variables[0] === '$x' && dice.chance(0.5) ? '=' : ':='
    const head = variables.length === 0 ? '' : `${variables.join(dice.pick([',', ', ', ' , ']))} ${operator} `
    this.#variables.push(...variables)
    this.#loops += 1
    let text = this.#action(`range ${head}${source}`) + this.#body(depth)
    this.#loops -= 1
    if (dice.chance(0.3)) text += this.#action('else') + this.#body(depth)
    return text + this.#end()
  }

  #pipeline(depth: number): string {
    const dice = this.#dice
    const commands = [this.#command(depth)]
    while (dice.chance(0.2)) commands.push(this.#call(depth, true))
    return commands.join(dice.pick([' | ', '|', ' |']))
  }

  #command(depth: number): string {
    return this.#dice.chance(0.45) ? this.#operand(depth) : this.#call(depth, false)
  }

  #call(depth: number, isPiped: boolean): string {
    const dice = this.#dice
    if (dice.chance(0.04)) return `${this.#operand(depth)} ${this.#operand(depth)}`
    const known = dice.chance(0.6) ? builtins : this.#shape.functions
    const name = dice.pick(this.#isDefinition ? known.filter((each) => !/^(?:include|tpl)/.test(each)) : known)
    if (name === 'printf') return `printf ${randomFormat(dice)} ${this.#operands([0, 3], depth)}`
    const usual = ['not', 'len', 'html', 'js'].includes(name) ? 1 : 2
    const count = dice.chance(0.85) ? usual : dice.below(4)
    return `${name} ${this.#operands([Math.max(0, count - (isPiped ? 1 : 0)), count], depth)}`.trimEnd()
  }

  #operands(counts: readonly [number, number], depth: number): string {
    return this.#dice.some(counts, () => this.#operand(depth)).join(' ')
  }

  #operand(depth: number): string {
    const dice = this.#dice
    const roll = dice.next()
    if (roll < 0.4) return `${dice.pick(['', '', '', '$'])}${this.#shape.root}${randomPath(dice)}`
    if (roll < 0.5 && this.#variables.length > 0)
      return dice.pick(this.#variables) + dice.maybe(0.2, () => `.${dice.pick(['a', 'x', 'missing', 'name'])}`)
    if (roll < 0.58) return dice.pick(['.', '.', '.a', '.name', '$', '$.missing', '.x.y'])
    if (roll < 0.72 && depth > 0)
      return `(${this.#pipeline(depth - 1)})${dice.maybe(0.1, () => dice.pick(['.a', '.x.y', '.missing']))}`
    return dice.chance(0.3) ? randomText(dice) : randomLiteral(dice)
  }
}
