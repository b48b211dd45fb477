/**
 * Reads every golden protobuf file of the Go module k8s.io/api and compares it with the golden JSON beside it:
 *
 *   node conformance/kubernetes-protobuf.ts [folder]
 *
 * The folder is testdata/HEAD of the module; without it, the Go module cache is looked at, and the check is skipped when
 * the module is not there (`go mod download k8s.io/api@v0.37.2`).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createProtobufCodec } from '../packages/drivers/apiserver/src/protobuf/decode.ts'
import { jsonEquals } from '../packages/drivers/apiserver/src/schema/json.ts'

const cache = process.env['GOMODCACHE'] ?? path.join(process.env['GOPATH'] ?? path.join(os.homedir(), 'go'), 'pkg/mod')
const folder = process.argv[2] ?? path.join(cache, 'k8s.io/api@v0.37.2/testdata/HEAD')
/** A watch event says no kind in its envelope; it is no request body. */
const unreadable = new Set(['core.v1.WatchEvent.pb'])

let passed = 0
let failed = 0
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.pb')) : []
for (const file of files.filter((name) => !unreadable.has(name))) {
  const problem = check(file)
  if (problem === undefined) passed += 1
  else {
    failed += 1
    console.log(`${file}: ${problem}`)
  }
}
console.log(`kubernetes-protobuf: ${passed} passed, ${failed} failed, ${files.length === 0 ? 1 : 0} skipped`)
process.exitCode = failed === 0 ? 0 : 1

function check(file: string): string | undefined {
  const want: unknown = JSON.parse(readFileSync(path.join(folder, file.replace(/\.pb$/, '.json')), 'utf8'))
  try {
    const got = createProtobufCodec().decode(readFileSync(path.join(folder, file)))
    return jsonEquals(got, want) ? undefined : 'differs'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
