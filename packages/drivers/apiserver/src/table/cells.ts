import type { Draft } from '../contracts.ts'
import { draftsOf, metadataOf, partOf, textOf } from '../http/draft.ts'
import { selectorText } from '../http/selector-text.ts'
import { describeAge } from './age.ts'

/** The cells of one object by column name; columns that are left out take what suits their type. */
export type Cells = (object: Readonly<Draft>, nowMs: number) => Readonly<Record<string, unknown>>

/** What tables show where there is nothing. */
export const none = '<none>'

export function orNone(text: string): string {
  return text === '' ? none : text
}

/** A field as a number, 0 when absent. */
export function numberOf(object: Readonly<Draft>, field: string): number {
  const value = object[field]
  return typeof value === 'number' ? value : 0
}

/** A scalar field as text, empty when absent. */
export function scalarOf(object: Readonly<Draft>, field: string): string {
  const value = object[field]
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

export function specOf(object: Readonly<Draft>): Draft {
  return partOf(object, 'spec')
}

export function statusOf(object: Readonly<Draft>): Draft {
  return partOf(object, 'status')
}

/** A condition of the status by its type. */
export function conditionOf(object: Readonly<Draft>, type: string): Draft | undefined {
  return draftsOf(statusOf(object), 'conditions').find((condition) => condition['type'] === type)
}

/** A map of labels as `a=b,c=d`. */
export function labelText(labels: Readonly<Draft>): string {
  return orNone(
    Object.entries(labels)
      .map(([key, value]) => `${key}=${String(value)}`)
      .toSorted()
      .join(','),
  )
}

/** A label selector in the grammar of queries. */
export function selectorCell(selector: unknown): string {
  return orNone(selectorText(selector))
}

/** Names and images of the containers of a pod template. */
export function templateCells(template: Readonly<Draft>): { readonly Containers: string; readonly Images: string } {
  const containers = draftsOf(specOf(template), 'containers')
  return {
    Containers: containers.map((container) => textOf(container, 'name')).join(','),
    Images: containers.map((container) => textOf(container, 'image')).join(','),
  }
}

/** Age of the object. */
export function ageCell(object: Readonly<Draft>, nowMs: number): string {
  return describeAge(metadataOf(object)['creationTimestamp'], nowMs)
}
