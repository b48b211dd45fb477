import type { RequestUser } from '../contracts.ts'

/** Knows the bearer tokens that this server accepts. */
export interface TokenIssuer {
  /** The user of a token; undefined for a token that is not valid. */
  authenticate(token: string): RequestUser | undefined
}

/** A fixed set of tokens. */
export function staticTokens(tokens: ReadonlyMap<string, RequestUser>): TokenIssuer {
  return { authenticate: (token) => tokens.get(token) }
}
