import { createApiServer, type ApiServer } from '@kedge/apiserver'

import { seededRandom, type SimulatedTime } from './simulated-time.ts'

/** A server in simulated time that answers the same calls in the same way, and refuses none. */
export function createSimulatedServer(time: SimulatedTime): Promise<ApiServer> {
  return createApiServer({
    listen: false,
    clock: time.clock,
    timers: time.timers,
    random: seededRandom(7),
    authorization: 'always-allow',
    profile: 'off',
  })
}
