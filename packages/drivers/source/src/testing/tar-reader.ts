/** One entry of a tar archive. */
export interface TarEntry {
  readonly name: string
  readonly type: string
  readonly mode: number
  readonly owner: string
  readonly time: number
  readonly link: string
  readonly content: Buffer
}

/** The entries of a tar archive in the formats that Git and this package write (ustar with pax headers). */
export function readTar(bytes: Uint8Array): readonly TarEntry[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries: TarEntry[] = []
  let records: Record<string, string> = {}
  for (let at = 0; at + 512 <= buffer.length;) {
    const head = buffer.subarray(at, at + 512)
    if (head.every((byte) => byte === 0)) break
    checkSum(head)
    const size = octal(head, 124, 12)
    const content = buffer.subarray(at + 512, at + 512 + size)
    at += 512 + Math.ceil(size / 512) * 512
    const type = text(head, 156, 1)
    if (type === 'g') continue
    if (type === 'x') {
      records = paxRecords(content)
      continue
    }
    const prefix = text(head, 345, 155)
    const short = text(head, 0, 100)
    entries.push({
      name: records['path'] ?? (prefix === '' ? short : `${prefix}/${short}`),
      type,
      mode: octal(head, 100, 8),
      owner: `${octal(head, 108, 8)}:${octal(head, 116, 8)} ${text(head, 265, 32)}${text(head, 297, 32)}`.trim(),
      time: octal(head, 136, 12),
      link: records['linkpath'] ?? text(head, 157, 100),
      content,
    })
    records = {}
  }
  return entries
}

function checkSum(head: Buffer): void {
  const stated = octal(head, 148, 8)
  const blank = Buffer.from(head)
  blank.fill(0x20, 148, 156)
  if (blank.reduce((sum, byte) => sum + byte, 0) !== stated) throw new Error('the checksum of a tar header is wrong')
}

function text(head: Buffer, at: number, length: number): string {
  const field = head.toString('utf8', at, at + length)
  const nul = field.indexOf('\0')
  return nul < 0 ? field : field.slice(0, nul)
}

function octal(head: Buffer, at: number, length: number): number {
  return Number.parseInt(text(head, at, length).trim() || '0', 8)
}

function paxRecords(content: Buffer): Record<string, string> {
  const records: Record<string, string> = {}
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at)
    const end = at + Number(content.toString('latin1', at, space))
    const record = content.toString('utf8', space + 1, end - 1)
    const equals = record.indexOf('=')
    records[record.slice(0, equals)] = record.slice(equals + 1)
    at = end
  }
  return records
}
