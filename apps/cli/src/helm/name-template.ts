import { templateHost } from '@kedge/cryptography'
import { TemplateSet, sprigFunctions } from '@kedge/gotemplate'

/** The name of a release from a `--name-template`. Throws FailureError for a template that cannot be run. */
export function templateName(text: string): string {
  const set = new TemplateSet({ functions: sprigFunctions(templateHost()), missingKey: 'default' })
  set.add('name-template', text)
  return set.execute('name-template', null)
}
