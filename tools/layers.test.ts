import { globSync, readFileSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'

interface Layer {
  readonly packages: readonly string[]
  readonly siblings: 'earlier' | 'never'
  readonly imports: readonly string[]
}

const layers = JSON.parse(readFileSync('layers.json', 'utf8')) as Record<string, Layer>
const homes = new Map(Object.entries(layers).flatMap(([layer, { packages }]) => packages.map((name) => [name, layer])))

function folderOf(layer: string): string {
  return layer === 'apps' ? 'apps' : `packages/${layer}`
}

/** Modules named by import, export-from and dynamic import, with the line they stand on. */
function importsOf(file: string): readonly { module: string; line: number }[] {
  const text = readFileSync(file, 'utf8')
  const found = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"\n]+)['"]/g)
  return [...found].map((match) => ({
    module: match[1] ?? '',
    line: text.slice(0, match.index).split('\n').length,
  }))
}

function offences(name: string, layer: string): string[] {
  const rules = layers[layer]
  if (rules === undefined) throw new Error(`no layer ${layer}`)
  const own = rules.packages.indexOf(name)
  const offence = (file: string, line: number, why: string) => `${file}:${line} ${why}`
  return globSync(`${folderOf(layer)}/${name}/src/**/*.ts`).flatMap((file) =>
    importsOf(file).flatMap(({ module, line }) => {
      if (module.startsWith('@kedge/')) {
        const [, target = '', ...deep] = module.split('/')
        const home = homes.get(target)
        if (deep.length > 0) return [offence(file, line, `imports past the door of @kedge/${target}`)]
        if (home === undefined) return [offence(file, line, `imports ${module}, which layers.json does not list`)]
        if (home !== layer)
          return rules.imports.includes(home)
            ? []
            : [offence(file, line, `${layer} may not import ${home} (${module})`)]
        if (target === name) return [offence(file, line, 'imports its own package by name')]
        const earlier = rules.siblings === 'earlier' && rules.packages.indexOf(target) < own
        return earlier ? [] : [offence(file, line, `${name} may not import its sibling ${target}`)]
      }
      if (module.startsWith('.') && !module.endsWith('.ts') && !module.endsWith('.json'))
        return [offence(file, line, `imports ${module} without its extension`)]
      return []
    }),
  )
}

test('layers.json lists exactly the packages on disk', () => {
  for (const [layer, { packages }] of Object.entries(layers)) {
    const onDisk = readdirSync(folderOf(layer), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
      .map((entry) => entry.name)
    expect(onDisk.toSorted(), layer).toEqual(packages.toSorted())
  }
})

test('every import goes down the layers, through a door', () => {
  expect([...homes].flatMap(([name, layer]) => offences(name, layer))).toEqual([])
})

test('the core holds no word of either API family', () => {
  const words =
    /\b(Kustomization|HelmRelease|GitRepository|Application|AppProject|ApplicationSet|argocd|fluxcd|toolkit\.fluxcd\.io|argoproj\.io)\b/
  const files = globSync('packages/core/{engine,loop,health,release}/src/**/*.ts')
  expect(files.length).toBeGreaterThan(0)
  const hits = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) => (words.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
  )
  expect(hits).toEqual([])
})

test('nothing is executed at run time', () => {
  const files = globSync('{packages,apps}/**/src/**/*.ts').filter(
    (file) => !file.endsWith('.test.ts') && !file.includes('/testing/') && !file.includes('node_modules'),
  )
  const hits = files.flatMap((file) =>
    importsOf(file)
      .filter(({ module }) => module.endsWith('child_process'))
      .map(() => file),
  )
  expect(hits).toEqual([])
})

test('every numbered rule of a SPEC.md is cited by a test', () => {
  const uncited = globSync('packages/**/SPEC.md')
    .filter((file) => !file.includes('node_modules'))
    .flatMap((file) => {
      const folder = file.slice(0, -'/SPEC.md'.length)
      const rules = [...readFileSync(file, 'utf8').matchAll(/^(?:[-*] |#+ )?\*{0,2}\[([A-Z]{1,4}-?\d+[a-z]?)\]/gm)].map(
        (match) => match[1] ?? '',
      )
      const tests = [...globSync(`${folder}/src/**/*.test.ts`), ...globSync('e2e/**/*.test.ts')]
        .map((name) => readFileSync(name, 'utf8'))
        .join('\n')
      return rules.filter((rule) => !tests.includes(`[${rule}]`)).map((rule) => `${file} [${rule}]`)
    })
  expect(uncited).toEqual([])
})

test('ARCHITECTURE.md lists every package, and every package of others that is used at run time', () => {
  const page = readFileSync('ARCHITECTURE.md', 'utf8')
  const own = [...homes].filter(([, layer]) => layer !== 'apps').map(([name, layer]) => `\`${layer}/${name}\``)
  const manifests = globSync('{packages/*,apps}/*/package.json').map(
    (file) => JSON.parse(readFileSync(file, 'utf8')) as { readonly dependencies?: Readonly<Record<string, string>> },
  )
  const others = manifests
    .flatMap(({ dependencies = {} }) => Object.entries(dependencies))
    .filter(([name]) => !name.startsWith('@kedge/'))
  expect([...own, ...others.map(([name]) => `\`${name}\``)].filter((name) => !page.includes(name))).toEqual([])
  expect(
    others.filter(([, version]) => !/^\d/.test(version)),
    'versions are exact',
  ).toEqual([])
})
