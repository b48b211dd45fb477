import { gitError, limitExceeded, protocolError } from './git-failure.ts'
import type { GitLimits } from './git-limits.ts'
import type { GitTransport } from './git-transport.ts'
import { type ObjectFormat, sha1Format, sha256Format } from './object-format.ts'
import { PacketReader, delimiterPacket, flushPacket, lineOf, pktLine, serverSaid } from './pkt-line.ts'
import { isObjectId, isRefName } from './ref-name.ts'

/** A ref as a server lists it. */
export interface AdvertisedRef {
  readonly name: string
  readonly oid: string
  /** What an annotated tag leads to. */
  readonly peeled?: string
  /** The ref that a symbolic one names. */
  readonly target?: string
}

/** What a server can do, learnt once and kept. `refs` comes with the older protocol only. */
export interface Advertisement {
  readonly version: 2 | 0
  readonly format: ObjectFormat
  readonly capabilities: ReadonlyMap<string, string>
  readonly refs: readonly AdvertisedRef[]
}

/**
 * What to fetch. `have` is a commit whose whole tree is here; `deepen` limits the history (0: all of it), and
 * `commitsOnly` leaves out the files, from a server that can.
 */
export interface FetchRequest {
  readonly want: string
  readonly have?: string
  readonly deepen: number
  readonly commitsOnly?: boolean
}

/** Whether a server can leave out the files. */
export function canFilter(server: Advertisement): boolean {
  return server.version === 2 && fetchFeatures(server).includes('filter')
}

function fetchFeatures(server: Advertisement): readonly string[] {
  return server.capabilities.get('fetch')?.split(' ') ?? []
}

const agent = 'agent=kedge'

/** Reads a server's opening words, of version 2 or, where the server is older, 0 or 1. */
export async function discover(
  transport: GitTransport,
  limits: GitLimits,
  signal: AbortSignal,
): Promise<Advertisement> {
  const reader = refReader(await transport.discover(signal), limits)
  let line = await reader.nextLine()
  if (line === '# service=git-upload-pack') {
    const packet = await reader.next()
    if (packet.kind !== 'flush') throw protocolError('the service line is not followed by a flush')
    line = await reader.nextLine()
  }
  if (line === 'version 2') return readCapabilities(reader)
  if (line === 'version 1') line = await reader.nextLine()
  return readOldAdvertisement(reader, line, limits)
}

/** Lists the refs whose names begin with one of the prefixes. One round trip with version 2, none with older servers. */
export async function listRefs(
  from: { readonly transport: GitTransport; readonly server: Advertisement; readonly limits: GitLimits },
  prefixes: readonly string[],
  signal: AbortSignal,
): Promise<readonly AdvertisedRef[]> {
  const { server, transport, limits } = from
  if (server.version === 0) {
    return server.refs.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)))
  }
  const body = Buffer.concat([
    ...commandHead('ls-refs', server.format),
    delimiterPacket,
    pktLine('peel'),
    pktLine('symrefs'),
    ...prefixes.map((prefix) => pktLine(`ref-prefix ${prefix}`)),
    flushPacket,
  ])
  const reader = refReader(await transport.request(body, signal), limits)
  const refs: AdvertisedRef[] = []
  for (;;) {
    const packet = await reader.next()
    if (packet.kind === 'eof') throw protocolError('the list of refs is cut off')
    if (packet.kind !== 'data') {
      await reader.finish()
      return refs
    }
    if (refs.length >= limits.maxRefs) throw limitExceeded('maxRefs', limits.maxRefs, 'the number of refs')
    const ref = parseRefLine(lineOf(packet.data))
    if (ref !== undefined) refs.push(ref)
  }
}

/** Asks for a commit and gives the pack as it comes. */
export async function* fetchPack(
  from: { readonly transport: GitTransport; readonly server: Advertisement; readonly limits: GitLimits },
  wanted: FetchRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const { server, transport, limits } = from
  const body = server.version === 2 ? fetchBody(server, wanted) : oldFetchBody(server, wanted)
  // Progress texts and framing come on top of the pack itself.
  const bytes = limits.maxPackBytes + Math.ceil(limits.maxPackBytes / 64) + 1024 * 1024
  const reader = new PacketReader(await transport.request(body, signal), { name: 'maxPackBytes', bytes })
  try {
    yield* server.version === 2 ? packSection(reader) : oldPack(reader, server)
  } finally {
    await reader.close()
  }
}

function refReader(chunks: AsyncIterable<Uint8Array>, limits: GitLimits): PacketReader {
  return new PacketReader(chunks, { name: 'maxRefBytes', bytes: limits.maxRefBytes })
}

async function readCapabilities(reader: PacketReader): Promise<Advertisement> {
  const capabilities = new Map<string, string>()
  for (let line = await reader.nextLine(); line !== undefined; line = await reader.nextLine()) {
    if (capabilities.size > 256) throw protocolError('it names too many capabilities')
    const equals = line.indexOf('=')
    if (equals < 0) capabilities.set(line, '')
    else capabilities.set(line.slice(0, equals), line.slice(equals + 1))
  }
  await reader.finish()
  if (!capabilities.has('ls-refs') || !capabilities.has('fetch')) {
    throw protocolError('it offers no ls-refs and fetch')
  }
  return { version: 2, format: formatNamed(capabilities.get('object-format')), capabilities, refs: [] }
}

async function readOldAdvertisement(
  reader: PacketReader,
  first: string | undefined,
  limits: GitLimits,
): Promise<Advertisement> {
  const nul = first?.indexOf('\0') ?? -1
  const capabilities = parseOldCapabilities(first === undefined || nul < 0 ? '' : first.slice(nul + 1))
  const refs = new Map<string, AdvertisedRef>()
  let count = 0
  let line = first === undefined || nul < 0 ? first : first.slice(0, nul)
  for (; line !== undefined; line = await reader.nextLine()) {
    count += 1
    if (count > limits.maxRefs) throw limitExceeded('maxRefs', limits.maxRefs, 'the number of refs')
    addOldRef(refs, line, capabilities)
  }
  await reader.finish()
  return { version: 0, format: formatNamed(capabilities.get('object-format')), capabilities, refs: [...refs.values()] }
}

/** A line is a ref, or with `^{}` at its end what the annotated tag of the line before leads to. */
function addOldRef(refs: Map<string, AdvertisedRef>, line: string, capabilities: ReadonlyMap<string, string>): void {
  const [oid = '', name = ''] = line.split(' ')
  if (oid === 'shallow') return
  if (!isObjectId(oid)) throw protocolError('a ref has no object id')
  const tag = name.endsWith('^{}') ? refs.get(name.slice(0, -3)) : undefined
  if (tag !== undefined) refs.set(tag.name, { ...tag, peeled: oid })
  else if (isRefName(name)) refs.set(name, withTarget(name, oid, capabilities))
}

function withTarget(name: string, oid: string, capabilities: ReadonlyMap<string, string>): AdvertisedRef {
  const target = capabilities.get(`symref ${name}`)
  return target === undefined ? { name, oid } : { name, oid, target }
}

function parseOldCapabilities(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const word of text.split(' ').filter((word) => word !== '')) {
    const equals = word.indexOf('=')
    const key = equals < 0 ? word : word.slice(0, equals)
    const value = equals < 0 ? '' : word.slice(equals + 1)
    const colon = value.indexOf(':')
    if (key === 'symref' && colon > 0) found.set(`symref ${value.slice(0, colon)}`, value.slice(colon + 1))
    else found.set(key, value)
  }
  return found
}

function formatNamed(name: string | undefined): ObjectFormat {
  if (name === undefined || name === 'sha1') return sha1Format
  if (name === 'sha256') return sha256Format
  throw gitError('RepositoryUnsupported', `the repository uses the object format ${JSON.stringify(name.slice(0, 20))}`)
}

/** A line of ls-refs; undefined for an unborn HEAD and for names that Git itself would not accept. */
function parseRefLine(line: string): AdvertisedRef | undefined {
  const [oid = '', name = '', ...attributes] = line.split(' ')
  if (oid === 'unborn' || !isRefName(name)) return undefined
  if (!isObjectId(oid)) throw protocolError('a ref has no object id')
  let ref: AdvertisedRef = { name, oid }
  for (const attribute of attributes) {
    if (attribute.startsWith('peeled:') && isObjectId(attribute.slice(7))) ref = { ...ref, peeled: attribute.slice(7) }
    if (attribute.startsWith('symref-target:')) ref = { ...ref, target: attribute.slice(14) }
  }
  return ref
}

function commandHead(command: string, format: ObjectFormat): readonly Buffer[] {
  return [pktLine(`command=${command}`), pktLine(agent), pktLine(`object-format=${format.name}`)]
}

function fetchBody(server: Advertisement, wanted: FetchRequest): Buffer {
  const shallow = fetchFeatures(server).includes('shallow')
  return Buffer.concat([
    ...commandHead('fetch', server.format),
    delimiterPacket,
    pktLine('no-progress'),
    pktLine('ofs-delta'),
    ...(wanted.have === undefined ? [] : [pktLine('thin-pack')]),
    ...(shallow && wanted.deepen > 0 ? shallowLines(wanted) : []),
    ...(wanted.commitsOnly === true ? [pktLine('filter tree:0')] : []),
    pktLine(`want ${wanted.want}`),
    ...(wanted.have === undefined ? [] : [pktLine(`have ${wanted.have}`)]),
    pktLine('done'),
    flushPacket,
  ])
}

function shallowLines(wanted: FetchRequest): readonly Buffer[] {
  const shallow = wanted.have === undefined ? [] : [pktLine(`shallow ${wanted.have}`)]
  return [...shallow, pktLine(`deepen ${wanted.deepen}`)]
}

function oldFetchBody(server: Advertisement, wanted: FetchRequest): Buffer {
  // Some servers refuse a client that does not name multi_ack, although it never needs it.
  const offered = ['multi_ack_detailed', 'side-band-64k', 'ofs-delta', 'no-progress', 'thin-pack']
  const capabilities = offered.filter((name) => server.capabilities.has(name))
  if (server.capabilities.has('object-format')) capabilities.push(`object-format=${server.format.name}`)
  if (server.capabilities.has('agent')) capabilities.push(agent)
  const shallow = server.capabilities.has('shallow') && wanted.deepen > 0
  return Buffer.concat([
    pktLine(`want ${wanted.want} ${capabilities.join(' ')}`),
    ...(shallow ? shallowLines(wanted) : []),
    flushPacket,
    ...(wanted.have === undefined ? [] : [pktLine(`have ${wanted.have}`)]),
    pktLine('done'),
  ])
}

/** Version 2: sections with a title, the last of which is the pack. */
async function* packSection(reader: PacketReader): AsyncGenerator<Uint8Array, void> {
  for (let lines = 0; ; lines += 1) {
    if (lines > 10_000) throw protocolError('the pack does not begin')
    const packet = await reader.next()
    if (packet.kind === 'eof' || packet.kind === 'flush') throw protocolError('it holds no pack')
    if (packet.kind === 'data' && lineOf(packet.data) === 'packfile') break
  }
  yield* sideBand(reader)
}

/** Versions 0 and 1: shallow lines up to a flush, acknowledgements, then the pack. */
async function* oldPack(reader: PacketReader, server: Advertisement): AsyncGenerator<Uint8Array, void> {
  if (!server.capabilities.has('side-band-64k')) {
    throw gitError('RepositoryUnsupported', 'the Git server does not offer side-band-64k', 'update the Git server')
  }
  for (let lines = 0; ; lines += 1) {
    if (lines > 10_000) throw protocolError('the pack does not begin')
    const packet = await reader.next()
    if (packet.kind === 'eof') throw protocolError('it holds no pack')
    if (packet.kind !== 'data') continue
    const line = lineOf(packet.data)
    // The answer to `done` is NAK or an ACK without a word after it; ACKs with a word come before.
    if (line === 'NAK' || /^ACK [0-9a-f]+$/.test(line)) break
  }
  yield* sideBand(reader)
}

async function* sideBand(reader: PacketReader): AsyncGenerator<Uint8Array, void> {
  for (;;) {
    const packet = await reader.next()
    if (packet.kind === 'eof') throw protocolError('the pack is cut off')
    if (packet.kind === 'flush') return reader.finish()
    if (packet.kind !== 'data') continue
    const band = packet.data[0]
    if (band === 1) yield packet.data.subarray(1)
    else if (band === 3) throw serverSaid(packet.data.toString('utf8', 1))
    else if (band !== 2) throw protocolError('it uses an unknown side band')
  }
}
