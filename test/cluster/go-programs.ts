/**
 * Programs built from a pinned Go module, once: the folder that holds them is named by the digest of what they are
 * built from.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

/** A Go module of this repository, and what is built of it. */
export interface GoModule<Name extends string> {
  readonly folder: string
  /** The files of the folder that everything is built from; their content names the folder of the programs. */
  readonly files: readonly string[]
  /** The package of each program, in the order they are built. */
  readonly programs: Readonly<Record<Name, string>>
  readonly linkerFlags: readonly string[]
  /** The end of the sentence that says what to do where there is no Go: what to name instead. */
  readonly instead: string
}

/** What is installed of a module. */
export interface GoPrograms<Name extends string> {
  readonly files: Readonly<Record<Name, string>>
  /** Where what was built is kept. */
  readonly folder: string
  /** How long the build took; 0 when everything was there. */
  readonly buildMs: number
}

/** How a module's programs are come by. */
export interface GoBuildOptions<Name extends string> {
  readonly log: (line: string) => void
  /** The file of a program that is not to be built; undefined for one that is. */
  readonly given?: (program: Name) => string | undefined
}

/** Locates the programs, and builds those that are missing. Throws with a text for people when Go is not there. */
export async function buildGoPrograms<Name extends string>(
  module: GoModule<Name>,
  { log, given }: GoBuildOptions<Name>,
): Promise<GoPrograms<Name>> {
  const startedAt = Date.now()
  const folder = programFolder(module)
  mkdirSync(folder, { recursive: true })
  const release = await lock(path.join(folder, '.lock'), log)
  try {
    let built = 0
    const found: Partial<Record<Name, string>> = {}
    for (const program of Object.keys(module.programs) as Name[]) {
      const named = given?.(program)
      const file = named ?? path.join(folder, program)
      found[program] = file
      if (named !== undefined || existsSync(file)) continue
      await buildProgram(module, { program, file, log })
      built += 1
    }
    return { files: found as Record<Name, string>, folder, buildMs: built === 0 ? 0 : Date.now() - startedAt }
  } finally {
    release()
  }
}

/** A folder in KEDGE_CLUSTER_CACHE, or in the user's cache; outside the clone, so that the next clone finds it. */
export function programFolder(module: Pick<GoModule<string>, 'folder' | 'files'>): string {
  const digest = createHash('sha256')
  for (const file of module.files) digest.update(readFileSync(path.join(module.folder, file)))
  const xdg = process.env['XDG_CACHE_HOME']
  const base = xdg === undefined || xdg === '' ? path.join(homedir(), '.cache') : xdg
  const root = process.env['KEDGE_CLUSTER_CACHE'] ?? path.join(base, 'kedge', 'cluster')
  return path.join(root, digest.digest('hex').slice(0, 16))
}

interface Build<Name extends string> {
  readonly program: Name
  readonly file: string
  readonly log: (line: string) => void
}

async function buildProgram<Name extends string>(
  module: GoModule<Name>,
  { program, file, log }: Build<Name>,
): Promise<void> {
  requireGo(program, module.instead)
  const startedAt = Date.now()
  log(`building ${program} (once) …`)
  const partial = `${file}.partial`
  // Without debugging data the build takes less time and a third less space.
  const args = ['build', '-mod=readonly', '-buildvcs=false', '-trimpath', '-gcflags=all=-dwarf=false']
  await runGo(
    [...args, '-ldflags', module.linkerFlags.join(' '), '-o', partial, module.programs[program]],
    module.folder,
    program,
  )
  renameSync(partial, file)
  log(`built ${program} in ${Math.round((Date.now() - startedAt) / 1000)} s`)
}

function requireGo(program: string, instead: string): void {
  const found = spawnSync('go', ['version'], { encoding: 'utf8' })
  if (found.status === 0) return
  throw new Error(
    `${program} is built with Go 1.26 or later, and no \`go\` is on the PATH: ` +
      `install it (https://go.dev/dl), or ${instead}`,
  )
}

function runGo(args: readonly string[], folder: string, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('go', args, {
      cwd: folder,
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${program} cannot be built: go ended with ${code}; its messages are above`))
    })
  })
}

/** One build at a time on a machine; a lock whose owner is gone, or that is older than an hour, is taken over. */
async function lock(file: string, log: (line: string) => void): Promise<() => void> {
  let told = false
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error
    }
    if (isAbandoned(file)) {
      rmSync(file, { force: true })
      continue
    }
    if (!told) log('another process builds the same programs; waiting for it …')
    told = true
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

function isAbandoned(file: string): boolean {
  try {
    if (Date.now() - statSync(file).mtimeMs > 3_600_000) return true
    process.kill(Number(readFileSync(file, 'utf8')), 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'ENOENT')
  }
}
