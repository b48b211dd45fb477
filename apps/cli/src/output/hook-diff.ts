import type { HookPreview } from '@kedge/agent'
import type { KubeObject } from '@kedge/manifest'
import { parseYaml } from '@kedge/yaml'
import type { Paint } from '../io.ts'
import { diffObjects } from './object-diff.ts'

/** Hooks that an action would run, as texts: those that are new or other than in the last revision, and the rest. */
export function describeHooks(
  hooks: readonly HookPreview[],
  paint: Paint,
): { readonly changed: readonly string[]; readonly run: readonly string[] } {
  const isSame = ({ hook, before }: HookPreview): boolean => hook.manifest === before
  return {
    changed: hooks.filter((one) => !isSame(one)).map((one) => describeHook(one, paint)),
    run: hooks.filter(isSame).map((one) => describeHook(one, paint)),
  }
}

function describeHook({ hook, before }: HookPreview, paint: Paint): string {
  const name = `hook ${hook.kind}/${hook.name}`
  const place = paint('dim', ` (${hook.events.join(', ')}; ${hook.path})`)
  if (before === hook.manifest) return `${paint('dim', `► ${name} runs`)}${place}\n`
  const text = diffObjects(before === undefined ? undefined : objectOf(before), objectOf(hook.manifest), paint)
  const [colour, what] = before === undefined ? (['green', 'created'] as const) : (['yellow', 'configured'] as const)
  return `${paint(colour, `► ${name} ${what}`)}${place}\n${text}`
}

function objectOf(manifest: string): KubeObject {
  const object = parseYaml(manifest) as KubeObject
  return { ...object, apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata ?? {} }
}
