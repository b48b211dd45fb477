/** The real helm as a program and kedge's own in this process, run against the same test cluster. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { main } from '../../../apps/cli/src/main.ts'

/** A program that the cluster tier built and named to its tests. */
export function builtProgram(variable: 'KEDGE_TEST_HELM' | 'KEDGE_TEST_REGISTRY'): string {
  const program = process.env[variable]
  if (program === undefined || program === '') throw new Error(`${variable} names no program: use npm run test:cluster`)
  return program
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
export function helmPair(kubeconfig?: string): HelmPair {
  const helm = builtProgram('KEDGE_TEST_HELM')
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-helm-'))
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    TZ: 'UTC',
    ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
  }
  const named = kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]
  return {
    folder,
    helm: (...words) => execute(helm, words, { env, cwd: folder }),
    kedge: async (...words) => {
      const ran = { out: '', err: '' }
      const code = await main(['helm', ...words, ...named], {
        stdout: (text) => void (ran.out += text),
        stderr: (text) => void (ran.err += text),
        cwd: folder,
        env,
        isTerminal: false,
        columns: 120,
      })
      return { code, ...ran }
    },
    write: (files) => {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
        writeFileSync(path.join(folder, name), text)
      }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** What a command of helm prints. Throws when it fails. */
export async function helmOutput(pair: HelmPair, words: readonly string[]): Promise<string> {
  const ran = await pair.helm(...words)
  if (ran.code !== 0) throw new Error(`helm ${words.join(' ')}: ${ran.err}`)
  return ran.out
}

/** A revision as `helm history` tells it. */
export interface ToldRevision {
  readonly revision: number
  readonly status: string
  readonly chart: string
  readonly description: string
}

/** The history of a release, oldest revision first. */
export async function helmHistory(
  pair: HelmPair,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): Promise<readonly ToldRevision[]> {
  const told = await helmOutput(pair, ['history', name, '-o', 'json', '-n', namespace])
  return JSON.parse(told) as readonly ToldRevision[]
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
