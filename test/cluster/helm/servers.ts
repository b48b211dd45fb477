/** Both servers, for tests that tell the same on each. */
import { embeddedCluster, realCluster, realKubeconfig, type TestCluster } from '../target.ts'

/** The servers by name, with what opens a client of each. */
export const servers: readonly (readonly [name: string, open: () => Promise<TestCluster>])[] = [
  ['the embedded server', embeddedCluster],
  ['the real server', openReal],
]

function openReal(): Promise<TestCluster> {
  if (realKubeconfig === undefined || realKubeconfig === '')
    throw new Error('KEDGE_TEST_KUBECONFIG names no cluster: use npm run test:cluster')
  return realCluster(realKubeconfig)
}
