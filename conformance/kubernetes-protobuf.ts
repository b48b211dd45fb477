import { existsSync, readdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createProtobufCodec } from '../packages/drivers/apiserver/src/protobuf/decode.ts'
import { jsonEquals } from '../packages/drivers/apiserver/src/schema/json.ts'
import type { CaseResult } from './suite.ts'

const cache = process.env['GOMODCACHE'] ?? path.join(process.env['GOPATH'] ?? path.join(os.homedir(), 'go'), 'pkg/mod')
const folder = path.join(cache, 'k8s.io/api@v0.37.2/testdata/HEAD')
/** A watch event says no kind in its envelope; it is no request body. */
const unreadable = new Set(['core.v1.WatchEvent.pb'])

/**
 * Every golden protobuf file of the Go module k8s.io/api must read as the golden JSON beside it. The files are taken from
 * the Go module cache; without them (`go mod download k8s.io/api@v0.37.2`) the suite is skipped.
 */
export function* kubernetesProtobuf(): Iterable<CaseResult> {
  if (!existsSync(folder)) {
    yield { id: 'all', feature: 'golden files', status: 'skipped', detail: `there is no ${folder}` }
    return
  }
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.pb') || unreadable.has(file)) continue
    const detail = check(file)
    yield { id: file, feature: 'golden files', status: detail === '' ? 'equal' : 'different', detail }
  }
}

function check(file: string): string {
  const want: unknown = JSON.parse(readFileSync(path.join(folder, file.replace(/\.pb$/, '.json')), 'utf8'))
  try {
    const got = createProtobufCodec().decode(readFileSync(path.join(folder, file)))
    return jsonEquals(got, want) ? '' : 'another object'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
