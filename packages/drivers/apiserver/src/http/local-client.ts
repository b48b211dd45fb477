import type { LocalAnswer, LocalCall, LocalClient, RequestUser, WatchEvent } from '../contracts.ts'
import type { Answer, Call } from './call.ts'

/** A client in the process of the server: no socket, no bytes, the same chain. Answers are frozen and shared. */
export function localClient(options: {
  readonly answer: (call: Call) => Promise<Answer>
  readonly user: RequestUser
}): LocalClient {
  return {
    request: async (call) => toLocal(await options.answer(toCall(call, options.user))),
    watch: (path, onEvent) => openLocalWatch(options, path, onEvent),
  }
}

function toCall(call: LocalCall, user: RequestUser): Call {
  const mark = call.path.indexOf('?')
  return {
    method: call.method,
    path: mark < 0 ? call.path : call.path.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : call.path.slice(mark + 1)),
    user,
    accept: call.accept ?? 'application/json',
    contentType: call.contentType ?? 'application/json',
    userAgent: user.name.replaceAll(/^.*:/g, ''),
    body: call.body === undefined ? { kind: 'none' } : { kind: 'value', value: call.body },
  }
}

function toLocal(answer: Answer): LocalAnswer {
  if (answer.kind === 'object') {
    const { status, warnings } = answer
    const body = answer.payload.value()
    return warnings === undefined ? { status, body } : { status, body, warnings }
  }
  if (answer.kind === 'text') return { status: answer.status, body: { text: answer.text.toString() } }
  return { status: 400, body: { message: 'use watch() for a watch' } }
}

function openLocalWatch(
  options: { readonly answer: (call: Call) => Promise<Answer>; readonly user: RequestUser },
  path: string,
  onEvent: (event: WatchEvent) => void,
): { close(): void } {
  let stop: (() => void) | undefined
  let isClosed = false
  const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
  const call = toCall({ method: 'GET', path: `${path}${path.includes('?') ? '&' : '?'}${query}` }, options.user)
  const begin = async (): Promise<void> => {
    const answer = await options.answer(call)
    if (isClosed) return
    if (answer.kind !== 'watch') {
      onEvent({ type: 'ERROR', object: toLocal(answer).body })
      return
    }
    stop = answer.open({
      isLasting: true,
      send: (item) => {
        if (!isClosed) onEvent({ type: item.type, object: item.value() })
      },
      end: () => {
        isClosed = true
      },
    })
    if (isClosed) stop()
  }
  void begin()
  return {
    close: () => {
      isClosed = true
      stop?.()
    },
  }
}
