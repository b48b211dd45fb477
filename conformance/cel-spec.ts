import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { evaluate } from '../packages/foundation/cel/src/evaluate.ts'
import { Frame } from '../packages/foundation/cel/src/frame.ts'
import { parseExpression } from '../packages/foundation/cel/src/parser.ts'
import {
  CelDuration,
  CelTimestamp,
  CelType,
  CelUint,
  celEquals,
  mapKey,
  typeName,
  type CelKey,
  type CelValue,
} from '../packages/foundation/cel/src/values.ts'
import type { CaseResult, SuiteContext } from './suite.ts'

type Json = Record<string, unknown>

interface Case {
  readonly section: string
  readonly name: string
  readonly expr: string
  readonly value?: Json
  readonly eval_error?: unknown
  readonly bindings?: readonly { readonly key: string; readonly value: { readonly value: Json } }[]
  readonly container?: string
}

/** Kubernetes has no protobuf messages in expressions, and the evaluator leaves the deduction of types to run time. */
const leftOut = /^(proto|enums|wrappers|unknowns|dynamic|block_ext|type_deduction)/
const mentionsMessage =
  /TestAllTypes|google\.protobuf\.(?!Timestamp|Duration)|proto\.|cel\.expr|cel\.@?block|cel\.index|"container"/

/** The cases of the CEL specification. */
export function* celSpec(context: SuiteContext): Iterable<CaseResult> {
  const folder = path.join(context.root, 'policy/cel')
  if (!existsSync(folder)) return
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.json') || leftOut.test(file)) continue
    const cases = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Case[]
    for (const each of cases.filter((one) => !mentionsMessage.test(JSON.stringify(one)))) {
      const problem = check(each)
      yield {
        id: `${file} ${each.section}/${each.name}`,
        feature: file.replace('.json', ''),
        status: problem === undefined ? 'equal' : 'different',
        detail: problem === undefined ? '' : `${each.expr}: ${problem}`,
      }
    }
  }
}

function check(each: Case): string | undefined {
  const names = new Map<string, CelValue>()
  for (const { key, value } of each.bindings ?? []) {
    const bound = valueOf(value.value)
    if (bound !== undefined) names.set(key, bound)
  }
  let got: CelValue
  try {
    got = evaluate(parseExpression(each.expr), new Frame(names, { left: 1_000_000 }))
  } catch (error) {
    return each.eval_error === undefined ? `failed: ${String(error)}` : undefined
  }
  if (each.eval_error !== undefined) return `an error was expected, got ${show(got)}`
  const want = each.value === undefined ? true : valueOf(each.value)
  if (want === undefined) return undefined
  const isSame = typeName(want) === typeName(got) && (Object.is(want, got) || celEquals(want, got))
  return isSame ? undefined : `want ${show(want)}, got ${show(got)}`
}

function show(value: CelValue): string {
  return `${typeName(value)} ${JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? `${part}` : part instanceof Map ? [...part] : part))}`
}

// eslint-disable-next-line complexity -- one case for each kind of value in the recording
function valueOf(value: Json): CelValue | undefined {
  const [kind, content] = Object.entries(value)[0] ?? []
  switch (kind) {
    case 'null_value':
      return null
    case 'bool_value':
      return content === true || content === 'true'
    case 'int64_value':
      return BigInt(content as string)
    case 'uint64_value':
      return new CelUint(BigInt(content as string))
    case 'double_value':
      return Number(String(content).replace(/^(-?)inf(inity)?$/i, '$1Infinity'))
    case 'string_value':
      return content as string
    case 'bytes_value':
      return typeof content === 'object'
        ? Uint8Array.from(Buffer.from((content as { '@bytes': string })['@bytes'], 'hex'))
        : new TextEncoder().encode(content as string)
    case 'list_value':
      return (((content as Json)['values'] ?? []) as Json[]).map((item) => valueOf(item) ?? null)
    case 'map_value': {
      const out = new Map<CelKey, CelValue>()
      for (const entry of ((content as Json)['entries'] ?? []) as { key: Json; value: Json }[]) {
        out.set(mapKey(valueOf(entry.key) ?? null) ?? '', valueOf(entry.value) ?? null)
      }
      return out
    }
    case 'type_value':
      return new CelType(content as string)
    case 'object_value':
      return objectOf(content as Json)
    default:
      return undefined
  }
}

function objectOf(content: Json): CelValue | undefined {
  const [url, message] = Object.entries(content)[0] ?? []
  const fields = (message ?? {}) as Json
  const nanos =
    BigInt((fields['seconds'] as string | undefined) ?? '0') * 1_000_000_000n +
    BigInt((fields['nanos'] as string | undefined) ?? '0')
  if (url !== undefined && /Timestamp\]?$/.test(url)) return new CelTimestamp(nanos)
  return url !== undefined && url.includes('Duration') ? new CelDuration(nanos) : undefined
}
