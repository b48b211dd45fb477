import { existsSync, readFileSync } from 'node:fs'
import { FailureError } from '@kedge/base'
import { parseYaml } from '@kedge/yaml'
import { helmFailure } from './command.ts'

/** A repository that `helm repo add` wrote down. */
export interface KnownRepository {
  readonly name: string
  readonly url: string
  readonly username: string
  readonly password: string
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
  readonly passCredentials: boolean
}

/** The repositories of helm's repositories.yaml; none without the file. Throws FailureError when it is malformed. */
export function readRepositories(file: string): readonly KnownRepository[] {
  if (!existsSync(file)) return []
  const content = readFile(file) as { readonly repositories?: unknown } | null
  const list = content?.repositories ?? []
  if (!Array.isArray(list)) throw helmFailure(`couldn't load repositories file (${file}): repositories is no list`)
  return list.map((one: unknown) => {
    const fields = (typeof one === 'object' && one !== null ? one : {}) as Readonly<Record<string, unknown>>
    const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '')
    return {
      name: text('name'),
      url: text('url'),
      username: text('username'),
      password: text('password'),
      caFile: text('caFile'),
      certFile: text('certFile'),
      keyFile: text('keyFile'),
      passCredentials: fields['pass_credentials_all'] === true,
    }
  })
}

function readFile(file: string): unknown {
  try {
    return parseYaml(readFileSync(file, 'utf8'))
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    throw helmFailure(`couldn't load repositories file (${file}): ${error.failure.message}`)
  }
}

/** Whether two addresses name the same repository: a slash at the end does not matter. */
export function isSameRepository(left: string, right: string): boolean {
  return left.replace(/\/+$/, '') === right.replace(/\/+$/, '')
}
