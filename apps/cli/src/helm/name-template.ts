import { templateHost } from '@kedge/cryptography'
import { TemplateError, TemplateSet, sprigFunctions } from '@kedge/gotemplate'
import { chartError } from '@kedge/helm'

/** The name of a release from a `--name-template`. Throws FailureError for a template that cannot be run. */
export function templateName(text: string): string {
  const set = new TemplateSet({ functions: sprigFunctions(templateHost()), missingKey: 'default' })
  try {
    set.add('name-template', text)
    return set.execute('name-template', null)
  } catch (error) {
    throw error instanceof TemplateError ? chartError(error.message, error) : error
  }
}
