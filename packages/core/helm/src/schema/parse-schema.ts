import { jsonComplaint } from '@kedge/gotemplate'
import { chartError } from '../chart/chart-error.ts'

/** A schema's text as JSON data. Throws FailureError in the words of encoding/json's decoder. */
export function parseSchema(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw chartError(complaintOf(text), error)
  }
}

function complaintOf(text: string): string {
  if (text.trim() === '') return 'EOF'
  const complaint = jsonComplaint(text)
  if (complaint === 'unexpected end of JSON input') return 'unexpected EOF'
  return complaint.endsWith(' after top-level value') ? 'invalid character after top-level value' : complaint
}
