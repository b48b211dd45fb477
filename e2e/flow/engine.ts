/** An engine as a process would run it, on a test cluster, and its death on command. */
import { createAgent, createPooledRender, type Agent, type LogLine } from '@kedge/agent'
import { createCluster, type Cluster } from '@kedge/cluster'
import { createAddressRules, createArtifactServer, createEgressClient, createGitSource } from '@kedge/source'

import { realPorts } from '../../test/cluster/real-ports.ts'
import type { TestCluster } from '../../test/cluster/target.ts'

export interface Engine extends AsyncDisposable {
  readonly agent: Agent
  readonly cluster: Cluster
  readonly log: readonly LogLine[]
}

/** Dies after so many writes to the cluster: whatever the engine tries from then on fails. */
export interface Death {
  readonly afterWrites: number
  /** Resolves when it has died. */
  readonly happened: Promise<void>
}

const writes: ReadonlySet<string> = new Set(['save-inventory', 'apply', 'delete', 'patch-owners'])

export function deathAfter(
  afterWrites: number,
): Death & { readonly watcher: NonNullable<Parameters<typeof createAgent>[0]['watcher']> } {
  let seen = 0
  let tell: () => void = () => undefined
  const happened = new Promise<void>((resolve) => {
    tell = resolve
  })
  const refuse = (): void => {
    if (seen < afterWrites) return
    tell()
    throw new Error('the process has died')
  }
  return {
    afterWrites,
    happened,
    watcher: {
      before: refuse,
      after(effect) {
        if (writes.has(effect.kind)) seen += 1
        refuse()
      },
    },
  }
}

export async function startEngine(
  target: TestCluster,
  watcher?: NonNullable<Parameters<typeof createAgent>[0]['watcher']>,
): Promise<Engine> {
  const cluster = createCluster(target.config, realPorts)
  const artifacts = await createArtifactServer()
  const pool = createPooledRender({ timers: realPorts.timers, workers: 1 })
  const http = createEgressClient({ rules: createAddressRules({ allowLoopback: true }) })
  const log: LogLine[] = []
  const agent = createAgent({
    ...realPorts,
    cluster,
    git: createGitSource({ http }),
    http,
    render: pool.render,
    renderHelm: pool.renderHelm,
    artifacts,
    log: (line) => log.push(line),
    ...(watcher === undefined ? {} : { watcher }),
  })
  await agent.start()
  return {
    agent,
    cluster,
    log,
    [Symbol.asyncDispose]: async () => {
      await agent[Symbol.asyncDispose]()
      await pool[Symbol.asyncDispose]()
      await artifacts.close()
      await http.close()
      await cluster.close()
    },
  }
}
