/** The real helm, its engine alone, and a registry, built from their Go modules. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { buildGoPrograms, type GoModule } from '../go-programs.ts'

/** What is built: the command, the program that times its engine in one process, and an OCI registry in memory. */
export type HelmProgram = 'helm' | 'engine-time' | 'registry'

const folder = path.join(import.meta.dirname, 'module')

/** Locates the programs, and builds those that are missing; KEDGE_HELM names another helm. Throws a text for people. */
export async function buildHelm(log: (line: string) => void): Promise<Readonly<Record<HelmProgram, string>>> {
  const given = namedHelm()
  if (given !== undefined && !existsSync(given)) throw new Error(`KEDGE_HELM names ${given}, which is not there`)
  const { files } = await buildGoPrograms(helmModule(), {
    log,
    given: (program) => (program === 'helm' ? given : undefined),
  })
  return files
}

function helmModule(): GoModule<HelmProgram> {
  const version = /^\thelm\.sh\/helm\/v4 (v\S+)$/m.exec(readFileSync(path.join(folder, 'go.mod'), 'utf8'))?.[1]
  if (version === undefined) throw new Error(`${folder}/go.mod requires no helm.sh/helm/v4`)
  return {
    folder,
    files: ['go.mod', 'go.sum', 'engine-time/main.go', 'registry/main.go'],
    programs: { helm: 'helm.sh/helm/v4/cmd/helm', 'engine-time': './engine-time', registry: './registry' },
    // As helm's own releases are built.
    linkerFlags: ['-w', '-s', `-X helm.sh/helm/v4/internal/version.version=${version}`],
    instead: 'point KEDGE_CLUSTER_CACHE to a folder that it was built in before',
  }
}

/** The helm that KEDGE_HELM names. */
export function namedHelm(): string | undefined {
  const named = process.env['KEDGE_HELM']
  return named === '' ? undefined : named
}
