import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { readKeyring, verifyMessage, type KeyOwner } from '@kedge/cryptography'
import { FunctionError } from '@kedge/gotemplate'
import { parseYaml } from '@kedge/yaml'
import type { Io } from '../io.ts'
import type { FetchedChart } from './chart-fetcher.ts'
import { helmFailure, runCommand } from './command.ts'
import type { Flags } from './parse-flags.ts'
import { reasonOf } from './value-flags.ts'

interface Verifying {
  readonly flags: Flags
  readonly io: Io
}

/** `helm verify PATH`: checks the provenance file beside a chart's archive. */
export function verifyCommand(args: readonly string[], io: Io): Promise<number> {
  const spec = { name: 'helm verify', argument: 'PATH', flags: { keyring: { kind: 'text' } } } as const
  return runCommand(spec, { args, io }, (flags) => {
    io.stdout(verifyChartFile(flags.positionals[0] ?? '', { flags, io }))
    return Promise.resolve()
  })
}

/** Checks an archive against the .prov file beside it; says who signed it. Throws FailureError when nobody known did. */
export function verifyChartFile(name: string, on: Verifying): string {
  const file = path.resolve(on.io.cwd, name)
  const stats = statSync(file, { throwIfNoEntry: false })
  if (name === '' || stats === undefined) throw helmFailure(`stat ${name}: no such file or directory`)
  if (stats.isDirectory()) throw helmFailure('unpacked charts cannot be verified')
  if (!/\.(?:tgz|tar\.gz)$/i.test(file)) throw helmFailure('chart must be a tgz file')
  if (!existsSync(`${file}.prov`))
    throw helmFailure(`could not load provenance file ${name}.prov: stat ${name}.prov: no such file or directory`)
  return verify(
    { archive: readFileSync(file), provenance: readFileSync(`${file}.prov`), name: path.basename(file) },
    on,
  )
}

/** Checks a chart that was fetched with its provenance. */
export function verifyFetched(chart: FetchedChart, on: Verifying): string {
  const { address, bytes, provenance, fileName } = chart
  if (provenance === undefined) throw helmFailure(`failed to fetch provenance "${address}.prov"`)
  return verify({ archive: bytes, provenance, name: fileName }, on)
}

function verify(
  what: { readonly archive: Uint8Array; readonly provenance: Uint8Array; readonly name: string },
  { flags, io }: Verifying,
): string {
  const keyring = keyringOf(flags, io)
  try {
    const { text, owner } = verifyMessage(Buffer.from(what.provenance).toString('utf8'), keyring, Date.now())
    const hash = `sha256:${createHash('sha256').update(what.archive).digest('hex')}`
    const signed = hashOf(text, what.name)
    if (signed !== hash)
      throw helmFailure(
        `sha256 sum does not match for ${what.name}: ${JSON.stringify(signed)} != ${JSON.stringify(hash)}`,
      )
    const by = owner.identities.map((identity) => `Signed by: ${identity}\n`).join('')
    const fingerprint = owner.primary.toString('hex').toUpperCase()
    return `${by}Using Key With Fingerprint: ${fingerprint}\nChart Hash Verified: ${hash}\n`
  } catch (error) {
    throw error instanceof FunctionError ? helmFailure(error.message) : error
  }
}

function keyringOf(flags: Flags, io: Io): readonly KeyOwner[] {
  const home = io.env['GNUPGHOME'] ?? path.join(io.env['HOME'] ?? '', '.gnupg')
  const file = flags.text('keyring') || path.join(home, 'pubring.gpg')
  try {
    return readKeyring(readFileSync(path.resolve(io.cwd, file)))
  } catch (error) {
    if (error instanceof FunctionError) throw helmFailure(`failed to load keyring: ${error.message}`)
    throw helmFailure(`failed to load keyring: open ${file}: ${reasonOf(error)}`)
  }
}

/** The sum that a signed message has for a file: it is the second document of the message. */
function hashOf(text: string, name: string): string {
  const [, sums] = text.split('\n...\n')
  if (sums === undefined) throw helmFailure('message block must have at least two parts')
  const { files } = (parseYaml(sums) ?? {}) as { readonly files?: Readonly<Record<string, unknown>> }
  const sum = files?.[name]
  if (typeof sum === 'string') return sum
  throw helmFailure(`provenance does not contain a SHA for a file named ${JSON.stringify(name)}`)
}
