import type { HookPreview } from '@kedge/agent'
import { expect, test } from 'vitest'
import { describeHooks } from './hook-diff.ts'

function hookOf(name: string, image: string, before: string | undefined): HookPreview {
  const manifest = (value: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\nspec:\n  containers:\n  - image: ${value}\n`
  return {
    hook: {
      name,
      kind: 'Pod',
      path: `web/templates/${name}.yaml`,
      manifest: manifest(image),
      events: ['pre-upgrade'],
      weight: 0,
      deletePolicies: [],
      outputLogPolicies: [],
      lastRun: { startedAt: '', completedAt: '', phase: '' },
    },
    before: before === undefined ? undefined : manifest(before),
  }
}

test('hooks that are new or changed are shown with what changed, and those that only run are told apart', () => {
  const hooks = [hookOf('new', 'a', undefined), hookOf('other', 'b', 'a'), hookOf('same', 'a', 'a')]
  const { changed, run } = describeHooks(hooks, (_style, text) => text)
  expect(changed).toHaveLength(2)
  expect(changed[0]).toContain('► hook Pod/new created (pre-upgrade; web/templates/new.yaml)\n@@')
  expect(changed[1]).toContain('► hook Pod/other configured (pre-upgrade; web/templates/other.yaml)\n@@')
  expect(changed[1]).toContain('-  - image: a\n+  - image: b\n')
  expect(run).toEqual(['► hook Pod/same runs (pre-upgrade; web/templates/same.yaml)\n'])
})
