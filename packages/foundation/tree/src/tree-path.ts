/** The segments of a path, cleaned of `.` and `..`; undefined when the path leaves the root. A leading `/` is ignored. */
export function cleanSegments(path: string): readonly string[] | undefined {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') kept.push(segment)
    else if (kept.pop() === undefined) return undefined
  }
  return kept
}
