export function checkSchema(_values: unknown, _schema: string): string {
  return ''
}
