import { expect, test } from 'vitest'
import { matchesConstraint, parseConstraint } from './constraint.ts'
import { compareVersions, parseVersion, printVersion } from './version.ts'

test('[V1] what is missing of a version is zero, and a leading v or zero does not count', () => {
  expect(['v1', '1.2', '01.2.3-rc.1+b'].map((text) => printVersion(parseVersion(text)))).toEqual([
    '1.0.0',
    '1.2.0',
    '1.2.3-rc.1+b',
  ])
})

test.each(['', 'a', '1.2.3.4', '1.2.3-01', '1.2.3 '])('[V1] %j is no version', (text) => {
  expect(() => parseVersion(text)).toThrow(/version/)
})

test('[V1] versions are ordered as semver.org says', () => {
  const ordered = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0', '1.10.0', '2.0.0']
  const versions = ordered.toReversed().map((text) => parseVersion(text))
  expect(versions.toSorted(compareVersions).map(({ original }) => original)).toEqual(ordered)
})

test.each([
  ['>=1.2', '1.3.0', true],
  ['~1.2', '1.2.9', true],
  ['^0.2.3', '0.3.0', false],
  ['1.2 - 1.4.5', '1.4.6', false],
  ['<1.0.0 || >=2.0.0', '2.1.0', true],
  ['!=4.1', '4.1.9', false],
  ['^*', '0.1.0', false],
])('[V2] %s and %s', (constraint, version, holds) => {
  expect(matchesConstraint(constraint, parseVersion(version))).toBe(holds)
})

test.each(['', '>', 'abc', '1.2.3.4', '1 || '])('[V2] %j is no constraint', (text) => {
  expect(() => parseConstraint(text)).toThrow('improper constraint')
})

test.each([
  ['>=1.2', false],
  ['>=1.2-0', true],
  ['>=1.2-0 <2', true],
  ['<1 || >=1.2-0', true],
  ['>=1.2 || <1-0', false],
])('[V3] whether %s has a pre-release', (constraint, holds) => {
  expect(matchesConstraint(constraint, parseVersion('1.3.0-rc.1'))).toBe(holds)
})

test.each([
  ['1.2 || x\u0001', String.raw`improper constraint: " x\x01"`],
  ['1 - 2 - x!', 'improper constraint: ">= 1, <= 2 - x!"'],
  ['1.99999999999999999999', 'constraint parser error'],
  [`>${'1'.repeat(600)}`, 'constraint string is too long (max 512 bytes)'],
  [Array.from({ length: 33 }, () => '1').join('||'), 'too many constraint groups (max 32)'],
])('[V4] the complaint about %j names the alternative', (constraint, message) => {
  expect(() => parseConstraint(constraint)).toThrow(message)
})

test('[V4] numbers fit 64 bits, and a part of a pre-release that does not is a word', () => {
  expect(() => parseVersion('18446744073709551616.0.0')).toThrow(
    'error parsing version segment: strconv.ParseUint: parsing "18446744073709551616": value out of range',
  )
  expect(() => parseVersion('1'.repeat(257))).toThrow('version string is too long (max 256 bytes)')
  const [long, word] = [parseVersion('1.0.0-99999999999999999999'), parseVersion('1.0.0-8a')]
  expect(compareVersions(long, word)).toBe(1)
})

test.each([
  ['!=1.2', '1.2.0-rc', false],
  ['!=1.2-rc', '1.2.9-rc', false],
  ['!=1.2-rc', '1.2.9-beta', true],
  ['>= 1.0 , <2.0', '1.5.0', true],
  ['1.2.x - 1.4', '1.4.9', true],
])('[V2] %s and %s, with parts left open', (constraint, version, holds) => {
  expect(matchesConstraint(constraint, parseVersion(version))).toBe(holds)
})
