/** An embedded server in a thread of its own, so that its memory and time are not counted as the engine's. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

import { createApiServer } from '@kedge/apiserver'
import { loadCluster, type ClusterConfig } from '@kedge/cluster'

import { realPorts } from '../test/cluster/real-ports.ts'

export interface ServerThread {
  readonly config: ClusterConfig
  close(): Promise<void>
}

/** Starts the thread and resolves when its server answers. */
export async function startServerThread(): Promise<ServerThread> {
  const worker = new Worker(new URL(import.meta.url))
  const kubeconfig = await new Promise<string>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-bench-'))
  const kubeconfigPath = path.join(folder, 'kubeconfig')
  writeFileSync(kubeconfigPath, kubeconfig, { mode: 0o600 })
  const config = await loadCluster({ kubeconfigPath })
  return {
    config,
    async close() {
      rmSync(folder, { recursive: true, force: true })
      await worker.terminate()
    },
  }
}

if (!isMainThread) {
  const server = await createApiServer({ ...realPorts, listen: true, port: 0, profile: 'fast' })
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(server.kubeconfig())
}
