/** What the hostile worker can be told to do. */
export type HostileJob =
  | { readonly do: 'echo'; readonly value: unknown }
  | { readonly do: 'large-output'; readonly bytes: number }
  | { readonly do: 'reply-twice'; readonly pretend: number }
  | {
      readonly do:
        | 'count'
        | 'environment'
        | 'spin'
        | 'wait-for-ever'
        | 'throw'
        | 'fail'
        | 'throw-later'
        | 'reject-later'
        | 'exit'
        | 'recurse'
        | 'eat-memory'
        | 'function-output'
        | 'print'
    }
