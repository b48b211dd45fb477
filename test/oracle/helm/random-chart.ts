/** Random charts with subcharts, most of which render, and the command lines they are rendered, shown and linted with. */
import type { Dice } from '../kustomize/dice.ts'
import type { Case } from './case.ts'
import {
  dependencyLines,
  goodDocuments,
  goodLines,
  goodMetadata,
  goodValues,
  oddDocuments,
  oddLines,
  oddMetadata,
  oddValues,
  schemas,
} from './chart-texts.ts'

const names = ['sub', 'lib', 'other']

/** A chart on its way; how odd it is goes for all that it is made of. */
class ChartWriter {
  readonly #dice: Dice
  readonly #oddity: number

  constructor(dice: Dice, oddity: number) {
    this.#dice = dice
    this.#oddity = oddity
  }

  chart(at: { readonly folder: string; readonly name: string; readonly depth: number }): Record<string, string> {
    const dice = this.#dice
    const { folder, name, depth } = at
    const below = depth > 0 ? names.filter((each) => each !== name && dice.chance(0.5)) : []
    const isOld = dice.chance(0.06)
    const known = this.#isOdd() ? names : below
    const wanted = dice.chance(0.8) ? this.#dependencies(known) : []
    const files: Record<string, string> = {
      [`${folder}/Chart.yaml`]: this.#metadata({ name, depth, isOld }, isOld ? [] : wanted),
    }
    if (isOld && wanted.length > 0) files[`${folder}/requirements.yaml`] = `${wanted.join('\n')}\n`
    if (dice.chance(0.9)) files[`${folder}/values.yaml`] = this.values()
    if (dice.chance(0.1)) files[`${folder}/values.schema.json`] = dice.pick(schemas)
    if (dice.chance(0.9)) files[`${folder}/templates/${dice.pick(['a', 'b', 'z'])}.yaml`] = this.#template()
    if (dice.chance(0.3)) files[`${folder}/templates/sub/c.yaml`] = this.#template()
    files[`${folder}/templates/_helpers.tpl`] =
      `{{- define "lib.name" }}${name}-lib{{ end -}}{{ define "shared" }}${name}{{ .Values.a }}{{ end }}\n{{- define "own" }}{{ .a | default "own" }}{{ end }}`
    Object.assign(files, this.#others(folder))
    for (const each of below)
      Object.assign(files, this.chart({ folder: `${folder}/charts/${each}`, name: each, depth: depth - 1 }))
    return files
  }

  values(): string {
    const seen = new Set<string>()
    return this.#dice
      .some([0, 6], () => this.#pick(goodValues, oddValues))
      .filter((line) => {
        const key = line.split(':')[0] ?? ''
        return !seen.has(key) && seen.add(key)
      })
      .map((line) => `${line}\n`)
      .join('')
  }

  #isOdd(): boolean {
    return this.#dice.chance(this.#oddity)
  }

  #pick(good: readonly string[], odd: readonly string[]): string {
    return this.#dice.pick(this.#isOdd() ? odd : good)
  }

  #metadata(
    { name, depth, isOld }: { readonly name: string; readonly depth: number; readonly isOld: boolean },
    extra: readonly string[],
  ): string {
    const dice = this.#dice
    const version = this.#pick(
      ['1.0.0', '0.1.0', '1.2.3-rc.1', '1.2.3+b.4'],
      ['1', 'x', '1.0', 'v1.0.0', '01.0.0', '1.2.3-01'],
    )
    const form = isOld ? 'v1' : this.#pick(['v2'], ['v1', depth < 2 ? 'v3' : 'v2', 'v4', ''])
    const lines = [...dice.some([0, 3], () => this.#pick(goodMetadata, oddMetadata))]
    if (name === 'lib' && depth < 2 && dice.chance(0.3)) lines.push('type: library')
    const byKey = new Map(lines.map((line) => [line.split(':')[0], line]))
    return (
      [`apiVersion: ${form}`, `name: ${name}`, `version: ${version}`, ...byKey.values(), ...extra].join('\n') + '\n'
    )
  }

  #template(): string {
    const dice = this.#dice
    const docs = dice.some([1, 3], () => {
      const head = this.#pick(goodDocuments, oddDocuments)
      const lines = dice.some([0, 4], () => this.#pick(goodLines, oddLines))
      const isMap = head.startsWith('apiVersion') || head.startsWith('# c')
      if (!isMap)
        return lines.length === 0 || head === ''
          ? head
          : `${head}\n${lines.map((line) => `# ${line.replaceAll('\n', ' ')}`).join('\n')}`
      return [head, 'data:', ...lines.map((line) => `  ${line}`)].join('\n')
    })
    return `${dice.maybe(0.2, () => '---\n')}${docs.join(dice.pick(['\n---\n', '\n---\n', '\n---\n\n', '\n--- # c\n']))}${dice.maybe(0.9, () => '\n')}`
  }

  #dependencies(of: readonly string[]): readonly string[] {
    const dice = this.#dice
    const listed = of.length === 0 ? [] : dice.some([0, 3], () => dice.pick(of))
    const chosen = this.#isOdd() ? listed : [...new Set(listed)]
    if (chosen.length === 0) return []
    const entries = chosen.map((name) => {
      const lines = dice.some([0, 2], () => dice.pick(dependencyLines))
      const range = this.#pick(['*', '>=0.1.0-0', '1.0.0', '^1', '>=0.1.0', '~0.1', '2.x'], ['', 'x y', '1'])
      const seen = new Map(lines.map((line) => [line.split(':')[0], line]))
      return [`- name: ${name}`, `version: "${range}"`, ...seen.values()].join('\n  ')
    })
    return ['dependencies:', ...entries]
  }

  #others(folder: string): Record<string, string> {
    const dice = this.#dice
    const files: Record<string, string> = {}
    if (dice.chance(0.1)) files[`${folder}/templates/NOTES.txt`] = 'Notes {{ .Release.Name }} {{ .Values.a }}\n'
    if (dice.chance(0.1))
      files[`${folder}/crds/${dice.pick(['crd', 'a', 'sub/b'])}.yaml`] =
        'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\n' +
        dice.maybe(
          0.3,
          () => '---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: y}\n',
        )
    if (dice.chance(0.1))
      files[`${folder}/.helmignore`] = dice.pick([
        '*.txt\n',
        'templates/sub\n',
        '!a\n',
        'charts/lib\n',
        '# c\n/templates/z.yaml\n',
        'file*\n!file.txt\n',
      ])
    if (dice.chance(0.3))
      files[`${folder}/file.txt`] = dice.pick(['content "x"\n', '{{ .Release.Name }}\nline', 'a\r\nb\n', ''])
    if (dice.chance(0.1)) files[`${folder}/README.md`] = '# Read\n'
    if (dice.chance(0.05)) files[`${folder}/templates/tests/t.yaml`] = `${goodDocuments[7]}\n`
    return files
  }
}

const assignments = ['a=3', 'sub.enabled=true', 'global.g=7', 'b.c=null', 'tags.one=true', 'other.enabled=false', 'list[0]=9', 'x.y.z=1', 'alias.a=6', 'a=1,enabled=true', 'b.c={x,y}', 'list[2].q=z', 'global.m.y=1e3', 'sub.b.c=true', 'n=007', 'a=a\\,b', 'lib.global.g=0'] // prettier-ignore
const oddAssignments = ['sub=null', 'a', '=1', 'a=1,', 'a[=2', 'a.b.c=1', 'list.a=1', 'list[-1]=0', 'list[9007199254740993]=1', 'a={b', '..=1', 'global=1'] // prettier-ignore
const jsonAssignments = ['a={"x":[1,2.5]}', '{"b":{"c":null},"n":1e3}', 'list=[{"a":1}]', 'sub={"a":9007199254740993}', 'a={', '[1]'] // prettier-ignore

function valueFlags(dice: Dice, isOdd: boolean): readonly string[] {
  const roll = dice.next()
  const assignment = dice.pick(isOdd ? oddAssignments : assignments)
  if (roll < 0.5) return ['--set', assignment]
  if (roll < 0.7) return ['--set-string', assignment]
  if (roll < 0.85) return ['--set-json', dice.pick(jsonAssignments.slice(0, isOdd ? 6 : 4))]
  return roll < 0.93 ? ['--set-literal', 'b.c=x,y={z}'] : ['--set-file', 'b.c=own.yaml']
}

/** A random chart and a command line over it. */
export function randomChart(dice: Dice): Case {
  const oddity = dice.pick([0, 0, 0, 0.01, 0.05, 0.2])
  const writer = new ChartWriter(dice, oddity)
  const files = writer.chart({ folder: 'top', name: 'top', depth: 2 })
  const flags: string[] = []
  files['own.yaml'] = writer.values()
  if (dice.chance(0.5)) flags.push('-f', 'own.yaml')
  if (dice.chance(0.1)) {
    files['more.yaml'] = writer.values()
    flags.push('--values', 'more.yaml')
  }
  while (dice.chance(0.3)) flags.push(...valueFlags(dice, dice.chance(oddity)))
  const words = dice.next() < 0.25 ? lintWords(dice, flags) : templateWords(dice, flags)
  return { kind: 'command', words: dice.chance(0.05) ? showWords(dice) : words, files }
}

function showWords(dice: Dice): readonly string[] {
  return ['show', dice.pick(['chart', 'values', 'crds', 'readme', 'all']), 'top']
}

function lintWords(dice: Dice, flags: readonly string[]): readonly string[] {
  const others = ['--strict', '--with-subcharts', '--quiet', '--skip-schema-validation']
  return ['lint', 'top', ...flags, ...others.filter(() => dice.chance(0.25)), '-n', dice.pick(['default', 'ns'])]
}

function templateWords(dice: Dice, flags: readonly string[]): readonly string[] {
  const others = dice.pick([
    [],
    [],
    [],
    ['--include-crds'],
    ['--no-hooks'],
    ['--skip-tests'],
    ['--is-upgrade'],
    ['--skip-schema-validation'],
    ['--kube-version', '1.30'],
    ['-a', 'x/v1'],
    ['-s', 'templates/a.yaml'],
    ['-s', 'charts/sub/templates/*.yaml'],
    ['--skip-crds', '--include-crds'],
    ['--name-template', 'n-{{ "X" | lower }}'],
  ])
  const name = others[0] === '--name-template' ? [] : ['rel']
  // What one command line gives, the real thing keeps for those after it.
  return ['template', ...name, 'top', ...flags, ...others, '-n', dice.pick(['default', 'ns'])]
}
