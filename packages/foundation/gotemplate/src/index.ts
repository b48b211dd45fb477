export { evalArgs, escapeHtml, escapeQuery } from './exec/builtins.ts'
export { Budget, BudgetError, type MissingKey } from './exec/frame.ts'
export { Recorder, type TracePart, type TraceRead, type TraceReason, type TraceText } from './exec/recorder.ts'
export { FunctionError } from './exec/function-error.ts'
export { formatFloat } from './format/float.ts'
export { printPlain, sprint } from './format/print.ts'
export { sprintf } from './format/sprintf.ts'
export { quoteGo } from './parse/quote.ts'
export { unquotedPieces } from './parse/unquote.ts'
export { TemplateError } from './parse/template-error.ts'
export { parseGoFloat } from './sprig/convert.ts'
export { formatGoDuration, parseGoDuration } from './sprig/duration.ts'
export { parseTime, timeObject } from './sprig/go-time.ts'
export type { SprigHost } from './sprig/host.ts'
export { newMap as newGoMap } from './sprig/signature.ts'
export { bytesInBase64 } from './sprig/json.ts'
export { decodeJson } from './sprig/decode-json.ts'
export { jsonComplaint, jsonValueEnd } from './sprig/json-complaint.ts'
export { regexFinds, regexProblem } from './sprig/regex.ts'
export { sprigFunctions } from './sprig/sprig-functions.ts'
export { TemplateSet, type TemplateSetOptions } from './template-set.ts'
export { bytesToText, textToBytes } from './value/bytes.ts'
export { parseTemplate } from './parse/parser.ts'
export { printNode } from './parse/print-node.ts'
export {
  GoComplex,
  GoFunction,
  GoInt,
  absent,
  compareBytewise,
  encodedOf,
  goObject,
  goType,
  int,
  int64,
  isGoObject,
  isList,
  isMap,
  isTrue,
  kindName,
  isNilContainer,
  nilList,
  nilOf,
  sortedKeys,
  typed,
  typedWithMethods,
  typeName,
  untyped,
  type GoMap,
  type GoObject,
  type GoObjectShape,
  type GoValue,
  type IntType,
  type MapMethods,
  type ParamType,
  type Signature,
} from './value/go-value.ts'
