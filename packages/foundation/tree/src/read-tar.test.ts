import { expect, test } from 'vitest'
import { type TarRules, tarEntries } from './read-tar.ts'

const rules: TarRules = { checksums: 'checked', broken: (how) => new Error(how) }

interface Given {
  readonly name: string
  readonly type?: string
  readonly content?: string
  readonly prefix?: string
  readonly size?: string
}

function tar(entries: readonly Given[]): Uint8Array {
  const blocks = entries.map(({ name, type = '0', content = '', prefix, size }) => {
    const header = Buffer.alloc(512)
    header.write(name, 0)
    header.write('0000755', 100)
    header.write(size ?? Buffer.byteLength(content).toString(8).padStart(11, '0'), 124)
    header.write('        ', 148)
    header.write(type, 156)
    if (prefix !== undefined) header.write(`ustar\u000000${''.padEnd(80, '\0')}${prefix}`, 257)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512)
    body.write(content)
    return Buffer.concat([header, body])
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

const read = (bytes: Uint8Array, how = rules) =>
  [...tarEntries(bytes, how)].map((entry) => [entry.name, entry.type, entry.mode, Buffer.from(entry.bytes).toString()])

test('[T11] entries come with name, type, mode and content', () => {
  const given = [
    { name: 'a/', type: '5' },
    { name: 'a/b', content: 'x'.repeat(513) },
    { name: 'c', prefix: 'deep/er' },
  ]
  expect(read(tar(given))).toEqual([
    ['a/', '5', 0o755, ''],
    ['a/b', '0', 0o755, 'x'.repeat(513)],
    ['deep/er/c', '0', 0o755, ''],
  ])
})

test.each([
  ['pax', { name: 'PaxHeader', type: 'x', content: '9 a=1234\n18 path=long/née\n' }],
  ['GNU', { name: '././@LongLink', type: 'L', content: 'long/née\0' }],
])('[T11] a long name of %s is that of the next entry alone', (_, extended) => {
  const names = read(tar([{ name: 'g', type: 'g' }, extended, { name: 'short' }, { name: 'next' }])).map(
    ([name]) => name,
  )
  expect(names).toEqual(['long/née', 'next'])
})

test.each(['nonsense', '19 path=long/a.txt\ntrailing', '0 path=a\n', '-9 path=a\n'])(
  '[T11] records of pax that lead nowhere end the header: %j',
  (content) => {
    const [name] = read(tar([{ name: 'PaxHeader', type: 'x', content }, { name: 'short' }])).flat()
    expect(name).toBe(content.startsWith('19') ? 'long/a.txt' : 'short')
  },
)

test('[T11] a wrong checksum breaks the archive only where checksums are checked', () => {
  const bytes = tar([{ name: 'a', content: 'x' }])
  bytes[0] = 0x62
  expect(() => read(bytes)).toThrow('header')
  expect(read(bytes, { ...rules, checksums: 'ignored' })).toEqual([['b', '0', 0o755, 'x']])
})

test('[T11] a size in base 256 is read, and one that is no number or past the end breaks the archive', () => {
  const big = tar([{ name: 'a', content: 'x' }])
  big.set([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 124)
  expect(read(big, { ...rules, checksums: 'ignored' })).toEqual([['a', '0', 0o755, 'x']])
  expect(() => read(tar([{ name: 'a', size: '0000000012z' }]))).toThrow('header')
  expect(() => read(tar([{ name: 'a', size: '00000077777' }]))).toThrow('cut short')
})
