#!/usr/bin/env node
// Plain JavaScript, so that an old Node can say what is wrong instead of failing on syntax.
import module from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { familyOf, freshBundle, useLittleMemory } from './bundle.js'

const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  console.error(
    `kedge needs Node 24 or newer, and this is ${process.versions.node}. Run it through npm ("npm start", "npx kedge"), which brings its own.`,
  )
  process.exit(2)
}
const args = process.argv.slice(2)
if (args[0] !== 'up') useLittleMemory()
const bundle = freshBundle(fileURLToPath(new URL('../../..', import.meta.url)), familyOf(args))
// A cache beside the bundle lives as long as the bundle; where it cannot be written, Node's own place serves.
const { FAILED } = module.constants.compileCacheStatus
if (bundle === undefined || module.enableCompileCache(path.join(bundle, 'v8')).status === FAILED)
  module.enableCompileCache()
const { main } = await import(
  bundle === undefined ? '../src/main.ts' : pathToFileURL(path.join(bundle, 'kedge.mjs')).href
)
process.exitCode = await main(args)
