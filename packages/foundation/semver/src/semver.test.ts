import { expect, test } from 'vitest'
import { matchesConstraint, parseConstraint, satisfies } from './constraint.ts'
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
  ['>=1.2', false, false],
  ['>=1.2-0', true, true],
  ['>=1.2-0 <2', false, true],
  ['<1 || >=1.2-0', true, true],
  ['>=1.2 || <1-0', false, false],
])('[V3] whether %s has a pre-release, by the condition and by its group', (text, byComparator, byGroup) => {
  const [constraint, version] = [parseConstraint(text), parseVersion('1.3.0-rc.1')]
  expect([satisfies(version, constraint, 'comparator'), satisfies(version, constraint, 'group')]).toEqual([
    byComparator,
    byGroup,
  ])
})
