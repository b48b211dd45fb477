import path from 'node:path'
import { rolldown, type Plugin } from 'rolldown'
import type { Family } from '../../apps/cli/bin/bundle.js'

/** The files of the repository, from its root, that commands of each family may load. */
export type BundledModules = Readonly<Record<Family, readonly string[]>>

/** Modules with what each of them imports. */
type Graph = Map<string, { readonly always: readonly string[]; readonly later: readonly string[] }>

const main = 'apps/cli/src/main.ts'
const verbs = {
  helm: 'apps/cli/src/verbs/helm.ts',
  kustomize: 'apps/cli/src/verbs/kustomize.ts',
  program: 'apps/cli/src/program.ts',
} as const

/** Writes the program to a folder as modules without types, `kedge.mjs` first. Modules by their names, so that Node looks for no package.json. */
export async function writeModules(root: string, folder: string): Promise<BundledModules> {
  const graph: Graph = new Map()
  const bundle = await rolldown({
    input: { kedge: path.join(root, main) },
    cwd: root,
    platform: 'node',
    plugins: [ownPlaces(folder), remember(graph)],
    logLevel: 'silent',
  })
  const names = { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' }
  await bundle.write({ dir: folder, format: 'esm', comments: false, ...names })
  await bundle.close()
  const own = (files: Iterable<string>): readonly string[] =>
    [...files].map((file) => path.relative(root, file)).filter((file) => !file.split(path.sep).includes('node_modules'))
  return {
    helm: own(reachable(graph, { root, verb: verbs.helm })),
    kustomize: own(reachable(graph, { root, verb: verbs.kustomize })),
    program: own(reachable(graph, { root, verb: verbs.program })),
    all: own(graph.keys()),
  }
}

/**
 * Keeps files that modules name relative to themselves where they are: data is read from the sources' folders, and
 * modules that threads start from become part of the bundle.
 */
function ownPlaces(folder: string): Plugin {
  return {
    name: 'own-places',
    transform: {
      filter: { code: 'import.meta.url' },
      handler(code, id) {
        const withEntries = code.replaceAll(/new URL\('\.\/([\w-]+)\.ts', import\.meta\.url\)/g, (_, name: string) => {
          const fileName = `${name}.mjs`
          this.emitFile({ type: 'chunk', id: path.join(path.dirname(id), `${name}.ts`), fileName })
          return `new URL(${JSON.stringify(`./${fileName}`)}, import.meta.url)`
        })
        const place = path.relative(folder, id).split(path.sep).join('/')
        return withEntries.replaceAll(/new URL\(([^()]+), import\.meta\.url\)/g, (whole, target: string) =>
          target.startsWith('"') ? whole : `new URL(${target}, new URL(${JSON.stringify(place)}, import.meta.url))`,
        )
      },
    },
  }
}

function remember(graph: Graph): Plugin {
  return {
    name: 'remember',
    moduleParsed({ id, importedIds, dynamicallyImportedIds }) {
      graph.set(id, { always: importedIds, later: dynamicallyImportedIds })
    },
  }
}

/** Every module that a verb can load. What the modules that only choose a command import later belongs to other commands. */
function reachable(graph: Graph, from: { readonly root: string; readonly verb: string }): ReadonlySet<string> {
  const nameOf = (id: string): string => path.relative(from.root, id).split(path.sep).join('/')
  const chooses = (name: string): boolean =>
    [main, 'apps/cli/src/raw-verbs.ts', verbs.helm].includes(name) ||
    (from.verb === verbs.program && name.startsWith('apps/cli/src/'))
  const found = new Set<string>()
  const open = [main, from.verb].map((file) => path.join(from.root, file))
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const imports = graph.get(id)
    if (imports === undefined || found.has(id)) continue
    found.add(id)
    open.push(...imports.always, ...(chooses(nameOf(id)) ? [] : imports.later))
  }
  return found
}
