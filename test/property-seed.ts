/**
 * Property tests draw the same cases in every run, so that a run says something about the change and not about luck.
 * `KEDGE_SEED=<number>` draws others, and `KEDGE_SEED=random` new ones each time: for the hunt.
 */
import { configureGlobal } from 'fast-check'

const asked = process.env['KEDGE_SEED'] ?? '1'
if (asked !== 'random') configureGlobal({ seed: Number(asked) })
