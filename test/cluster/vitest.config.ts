import path from 'node:path'

import { defineConfig } from 'vitest/config'

/** The end-to-end tests on the cluster that KEDGE_TEST_KUBECONFIG names, and the comparison of it with ours. */
export default defineConfig({
  test: {
    root: path.dirname(path.dirname(import.meta.dirname)),
    include: ['e2e/**/*.test.ts', 'test/cluster/**/*.test.ts'],
    // Simulated time needs a simulated server; it runs in the unit tier.
    exclude: ['e2e/crash-sweep*.test.ts', '**/node_modules/**'],
    // As the real helm is run: both print local time.
    env: { TZ: 'UTC' },
    pool: 'forks',
    // All files share one cluster and two processors.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
