import { createWriteStream } from 'node:fs'
import { stat, truncate } from 'node:fs/promises'
import { createAgent, createPooledRender, type Agent, type AgentOptions, type LogLine } from '@kedge/agent'
import type { Cluster } from '@kedge/cluster'
import { createAddressRules, createArtifactServer, createEgressClient, createGitSource } from '@kedge/source'
import type { Io } from '../io.ts'
import { remoteRender } from '../kustomize/remote-render.ts'
import { fetchSchema } from '../helm/fetch-schemas.ts'
import { openAzureIdentity } from '../kube/azure-identity.ts'
import { systemPorts } from './system-ports.ts'

/** How the engine of `kedge up` is set up. */
export interface EngineOptions {
  readonly cluster: Cluster
  /** The engine's log, one JSON object a line; begun anew when it has grown too long. */
  readonly logFile: string
  /** Whether the cluster is this machine's own, so that sources may be on it too. */
  readonly isLocal: boolean
  /** Folders whose Git repositories may be read. */
  readonly localFolders: readonly string[] | 'any'
  /** Start although controllers of Flux or Argo CD run in the cluster. */
  readonly besideOthers: boolean
  /** Prefixes of addresses from which kustomizations may fetch bases and files. */
  readonly remoteBases: readonly string[]
  readonly settings: NonNullable<AgentOptions['settings']>
  /** Where Azure's identities are described. */
  readonly env: Io['env']
}

const longestLog = 16 * 1024 * 1024

/** Starts the engine with the machine's own ports. */
export async function startEngine(options: EngineOptions): Promise<{ readonly agent: Agent } & AsyncDisposable> {
  const log = await openLog(options.logFile)
  const artifacts = await createArtifactServer()
  const http = createEgressClient({ rules: createAddressRules({ allowLoopback: options.isLocal }) })
  const schemaReader = (address: string): ReturnType<typeof fetchSchema> => fetchSchema(http, address)
  const pool = createPooledRender({ timers: systemPorts.timers, schemaReader })
  const azure = openAzureIdentity(options.env, http)
  const git = createGitSource({ http, localFolders: options.localFolders })
  const agent = createAgent({
    ...systemPorts,
    cluster: options.cluster,
    git,
    http,
    render: remoteRender(pool.render, options.remoteBases, { git, http }),
    renderHelm: pool.renderHelm,
    artifacts,
    log: log.write,
    azure: azure.identity,
    settings: options.settings,
    besideOthers: options.besideOthers,
  })
  const close = async (): Promise<void> => {
    await agent[Symbol.asyncDispose]()
    await pool[Symbol.asyncDispose]()
    await artifacts.close()
    await http.close()
    await azure.close()
    await log.close()
  }
  try {
    await agent.start()
  } catch (error) {
    await close()
    throw error
  }
  return { agent, [Symbol.asyncDispose]: close }
}

async function openLog(file: string): Promise<{ write: (line: LogLine) => void; close: () => Promise<void> }> {
  const size = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  )
  if (size > longestLog) await truncate(file)
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 })
  // A full disk must not end the engine; the log is the first thing to go without.
  stream.on('error', () => undefined)
  return {
    write: ({ level, message, controllerKind, ...rest }) => {
      const kind = controllerKind === undefined ? {} : { kind: controllerKind }
      stream.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...kind, ...rest })}\n`)
    },
    close: () => new Promise((resolve) => stream.end(resolve)),
  }
}
