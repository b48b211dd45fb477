import { FunctionError } from '../exec/function-error.ts'
import type { GoFunction } from '../value/go-value.ts'
import { dateFunctions } from './dates.ts'
import { defaultFunctions } from './defaults.ts'
import { dictFunctions } from './dicts.ts'
import { encodingFunctions } from './encoding.ts'
import type { SprigHost } from './host.ts'
import { jsonFunctions } from './json.ts'
import { listFunctions, mustListFunctions } from './lists.ts'
import { mathFunctions } from './math.ts'
import { pathFunctions } from './paths.ts'
import { randomFunctions } from './random.ts'
import { reflectionFunctions } from './reflection.ts'
import { regexFunctions } from './regex.ts'
import { semverFunctions } from './semver.ts'
import { fixed, text } from './signature.ts'
import { stringFunctions } from './strings.ts'
import { urlFunctions } from './urls.ts'

/** All of sprig's text functions. The environment is not read: `env` and `expandenv` give nothing, `getHostByName` neither. */
export function sprigFunctions(host: SprigHost): Readonly<Record<string, GoFunction>> {
  return {
    ...stringFunctions,
    ...listFunctions,
    ...mustListFunctions,
    ...dictFunctions,
    ...mathFunctions,
    ...defaultFunctions,
    ...reflectionFunctions,
    ...pathFunctions,
    ...regexFunctions,
    ...encodingFunctions(host),
    ...dateFunctions(host),
    ...randomFunctions(host),
    ...jsonFunctions,
    ...urlFunctions,
    ...semverFunctions,
    ...host.cryptography,
    hello: fixed([], () => 'Hello!'),
    fail: fixed(['string'], (message) => {
      throw new FunctionError(text(message))
    }),
    env: fixed(['string'], () => ''),
    expandenv: fixed(['string'], (value) => text(value).replaceAll(/\$\{\w+\}|\$\w+/g, '')),
    getHostByName: fixed(['string'], () => ''),
  }
}
