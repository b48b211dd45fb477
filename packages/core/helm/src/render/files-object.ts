import {
  bytesToText,
  GoFunction,
  GoInt,
  goObject,
  newGoMap,
  typed,
  type GoMap,
  type GoObject,
  type GoValue,
} from '@kedge/gotemplate'
import type { ChartFile } from '../chart/chart.ts'
import { toYaml } from '../functions/yaml.ts'
import { compileGlob } from './glob.ts'

/** `.Files`: the chart's plain files by name. */
export function filesObject(files: readonly ChartFile[]): GoObject {
  const byName = new Map(files.map((file) => [file.name, file.bytes]))
  const text = (name: string): string => decode(byName.get(name) ?? new Uint8Array())
  const methods: Readonly<Record<string, GoFunction>> = {
    Get: takesText((name) => text(name)),
    GetBytes: takesText((name) => bytesOf(byName.get(name) ?? new Uint8Array())),
    Glob: takesText((pattern) => filesObject(select(files, pattern))),
    Lines: takesText((name) => lines(byName.get(name))),
    AsConfig: new GoFunction({ params: [] }, () => asYaml(files, (bytes) => decode(bytes))),
    AsSecrets: new GoFunction({ params: [] }, () =>
      asYaml(files, (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))),
    ),
  }
  let all: GoMap | undefined
  return {
    [goObject]: {
      type: 'engine.files',
      kind: 'map',
      method: (name) => methods[name],
      // Made only when a template looks at it: most ask for files by name.
      get underlying() {
        all ??= newGoMap([...byName].map(([name, bytes]) => [name, bytesOf(bytes)] as const))
        return all
      },
    },
  }
}

function takesText(call: (name: string) => GoValue): GoFunction {
  return new GoFunction({ params: ['string'] }, (name) => call(name as string))
}

function select(files: readonly ChartFile[], pattern: string): readonly ChartFile[] {
  const glob = compileGlob(pattern)
  return glob === undefined ? [] : files.filter((file) => glob(file.name))
}

function decode(bytes: Uint8Array): string {
  return bytesToText(bytes)
}

const byteValues: readonly GoInt[] = Array.from({ length: 256 }, (_, byte) => new GoInt(BigInt(byte), 'uint8'))

/** A []uint8 that is made when it is first looked at: loops over files mostly take their names alone. */
function bytesOf(bytes: Uint8Array): GoValue {
  const list: GoValue[] = typed([], '[]uint8')
  let rest: Uint8Array | undefined = bytes
  const made = (): GoValue[] => {
    for (const byte of rest ?? []) list.push(byteValues[byte])
    rest = undefined
    return list
  }
  return new Proxy(list, {
    get: (target, key) => Reflect.get(typeof key === 'symbol' ? target : made(), key) as unknown,
    has: (target, key) => Reflect.has(typeof key === 'symbol' ? target : made(), key),
    ownKeys: () => Reflect.ownKeys(made()),
    getOwnPropertyDescriptor: (_, key) => Reflect.getOwnPropertyDescriptor(made(), key),
  })
}

/** Lines without their ends; nothing after a last newline. */
function lines(bytes: Uint8Array | undefined): GoValue {
  if (bytes === undefined || bytes.length === 0) return typed([] as GoValue[], '[]string')
  const text = decode(bytes)
  return typed((text.endsWith('\n') ? text.slice(0, -1) : text).split('\n'), '[]string')
}

/** File names without their folders, as a YAML map. */
function asYaml(files: readonly ChartFile[], value: (bytes: Uint8Array) => string): string {
  if (files.length === 0) return '{}'
  return toYaml(
    newGoMap(files.map((file) => [file.name.slice(file.name.lastIndexOf('/') + 1), value(file.bytes)] as const)),
  )
}
