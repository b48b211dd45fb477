import { emptyConfig, mergeConfigs, type TransformerConfig } from '../config/transformer-config.ts'
import { mergeVars, type Var } from '../transform/vars.ts'
import { ResourceSet } from './resource-set.ts'

/** What a kustomization has gathered: objects, field specs and vars of its own and of its bases. */
export class Accumulator {
  readonly resources: ResourceSet = new ResourceSet()
  config: TransformerConfig = emptyConfig
  vars: readonly Var[] = []

  /** Takes over what a base has gathered. */
  merge(other: Accumulator): void {
    this.resources.appendAll(other.resources.list)
    this.config = mergeConfigs(this.config, other.config)
    this.vars = mergeVars(this.vars, other.vars)
  }
}
