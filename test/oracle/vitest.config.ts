import path from 'node:path'

import { defineConfig } from 'vitest/config'

/** Comparisons with real programs that are not built by any tier: named by environment variables, and required. */
export default defineConfig({
  test: {
    root: path.dirname(path.dirname(import.meta.dirname)),
    include: ['test/oracle/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
