import { FailureError } from '@kedge/base'
import type { Draft, LocalClient } from '../contracts.ts'
import { child, children, text } from '../kinds/draft.ts'
import { initialObjects, type InitialObject } from './initial-objects.ts'

/** How to fill a new server. */
export interface BootstrapOptions {
  readonly nowMs: number
  /** Port the `kubernetes` Service points to. */
  readonly apiServerPort: number
}

const ALREADY_EXISTS = 409

/** Creates what the server owns itself and is not there yet. Idempotent: on a restart it changes nothing. */
export async function bootstrapCluster(client: LocalClient, options: BootstrapOptions): Promise<void> {
  for (const initial of initialObjects(options)) await createMissing(client, initial)
}

async function createMissing(client: LocalClient, initial: InitialObject): Promise<void> {
  const created = await client.request({ method: 'POST', path: initial.path, body: initial.object })
  if (created.status === ALREADY_EXISTS) return
  if (created.status >= 300) throw refused(initial, created.body)
  if (initial.status === undefined) return
  const name = text(child(initial.object, 'metadata'), 'name')
  const path = `${initial.path}/${name}`
  const body = { ...created.body, status: initial.status }
  const answer = await client.request({ method: 'PUT', path: `${path}/status`, body })
  if (answer.status >= 300) throw refused(initial, answer.body)
  // A node that reports ready loses the taint it was created with.
  if (children(child(answer.body, 'spec'), 'taints').length === 0) return
  const untainted = { ...answer.body, spec: { ...child(answer.body, 'spec'), taints: [] } }
  const last = await client.request({ method: 'PUT', path, body: untainted })
  if (last.status >= 300) throw refused(initial, last.body)
}

function refused(initial: InitialObject, answer: Readonly<Draft>): FailureError {
  const metadata = child(initial.object, 'metadata')
  return new FailureError({
    code: 'bootstrap',
    message: `the server refused one of its own objects: ${text(answer, 'message')}`,
    object: `${text(initial.object, 'kind')}/${text(metadata, 'name')}`,
  })
}
