export { matchesConstraint, parseConstraint, satisfies, type Comparator, type Constraint } from './constraint.ts'
export {
  VersionError,
  comparePrereleases,
  compareVersions,
  parseVersion,
  printVersion,
  type SemanticVersion,
} from './version.ts'
