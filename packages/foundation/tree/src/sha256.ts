/** Hashes bytes to lower-case hexadecimal SHA-256. Drivers pass the host's; `sha256Hex` is the portable one. */
export type Sha256 = (bytes: Uint8Array) => string

const initial = fractions((prime) => Math.sqrt(prime), 8)
const rounds = fractions((prime) => Math.cbrt(prime), 64)

/** SHA-256 (FIPS 180-4) of the bytes, as 64 lower-case hexadecimal digits, without any host function. */
export function sha256Hex(bytes: Uint8Array): string {
  const state = Uint32Array.from(initial)
  const words = new Uint32Array(64)
  const whole = bytes.length - (bytes.length % 64)
  for (let offset = 0; offset < whole; offset += 64) compress(state, words, { bytes, offset })
  const tail = paddedTail(bytes, whole)
  for (let offset = 0; offset < tail.length; offset += 64) compress(state, words, { bytes: tail, offset })
  return [...state].map((word) => word.toString(16).padStart(8, '0')).join('')
}

function paddedTail(bytes: Uint8Array, whole: number): Uint8Array {
  const rest = bytes.length - whole
  const tail = new Uint8Array(rest < 56 ? 64 : 128)
  tail.set(bytes.subarray(whole))
  tail[rest] = 0x80
  const view = new DataView(tail.buffer)
  view.setUint32(tail.length - 8, Math.floor(bytes.length / 0x20000000))
  view.setUint32(tail.length - 4, (bytes.length << 3) >>> 0)
  return tail
}

function compress(state: Uint32Array, w: Uint32Array, block: { bytes: Uint8Array; offset: number }): void {
  schedule(w, block.bytes, block.offset)
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (rounds[i] ?? 0) + (w[i] ?? 0)) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  const sums = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i += 1) state[i] = ((state[i] ?? 0) + (sums[i] ?? 0)) | 0
}

function schedule(w: Uint32Array, bytes: Uint8Array, offset: number): void {
  for (let i = 0; i < 16; i += 1) {
    const at = offset + i * 4
    w[i] = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
  }
  for (let i = 16; i < 64; i += 1) {
    const x = w[i - 15] ?? 0
    const y = w[i - 2] ?? 0
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = ((w[i - 16] ?? 0) + s0 + (w[i - 7] ?? 0) + s1) | 0
  }
}

/** The first 32 bits of the fractional parts of a root of the first primes: where the standard's constants come from. */
function fractions(root: (prime: number) => number, count: number): Uint32Array {
  const found: number[] = []
  for (let candidate = 2; found.length < count; candidate += 1) {
    if (!found.some((prime) => candidate % prime === 0)) found.push(candidate)
  }
  return Uint32Array.from(found, (prime) => {
    const value = root(prime)
    return Math.floor((value - Math.floor(value)) * 0x1_0000_0000)
  })
}
