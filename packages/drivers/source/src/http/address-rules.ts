import { BlockList, isIP } from 'node:net'

/** Which addresses may be connected to. `deny` adds CIDR ranges (the cluster's own, for instance) to what is always denied. */
export interface AddressOptions {
  readonly allowLoopback?: boolean
  readonly deny?: readonly string[]
  /** CIDR ranges that are allowed in spite of every rule. */
  readonly allow?: readonly string[]
}

/** Judges addresses at the moment of connecting. */
export interface AddressRules {
  /** Why an address, or a host name that is one, may not be connected to; undefined when it may. */
  problemOf(address: string): string | undefined
}

const loopback = ['127.0.0.0/8', '::1/128']
// Never a Git server of a tenant: this host, link-local with the metadata services, multicast, reserved, ULA.
const denied = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '100.100.100.200/32', // a cloud's metadata service outside the link-local range
  '::/128',
  'fe80::/10',
  'fec0::/10',
  'fc00::/7',
  'ff00::/8',
]

/** Rules from options; throws a TypeError on a malformed range. */
export function createAddressRules(options: AddressOptions = {}): AddressRules {
  const blocked = blockList([...denied, ...(options.deny ?? [])])
  const local = blockList(loopback)
  const allowed = blockList(options.allow ?? [])
  return {
    problemOf(address: string): string | undefined {
      const plain = embeddedV4(stripBrackets(address))
      if (plain === undefined) return undefined
      const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4'
      if (allowed.check(plain, family)) return undefined
      if (local.check(plain, family)) {
        return options.allowLoopback === true ? undefined : `the address ${plain} is this machine`
      }
      return blocked.check(plain, family) ? `the address ${plain} is in a denied range` : undefined
    },
  }
}

function stripBrackets(host: string): string {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  return bare.replace(/%.*$/, '')
}

/** The address itself, or the IPv4 address that it stands for; undefined for a name. */
function embeddedV4(address: string): string | undefined {
  const family = isIP(address)
  if (family !== 6) return family === 0 ? undefined : address
  const groups = expand(address)
  const [, second = 0, third = 0, , , , high = 0, low = 0] = groups
  if (groups[0] === 0x2002) return dotted(second, third)
  return carriesV4AtEnd(groups) ? dotted(high, low) : address
}

/** Mapped (::ffff:a.b.c.d), translated (::ffff:0:a.b.c.d), compatible (::a.b.c.d) and NAT64 (64:ff9b::a.b.c.d) forms. */
function carriesV4AtEnd(groups: readonly number[]): boolean {
  const head = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(':')
  if (head === '0:0:0:0:0:0') return groups[6] !== 0
  return ['0:0:0:0:0:ffff', '0:0:0:0:ffff:0', '64:ff9b:0:0:0:0'].includes(head)
}

function expand(address: string): readonly number[] {
  const withV4 = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const [, lead, a, b, c, d] = withV4 ?? []
  const pure =
    lead === undefined
      ? address
      : `${lead}${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`
  const [head = '', tail] = pure.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...Array.from({ length: gap }, () => '0'), ...right].map((group) => Number.parseInt(group, 16))
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    if (isIP(address) === 0) throw new TypeError(`${JSON.stringify(range)} is no CIDR range`)
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    list.addSubnet(address, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family)
  }
  return list
}
