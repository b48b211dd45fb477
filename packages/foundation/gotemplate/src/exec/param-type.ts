import { typeName, type GoValue, type ParamType } from '../value/go-value.ts'

/** Whether a value may be passed for a parameter. */
export function isAssignable(value: GoValue, type: ParamType): boolean {
  if (typeof type === 'object') return typeName(value) === type.type
  switch (type) {
    case 'string':
    case 'bool':
    case 'int':
    case 'int64':
    case 'float64':
      return typeName(value) === type
    case 'map':
      // A named map type is assignable to its plain one.
      return ['map[string]interface {}', 'common.Values'].includes(typeName(value))
    case 'list':
      return typeName(value) === '[]interface {}'
    case 'strings':
      return typeName(value) === '[]string'
    default:
      return true
  }
}

/** Go's name of a parameter's type. */
export function goTypeOf(type: ParamType): string {
  if (typeof type === 'object') return type.type
  return {
    any: 'interface {}',
    value: 'reflect.Value',
    map: 'map[string]interface {}',
    list: '[]interface {}',
    strings: '[]string',
    string: 'string',
    bool: 'bool',
    int: 'int',
    int64: 'int64',
    float64: 'float64',
  }[type]
}
