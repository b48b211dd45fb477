/**
 * Answers that are known to differ, as `case name #step`: what the real server says, then what ours says. Whoever makes
 * one equal takes it off the list; the test prints those that are equal already.
 */
export const knownDifferences: Readonly<Record<string, string>> = {
  'names that cannot be #4':
    'body.message: "ConfigMap \\"x…\\" is invalid: metadata.name: Invalid value: \\"x…\\": must be no more than 253 characters" is "ConfigMap \\"x…\\" is invalid: metadata.name: Invalid value: \\"x…\\": must be no more than 253 bytes"; body.details.causes[0].message: "Invalid value: \\"x…\\": must be no more than 253 characters" is "Invalid value: \\"x…\\": must be no more than 253 bytes"',
  'names that cannot be #6':
    'body.message: "Namespace \\"a.b\\" is invalid: metadata.name: Invalid value: \\"a.b\\": must not contain dots" is "Namespace \\"a.b\\" is invalid: metadata.name: Invalid value: \\"a.b\\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \'-\', and must start and end with an alphanumeric character (e.g. \'my-; body.details.causes[0].message: "Invalid value: \\"a.b\\": must not contain dots" is "Invalid value: \\"a.b\\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \'-\', and must start and end with an alphanumeric character (e.g. \'my-name\',  or \'123-abc\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[',
  'bodies that are not what the path says #2':
    'body.message: "ConfigMap in version \\"v2\\" cannot be handled as a ConfigMap: no kind \\"ConfigMap\\" is registered for version \\"v2\\" in scheme \\"pkg/runtime/scheme.go:111\\"" is "the API version in the data (v2) does not match the expected API version (v1)"',
  'bodies that are not what the path says #5':
    'body.message: "the object provided is unrecognized (must be of type ConfigMap): couldn\'t get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string \\"json:\\\\\\"apiVersion,omitempty\\\\\\"\\"; Kind string \\"json:\\\\\\"kind,omitempty\\\\\\"\\" } (5b5d)" is "the object provided is unrecog',
  'bodies that are not what the path says #6':
    'body.message: "the object provided is unrecognized (must be of type ConfigMap): couldn\'t get version/kind; json parse error: json: cannot unmarshal string into Go value of type struct { APIVersion string \\"json:\\\\\\"apiVersion,omitempty\\\\\\"\\"; Kind string \\"json:\\\\\\"kind,omitempty\\\\\\"\\" } (227465787422)" is "the object provided i',
  'fields that nobody knows, in the three modes #5':
    'body.message: "CreateOptions.meta.k8s.io \\"\\" is invalid: fieldValidation: Unsupported value: \\"Sometimes\\": supported values: \\"\\", \\"Ignore\\", \\"Strict\\", \\"Warn\\"" is "CreateOptions.meta.k8s.io \\"\\" is invalid: fieldValidation: Unsupported value: \\"Sometimes\\": supported values: \\"Ignore\\", \\"Strict\\", \\"Warn\\""; body.details.causes[0].message: "Unsupported value: \\"Sometimes\\": supported values: \\"\\", \\"Ignore\\", \\"Strict\\", \\"Warn\\"" is "Unsupported value: \\"Sometimes\\": supported values: \\"Ignore\\", \\"Strict\\", \\"Warn\\""',
  'values of the wrong type #5':
    'status: 400 is 201; body.message: "Secret in version \\"v1\\" cannot be handled as a Secret: illegal base64 data at input byte 3" is nothing',
  'preconditions of a delete #4':
    'status: 422 is 400; body.message: "DeleteOptions.meta.k8s.io \\"\\" is invalid: propagationPolicy: Unsupported value: \\"Sideways\\": supported values: \\"Foreground\\", \\"Background\\", \\"Orphan\\", \\"nil\\"" is "invalid propagation policy \\"Sideways\\": use Orphan, Background or Foreground"',
  'finalizers hold an object #7':
    'status: 422 is 201; body.message: "ConfigMap \\"b\\" is invalid: metadata.finalizers[0]: Invalid value: \\"nonsense\\": name is neither a standard finalizer name nor is it fully qualified" is nothing',
  'an update from an old state is refused #3':
    'body.message: "Operation cannot be fulfilled on configmaps \\"a\\": StorageError: invalid object, Code: 4, Key: /registry/configmaps/NS/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: another, UID in object meta: <uid>" is "Operation cannot be fulfilled on configmaps \\"a\\": Precondition failed:',
  'dry runs leave nothing behind #6':
    'body.message: "CreateOptions.meta.k8s.io \\"\\" is invalid: dryRun: Unsupported value: [\\"Some\\"]: supported values: \\"All\\"" is "CreateOptions.meta.k8s.io \\"\\" is invalid: dryRun: Unsupported value: \\"Some\\": supported values: \\"All\\""; body.details.causes[0].message: "Unsupported value: [\\"Some\\"]: supported values: \\"All\\"" is "Unsupported value: \\"Some\\": supported values: \\"All\\""',
  'paths that are not served #2':
    'body: {"apiVersion":"v1","code":404,"details":{},"kind":"Status","message":"the server could not find the requested resource","metadata":{},"reason":"NotFound","status":"Failure"} is "404 page not found\\n"',
  'server-side apply: what is refused #5':
    'body.message: "invalid object type: /, Kind=ConfigMap" is "incorrect type of patch: expected v1, Kind=ConfigMap, got , Kind=ConfigMap"',
  'server-side apply: what is refused #6':
    'body.message: "invalid object type: apps/v1, Kind=Deployment" is "incorrect type of patch: expected v1, Kind=ConfigMap, got apps/v1, Kind=Deployment"',
  'server-side apply: what is refused #8':
    'status: 201 is 422; body.message: nothing is "ConfigMap \\"a\\" is invalid: metadata.resourceVersion: Invalid value: must be specified for an update"',
  'merge patches #4':
    'status: 422 is 400; body.message: " \\"\\" is invalid: patch: Invalid value: \\"{\\\\\\"apiVersion\\\\\\":\\\\\\"v1\\\\\\",\\\\\\"data\\\\\\":{\\\\\\"b\\\\\\":\\\\\\"2\\\\\\",\\\\\\"c\\\\\\":3},\\\\\\"kind\\\\\\":\\\\\\"ConfigMap\\\\\\",\\\\\\"metadata\\\\\\":{\\\\\\"name\\\\\\":\\\\\\"a\\\\\\",\\\\\\"namespace\\\\\\":\\\\\\"NS\\\\\\",\\\\\\"uid\\\\\\":\\\\\\"<uid>\\\\\\",\\\\\\"resourceVersion\\\\\\":\\\\\\"<version>\\\\\\",\\\\\\"creationTimestamp\\\\\\":',
  'merge patches #6':
    'body.message: "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}" is "the object provided is unrecognized (must be of type Object): it is object"',
  'JSON patches #4':
    'status: 422 is 400; body.message: " \\"\\" is invalid: patch: Invalid value: \\"{\\\\\\"apiVersion\\\\\\":\\\\\\"v1\\\\\\",\\\\\\"data\\\\\\":{\\\\\\"a\\\\\\":5,\\\\\\"b\\\\\\":\\\\\\"2\\\\\\"},\\\\\\"kind\\\\\\":\\\\\\"ConfigMap\\\\\\",\\\\\\"metadata\\\\\\":{\\\\\\"name\\\\\\":\\\\\\"a\\\\\\",\\\\\\"namespace\\\\\\":\\\\\\"NS\\\\\\",\\\\\\"uid\\\\\\":\\\\\\"<uid>\\\\\\",\\\\\\"resourceVersion\\\\\\":\\\\\\"<version>\\\\\\",\\\\\\"creationTimestamp\\\\\\":',
  'JSON patches #5':
    'body.message: "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp" is "json: cannot unmarshal object into Go value of type jsonpatch.Patch"',
  'JSON patches #6':
    'status: 422 is 400; body.message: "the server rejected our request due to an error in our request" is "Unexpected kind: juggle"',
  'strategic merge patches #3':
    'body.message: "map: map[image:x] does not contain declared merge key: name" is "Internal error occurred: the request could not be carried out"; body.details: nothing is {"causes":[{"message":"the request could not be carried out"}]}',
  'a Deployment: defaults, immutable selector, checks #6':
    'body.message: "Deployment.apps \\"e\\" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`, spec.template.spec.containers: Required value]" is "Deployment.apps \\"e\\" is invalid: [spec.selector: Required value, spec.template.spec.containers: Req; body.details.causes[1].field: "spec.template.metadata.labels" is "spec.template.spec.containers"',
  'a Service: defaults and checks #6':
    'body.message: "Service \\"f\\" is invalid: [spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive]" is "Service \\"f\\" is invalid: [spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive, spec.ports[0].ta; body.details.causes[1].message: "Invalid value: 0: must be between 1 and 65535, inclusive" is "Invalid value: null: must be between 1 and 65535, inclusive"',
  'a Pod: defaults and checks #7': 'body.details: {"kind":"pods","name":"g"} is nothing',
  'metadata: labels, annotations and owners #4':
    'body.message: "ConfigMap \\"d\\" is invalid: metadata.ownerReferences[0].uid: Required value: must not be empty" is "ConfigMap \\"d\\" is invalid: metadata.ownerReferences[0].uid: Invalid value: \\"\\": uid must not be empty"; body.details.causes[0].message: "Required value: must not be empty" is "Invalid value: \\"\\": uid must not be empty"',
  'metadata: labels, annotations and owners #6': 'body.metadata.generation: 7 is nothing',
  'roles and bindings #3':
    'body.message: "RoleBinding.rbac.authorization.k8s.io \\"a\\" is invalid: roleRef: Invalid value: {\\"APIGroup\\":\\"rbac.authorization.k8s.io\\",\\"Kind\\":\\"Role\\",\\"Name\\":\\"b\\"}: field is immutable" is "RoleBinding.rbac.authorization.k8s.io \\"a\\" is invalid: roleRef: Invalid value: {\\"kind\\":\\"Role\\",\\"apiGroup\\":\\"rbac.authorization; body.details.causes[0].message: "Invalid value: {\\"APIGroup\\":\\"rbac.authorization.k8s.io\\",\\"Kind\\":\\"Role\\",\\"Name\\":\\"b\\"}: field is immutable" is "Invalid value: {\\"kind\\":\\"Role\\",\\"apiGroup\\":\\"rbac.authorization.k8s.io\\",\\"name\\":\\"b\\"}: field is immutable"',
  'roles and bindings #4':
    'body.message: "Role.rbac.authorization.k8s.io \\"b\\" is invalid: [rules[0].apiGroups: Required value: resource rules must supply at least one api group, rules[0].verbs: Required value]" is "Role.rbac.authorization.k8s.io \\"b\\" is invalid: [rules[0].verbs: Required value: verbs must contain at least one value, rules[0].apiGroups: ; body.details.causes[0].field: "rules[0].apiGroups" is "rules[0].verbs"',
  'who may do what, as another user #5': 'by design: each says what it was built from',
  'who may do what, as another user #7':
    'status: 400 is 500; body.message: "requested &user.DefaultInfo{Name:\\"\\", UID:\\"\\", Groups:[]string{\\"dev\\"}, Extra:map[string][]string(nil)} without impersonating a user name" is "Internal error occurred: requested impersonation without impersonating a user"',
  'workloads of other kinds are defaulted alike #4':
    'body.metadata.managedFields[0].fieldsV1.f:metadata: {"f:annotations":{".":{},"f:deprecated.daemonset.template.generation":{}}} is nothing',
  'workloads of other kinds are defaulted alike #8':
    'by design: ours has a default storage class, a bare control plane has none',
  'lists: selectors, pages and forms #7':
    'body.message: "invalid continue token: continue key is not valid: invalid character \'\\\\u009e\' looking for beginning of value" is "invalid continue token: continue key is not valid: invalid character \'�\' looking for beginning of value"',
  'lists: selectors, pages and forms #8':
    'body.message: "invalid resource version: resourceVersion: Invalid value: \\"nonsense\\": strconv.ParseUint: parsing \\"nonsense\\": invalid syntax" is "resourceVersion: Invalid value: \\"nonsense\\": strconv.ParseUint: parsing \\"nonsense\\": invalid syntax"',
  'a Deployment in a table #1': 'body.spec.replicas: nothing is 0',
  'definitions that are refused #4':
    'body.message: "CustomResourceDefinition.apiextensions.k8s.io \\"a.b\\" is invalid: [metadata.name: Invalid value: \\"a.b\\": must be spec.names.plural+\\".\\"+spec.group, spec.group: Required value, spec.scope: Required value, spec.versions: Invalid value: null: must have exactly one version marked as storage version, spec.names.plura; body.details.causes[3].field: "spec.versions" is "spec.names.plural"',
  'custom objects: defaults, pruning, validation, status #10':
    'body.details.causes[1].message: "Invalid value: \\"string\\": ready in body must be of type boolean: \\"string\\"" is "Invalid value: \\"string\\": status.ready in body must be of type boolean: \\"string\\""',
  'custom objects: defaults, pruning, validation, status #16': 'body.metadata.continue: "" is nothing',
}
