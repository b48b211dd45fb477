/** The real helm and kedge, run against the same test cluster. */
import { spawn } from 'node:child_process'
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** The helm to test with: KEDGE_HELM, else the one on the PATH. Without one these tests fail. */
export function requireHelm(): string {
  const helm = findHelm()
  if (helm === undefined) throw new Error('these tests compare with the real helm 4.3: name it with KEDGE_HELM')
  return helm
}

/** A program that an environment variable names. Without it these tests fail. */
export function requireProgram(variable: string): string {
  const program = process.env[variable]
  if (program === undefined || program === '') throw new Error(`these tests need the program that ${variable} names`)
  return program
}

function findHelm(): string | undefined {
  const named = process.env['KEDGE_HELM']
  if (named !== undefined && named !== '') return named
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => path.join(folder, 'helm')).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** What one command gave. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Two programs that take the same command lines, in a folder of their own. */
export interface HelmPair {
  readonly folder: string
  readonly helm: (...words: readonly string[]) => Promise<Ran>
  readonly kedge: (...words: readonly string[]) => Promise<Ran>
  /** Writes files into the folder. */
  write(files: Readonly<Record<string, string>>): void
  close(): void
}

/** Both programs over a kubeconfig; without one they have no cluster. */
export function pairOf(helm: string, kubeconfig?: string): HelmPair {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-helm-'))
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    TZ: 'UTC',
    ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
  }
  const program = path.resolve('apps/cli/bin/kedge.js')
  return {
    folder,
    helm: (...words) => execute(helm, words, { env, cwd: folder }),
    kedge: (...words) => execute(process.execPath, [program, 'helm', ...words], { env, cwd: folder }),
    write: (files) => {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
        writeFileSync(path.join(folder, name), text)
      }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function execute(
  program: string,
  words: readonly string[],
  options: { readonly env: Readonly<Record<string, string | undefined>>; readonly cwd: string },
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const ran = { out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ran.out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (ran.err += text))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? -1, ...ran }))
  })
}
