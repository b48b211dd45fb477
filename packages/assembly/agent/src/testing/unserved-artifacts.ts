import type { AgentOptions } from '../agent.ts'

/** Artifacts that have addresses and are at none of them. */
export const unservedArtifacts: AgentOptions['artifacts'] = {
  publish: (path, tree) => Promise.resolve({ path, url: `http://127.0.0.1/${path}`, digest: tree.digest, size: 1 }),
  publishFile: (path, { digest, size }) => ({ path, url: `http://127.0.0.1/${path}`, digest, size }),
  withdraw: () => undefined,
}
