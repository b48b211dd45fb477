/**
 * Makes packages/drivers/apiserver/data from what was recorded of a real kube-apiserver:
 *
 *   node tools/generate-kubernetes-data.ts [folder]      (default: $KEDGE_CORPUS/kubernetes)
 *
 * The folder holds the server's merged OpenAPI v3 schemas, aggregated discovery, table columns, bootstrap objects,
 * version and the field numbers of its protobuf messages. Same input, same bytes.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { fileURLToPath } from 'node:url'

type Json = Record<string, unknown>

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const corpus = process.env['KEDGE_CORPUS'] ?? path.join(root, '..', 'shared', 'corpus')
const input = process.argv[2] ?? path.join(corpus, 'kubernetes')
const output = path.join(root, 'packages/drivers/apiserver/data')

mkdirSync(output, { recursive: true })
write('schemas', read('schemas-merged-v3-nodesc.json'))
write('discovery', { core: read('api-aggregated.json'), groups: read('apis-aggregated.json') })
write('tables', tables(read('tables.json')))
write('messages', read('protobuf-descriptors.json'))
write('bootstrap', bootstrap())
writeFileSync(path.join(output, 'version.json'), `${JSON.stringify(read('version.json'), undefined, 2)}\n`)

function read(name: string): Json {
  return JSON.parse(readFileSync(path.join(input, name), 'utf8')) as Json
}

function write(name: string, value: unknown): void {
  const text = Buffer.from(JSON.stringify(value))
  const packed = brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  })
  writeFileSync(path.join(output, `${name}.json.br`), packed)
  console.log(`${name}: ${text.length} bytes, packed ${packed.length}`)
}

/** `<group>/<version>/<resource>` (an empty group for core) → the columns as a Table names them. */
function tables(recorded: Json): Json {
  const out: Json = {}
  for (const [resource, table] of Object.entries(recorded)) {
    const columns = (table as { columns: [string, string, string, number, string][] }).columns
    out[resource] = columns.map(([name, type, format, priority, description]) => ({
      name,
      type,
      format,
      description,
      priority,
    }))
  }
  return out
}

/** The objects a new server has, without what belongs to the server they were recorded from. */
function bootstrap(): Json {
  const out: Json = {}
  const perServer = ['creationTimestamp', 'resourceVersion', 'uid', 'managedFields', 'generation']
  const kinds = ['namespaces', 'priorityclasses', 'clusterroles', 'clusterrolebindings', 'roles', 'rolebindings']
  for (const resource of [...kinds, 'apiservices']) {
    const list = read(`bootstrap/${resource}.json`) as { items: Json[] }
    out[resource] = list.items.map((item) => {
      const metadata = without(item['metadata'] as Json, perServer)
      return { ...without(item, ['status']), metadata }
    })
  }
  return out
}

function without(value: Json, names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
}
