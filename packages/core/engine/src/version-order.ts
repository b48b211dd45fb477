/**
 * Whether a version that a cache or an event shows is older than one that was seen before: then it lags behind.
 * Kubernetes lets clients compare resourceVersions as whole numbers; anything else is not comparable.
 */
export function isOlderVersion(shown: string, seen: string): boolean {
  if (!/^\d+$/.test(shown) || !/^\d+$/.test(seen)) return false
  return shown.length === seen.length ? shown < seen : shown.length < seen.length
}
