export type { LocalAnswer, LocalCall, LocalClient, RequestUser, WatchEvent } from './contracts.ts'
export { createApiServer, type ApiServer, type ApiServerOptions } from './server.ts'
