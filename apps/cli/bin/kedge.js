#!/usr/bin/env node
// Plain JavaScript, so that an old Node can say what is wrong instead of failing on syntax.
import module from 'node:module'

const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  console.error(
    `kedge needs Node 24 or newer, and this is ${process.versions.node}. Run it through npm ("npm start", "npx kedge"), which brings its own.`,
  )
  process.exit(2)
}
module.enableCompileCache?.()
const { main } = await import('../src/main.ts')
process.exitCode = await main(process.argv.slice(2))
