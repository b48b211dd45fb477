/** A case for both sides; `test/oracle/helm/cases/main.go` reads the same. */
export type Case =
  | {
      readonly kind: 'text'
      readonly tpl: string
      readonly data: unknown
      readonly missingKey?: 'zero' | 'error'
    }
  | { readonly kind: 'parse'; readonly tpl: string }
  | {
      readonly kind: 'helm'
      readonly tpl: string
      readonly values: Readonly<Record<string, unknown>>
      readonly files?: Readonly<Record<string, string>>
    }
  | {
      readonly kind: 'set'
      readonly fn: 'set' | 'set-string' | 'set-json' | 'set-literal' | 'set-file'
      readonly text: string
      readonly base?: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'semver'; readonly constraint: string; readonly version: string }
  | {
      readonly kind: 'command'
      readonly words: readonly string[]
      readonly files: Readonly<Record<string, string>>
    }
