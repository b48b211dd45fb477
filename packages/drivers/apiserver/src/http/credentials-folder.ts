import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { makeCertificates, type Certificates } from './certificates.ts'
import { makeTokenKey } from './tokens.ts'

/** The secrets of a server. */
export interface ServerCredentials {
  readonly certificates: Certificates
  /** Private key that service account tokens are signed with, PEM. */
  readonly tokenKey: string
}

/** The credentials kept in a data folder, made at the first start; new ones each time without a folder. */
export async function loadCredentials(folder: string | undefined, nowMs: number): Promise<ServerCredentials> {
  if (folder === undefined) return makeCredentials(nowMs)
  const file = path.join(folder, 'credentials.json')
  const known = await readFile(file, 'utf8').catch(() => undefined)
  if (known !== undefined) return JSON.parse(known) as ServerCredentials
  const made = makeCredentials(nowMs)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(`${file}.draft`, JSON.stringify(made), { mode: 0o600 })
  await rename(`${file}.draft`, file)
  return made
}

function makeCredentials(nowMs: number): ServerCredentials {
  return { certificates: makeCertificates(nowMs), tokenKey: makeTokenKey() }
}
