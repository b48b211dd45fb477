import { formatAddress, parseAddress, parseCidr, type Cidr } from '../address.ts'
import { CelError, CelOpaque } from '../values.ts'
import { binary, holds, isString, unary, type Library, type Overload } from './define.ts'

const isIp = holds('ip')
const isCidr = holds('cidr')

function ip(bytes: readonly number[]): CelOpaque {
  return new CelOpaque('net.IP', { kind: 'ip', bytes })
}

function cidr({ bytes, prefix }: Cidr): CelOpaque {
  return new CelOpaque('net.CIDR', { kind: 'cidr', bytes, prefix })
}

function ipOf(text: string): readonly number[] {
  const bytes = parseAddress(text)
  if (bytes === undefined)
    throw new CelError(`IP Address ${JSON.stringify(text)} parse error during conversion from string`)
  return bytes
}

function cidrOf(text: string): Cidr {
  const parsed = parseCidr(text)
  if (parsed === undefined)
    throw new CelError(`network address parse error during conversion from string: ${JSON.stringify(text)}`)
  return parsed
}

/** Whether the first bits of two addresses of one family are equal. */
function sharesPrefix(a: readonly number[], b: readonly number[], bits: number): boolean {
  return a.length === b.length && masked(a, bits).every((byte, at) => byte === masked(b, bits)[at])
}

function masked(bytes: readonly number[], prefix: number): readonly number[] {
  return bytes.map((byte, at) => byte & (0xff << (8 - Math.min(8, Math.max(0, prefix - at * 8)))) & 0xff)
}

function containsCidr(outer: Cidr, inner: Cidr): boolean {
  return outer.prefix <= inner.prefix && sharesPrefix(outer.bytes, inner.bytes, outer.prefix)
}

function test(run: (bytes: readonly number[]) => boolean): readonly Overload[] {
  return [unary(isIp, (a) => run(a.content.bytes))]
}

const isV4 = (bytes: readonly number[]): boolean => bytes.length === 4
const at = (bytes: readonly number[], index: number): number => bytes[index] ?? 0

function isLoopback(bytes: readonly number[]): boolean {
  return isV4(bytes) ? at(bytes, 0) === 127 : bytes.slice(0, 15).every((byte) => byte === 0) && at(bytes, 15) === 1
}

function isLinkLocalUnicast(bytes: readonly number[]): boolean {
  return isV4(bytes)
    ? at(bytes, 0) === 169 && at(bytes, 1) === 254
    : at(bytes, 0) === 0xfe && (at(bytes, 1) & 0xc0) === 0x80
}

function isLinkLocalMulticast(bytes: readonly number[]): boolean {
  return isV4(bytes)
    ? at(bytes, 0) === 224 && at(bytes, 1) === 0 && at(bytes, 2) === 0
    : at(bytes, 0) === 0xff && (at(bytes, 1) & 0x0f) === 2
}

function isGlobalUnicast(bytes: readonly number[]): boolean {
  const isMulticast = isV4(bytes) ? (at(bytes, 0) & 0xf0) === 0xe0 : at(bytes, 0) === 0xff
  const isBroadcast = isV4(bytes) && bytes.every((byte) => byte === 255)
  const isUnspecified = bytes.every((byte) => byte === 0)
  return !isMulticast && !isBroadcast && !isUnspecified && !isLoopback(bytes) && !isLinkLocalUnicast(bytes)
}

/** Functions on addresses that are no methods. */
export const addressFunctions: Library = {
  isIP: [unary(isString, (text) => parseAddress(text) !== undefined)],
  ip: [unary(isString, (text) => ip(ipOf(text)))],
  'ip.isCanonical': [unary(isString, (text) => formatAddress(ipOf(text)) === text)],
  isCIDR: [unary(isString, (text) => parseCidr(text) !== undefined)],
  cidr: [unary(isString, (text) => cidr(cidrOf(text)))],
  string: [
    unary(isIp, (a) => formatAddress(a.content.bytes)),
    unary(isCidr, (a) => `${formatAddress(a.content.bytes)}/${a.content.prefix}`),
  ],
}

/** Methods of addresses and networks. */
export const addresses: Library = {
  family: [unary(isIp, (a) => (isV4(a.content.bytes) ? 4n : 6n))],
  isUnspecified: test((bytes) => bytes.every((byte) => byte === 0)),
  isLoopback: test(isLoopback),
  isLinkLocalMulticast: test(isLinkLocalMulticast),
  isLinkLocalUnicast: test(isLinkLocalUnicast),
  isGlobalUnicast: test(isGlobalUnicast),
  containsIP: [
    binary([isCidr, isIp], (net, a) => sharesPrefix(net.content.bytes, a.content.bytes, net.content.prefix)),
    binary([isCidr, isString], (net, text) => sharesPrefix(net.content.bytes, ipOf(text), net.content.prefix)),
  ],
  containsCIDR: [
    binary([isCidr, isCidr], (net, other) => containsCidr(net.content, other.content)),
    binary([isCidr, isString], (net, text) => containsCidr(net.content, cidrOf(text))),
  ],
  ip: [unary(isCidr, (net) => ip(net.content.bytes))],
  masked: [
    unary(isCidr, (net) => cidr({ bytes: masked(net.content.bytes, net.content.prefix), prefix: net.content.prefix })),
  ],
  prefixLength: [unary(isCidr, (net) => BigInt(net.content.prefix))],
}
