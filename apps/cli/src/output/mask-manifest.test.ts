import { expect, test } from 'vitest'
import { maskManifest } from './mask-manifest.ts'

const plain = '---\n# Source: web/templates/a.yaml\nkind:   ConfigMap\napiVersion: v1\nmetadata: {name: a}\n\n'
const secret = `---
# Source: web/templates/s.yaml
apiVersion: v1
data:
  one: Y2FuYXJ5
kind: Secret
metadata:
  name: s
stringData:
  two: canary
`

test('values of Secrets are masked, and everything else stays byte for byte', () => {
  const text = maskManifest(`${plain}${secret}${plain}`)
  const masked = secret.replace('Y2FuYXJ5', "'*****'").replace('canary', "'*****'")
  expect(text).toBe(`${plain}${masked}${plain}`)
})

test('Secrets in a list and in JSON are masked too', () => {
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: 'canary' } }
  const list = { apiVersion: 'v1', kind: 'List', items: [object] }
  const text = maskManifest(
    `--- ${JSON.stringify(object)}\n---\n"kind": "List"\n"apiVersion": "v1"\n"items": [${JSON.stringify(list.items[0])}]\n`,
  )
  expect(text).not.toContain('canary')
  expect(text.match(/a: '\*{5}'/g)).toHaveLength(2)
})

test('a manifest without documents stays as it is', () => {
  expect(maskManifest('')).toBe('')
  expect(maskManifest('# nothing\n')).toBe('# nothing\n')
})
