import { expect, test } from 'vitest'

import { createEchoes } from './echoes.ts'

function answerOf(version: string, extra: object = {}): { readonly text: string; readonly body: object } {
  const body = { kind: 'ConfigMap', metadata: { name: 'a', resourceVersion: version }, ...extra }
  return { text: `${JSON.stringify(body)}\n`, body }
}

function eventOf(text: string, type = 'MODIFIED'): string {
  return `{"type":"${type}","object":${text.trimEnd()}}`
}

test.each(['ADDED', 'MODIFIED'])('[C10] a %s event that repeats an answer is that very answer, once', (type) => {
  const echoes = createEchoes()
  const { text, body } = answerOf('7')
  echoes.remember(text, body)
  const event = echoes.recall(eventOf(text, type))
  expect(event).toEqual({ type, object: body })
  expect(event?.object).toBe(body)
  expect(echoes.recall(eventOf(text, type))).toBeUndefined()
})

test.each([
  ['another version', eventOf(answerOf('8').text)],
  ['the same version and other content', eventOf(answerOf('7', { data: { x: '1' } }).text)],
  ['a deletion', eventOf(answerOf('7').text, 'DELETED')],
  ['something after it', `${eventOf(answerOf('7').text)} `],
  ['no object', '{"type":"ERROR","object":{}}'],
])('[C10] %s is no echo', (_, line) => {
  const echoes = createEchoes()
  const { text, body } = answerOf('7')
  echoes.remember(text, body)
  expect(echoes.recall(line)).toBeUndefined()
})

test('[C10] an object of another name with the version in its content is not taken for the answer', () => {
  const echoes = createEchoes()
  const { text, body } = answerOf('7')
  echoes.remember(text, body)
  const other = '{"data":{"resourceVersion":"7"},"kind":"ConfigMap","metadata":{"name":"b","resourceVersion":"9"}}'
  expect(echoes.recall(eventOf(other))).toBeUndefined()
})

test('[C10] what is never echoed is forgotten, the oldest first', () => {
  const echoes = createEchoes()
  for (let version = 1; version <= 1_025; version += 1) {
    const { text, body } = answerOf(String(version))
    echoes.remember(text, body)
  }
  expect(echoes.recall(eventOf(answerOf('1').text))).toBeUndefined()
  expect(echoes.recall(eventOf(answerOf('2').text))).toBeDefined()
  const large = answerOf('2000', { data: { x: 'y'.repeat(4 * 1024 * 1024) } })
  echoes.remember(large.text, large.body)
  expect(echoes.recall(eventOf(answerOf('1025').text))).toBeUndefined()
  expect(echoes.recall(eventOf(large.text))).toBeUndefined()
})
