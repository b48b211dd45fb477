import { resourceName } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'
import { connect } from '../connect.ts'
import type { Io } from '../io.ts'
import type { Kube, KubeTable } from '../kube/kube.ts'
import { namespaceFor, selectResources, type Selection } from '../kube/selection.ts'
import type { ExitCode } from '../main.ts'
import { formatObjects, parseOutputFormat, type OutputFormat } from '../output/format.ts'
import { formatTable } from '../output/table.ts'
import type { GetFlags } from './get.ts'

/** Prints objects as kubectl does; with no type, everything that Kedge reconciles, in all namespaces. */
export async function runGet(words: readonly string[], flags: GetFlags, io: Io): Promise<ExitCode> {
  const format = parseOutputFormat(flags.output)
  await using kube = await connect(flags, io)
  const selections = await selectResources(words, kube)
  const scope = words.length === 0 && flags.namespace === undefined ? { ...flags, allNamespaces: true } : flags
  if (format.kind === 'table') return await printTables({ kube, selections, flags: scope, io }, format)
  const objects = (await Promise.all(selections.map(async (selection) => readObjects(kube, selection, scope)))).flat()
  const single = selections.length === 1 && selections[0]?.names.length === 1
  const types = new Map(selections.map(({ resource }) => [resource.kind, resourceName(resource)]))
  io.stdout(
    formatObjects(objects, {
      format,
      asList: !single,
      nameOf: (object) => `${types.get(object.kind) ?? object.kind.toLowerCase()}/${object.metadata.name ?? ''}`,
    }),
  )
  return 0
}

interface TableRequest {
  readonly kube: Kube
  readonly selections: readonly Selection[]
  readonly flags: GetFlags
  readonly io: Io
}

async function printTables(
  { kube, selections, flags, io }: TableRequest,
  format: OutputFormat & { kind: 'table' },
): Promise<ExitCode> {
  let printed = 0
  const searched = new Set<string>()
  for (const selection of selections) {
    const namespace = namespaceFor(selection.resource, flags, kube)
    searched.add(namespace)
    const table = await readTable({ kube, selection, namespace, flags })
    if (table.rows.length === 0) continue
    if (printed > 0) io.stdout('\n')
    io.stdout(
      renderTable(table, {
        selection,
        withNamespace: selection.resource.namespaced && namespace === '',
        wide: format.wide,
        prefix: selections.length > 1,
      }),
    )
    printed += 1
  }
  if (printed === 0) {
    const [only] = searched
    io.stderr(
      searched.size === 1 && only !== '' && only !== undefined
        ? `No resources found in ${only} namespace.\n`
        : 'No resources found.\n',
    )
  }
  return 0
}

async function readTable(request: {
  kube: Kube
  selection: Selection
  namespace: string
  flags: GetFlags
}): Promise<KubeTable> {
  const { kube, selection, namespace, flags } = request
  const query = { namespace, ...(flags.selector === undefined ? {} : { labelSelector: flags.selector }) }
  if (selection.names.length === 0) return kube.table(selection.resource, query)
  const tables = await Promise.all(selection.names.map((name) => kube.table(selection.resource, { namespace, name })))
  return { columnDefinitions: tables[0]?.columnDefinitions ?? [], rows: tables.flatMap((table) => table.rows) }
}

function renderTable(
  table: KubeTable,
  how: { selection: Selection; withNamespace: boolean; wide: boolean; prefix: boolean },
): string {
  const shown = table.columnDefinitions.flatMap((column, index) =>
    how.wide || column.priority === 0 ? [{ name: column.name.toUpperCase(), index }] : [],
  )
  const type = resourceName(how.selection.resource)
  const header = [...(how.withNamespace ? ['NAMESPACE'] : []), ...shown.map((column) => column.name)]
  const rows = table.rows.map((row) => [
    ...(how.withNamespace ? [row.object?.metadata.namespace ?? ''] : []),
    ...shown.map(({ name, index }) => {
      const cell = printCell(row.cells[index])
      return how.prefix && name === 'NAME' ? `${type.split('.')[0] ?? type}/${cell}` : cell
    }),
  ])
  return formatTable(header, rows)
}

function printCell(cell: unknown): string {
  if (cell === null || cell === undefined) return '<none>'
  return typeof cell === 'string' ? cell : JSON.stringify(cell)
}

async function readObjects(
  kube: Kube,
  { resource, names }: Selection,
  flags: GetFlags,
): Promise<readonly KubeObject[]> {
  const namespace = namespaceFor(resource, flags, kube)
  if (names.length > 0) return Promise.all(names.map((name) => kube.get(resource, { namespace, name })))
  const query = { namespace, ...(flags.selector === undefined ? {} : { labelSelector: flags.selector }) }
  return (await kube.list(resource, query)).items
}
