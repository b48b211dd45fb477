import { STATUS_CODES } from 'node:http'
import { FailureError } from '@kedge/base'
import { helmFailure } from './command.ts'
import { fetchText, networkReason, shownAddress, withEgress } from './fetch-text.ts'

/** The text of a values file that lies at an address. Throws FailureError. */
export function fetchValues(address: string): Promise<string> {
  return withEgress(async (http) => {
    try {
      const found = await fetchText(http, address)
      if (found.kind === 'text') return found.text
      throw helmFailure(
        `failed to fetch ${shownAddress(address)} : ${found.status} ${STATUS_CODES[found.status] ?? ''}`,
      )
    } catch (error) {
      if (error instanceof FailureError && error.failure.code === 'HelmFailed') throw error
      throw helmFailure(`Get ${JSON.stringify(shownAddress(address))}: ${networkReason(error)}`)
    }
  })
}
