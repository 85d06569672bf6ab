/**
 * What a field holds. A `?` marks a pointer in Go: its zero value was meant; without it zero is the same as absent. Other names
 * are messages of this table.
 */
export type FieldType = string;

/** Number on the wire, name in JSON, type. The numbers are those of the generated.proto files of k8s.io/api, which never change. */
export type MessageField = readonly [number, string, FieldType];

const metadata: MessageField = [1, 'metadata', 'ObjectMeta'];

/** The messages of the kinds that kubectl's `create` sends as protobuf, as far as it fills them. */
export const messages: Readonly<Record<string, readonly MessageField[]>> = {
  ObjectMeta: [
    [1, 'name', 'string'], [2, 'generateName', 'string'], [3, 'namespace', 'string'], [4, 'selfLink', 'string'], [5, 'uid', 'string'], [6, 'resourceVersion', 'string'],
    [7, 'generation', 'int'], [8, 'creationTimestamp', 'time'], [9, 'deletionTimestamp', 'time'], [10, 'deletionGracePeriodSeconds', 'int?'],
    [11, 'labels', 'map<string>'], [12, 'annotations', 'map<string>'], [13, 'ownerReferences', 'OwnerReference[]'], [14, 'finalizers', 'string[]'],
  ],
  OwnerReference: [[1, 'kind', 'string'], [3, 'name', 'string'], [4, 'uid', 'string'], [5, 'apiVersion', 'string'], [6, 'controller', 'bool?'], [7, 'blockOwnerDeletion', 'bool?']],
  LabelSelector: [[1, 'matchLabels', 'map<string>'], [2, 'matchExpressions', 'LabelSelectorRequirement[]']],
  LabelSelectorRequirement: [[1, 'key', 'string'], [2, 'operator', 'string'], [3, 'values', 'string[]']],
  DeleteOptions: [[1, 'gracePeriodSeconds', 'int?'], [2, 'preconditions', 'Preconditions'], [3, 'orphanDependents', 'bool?'], [4, 'propagationPolicy', 'string'], [5, 'dryRun', 'string[]']],
  Preconditions: [[1, 'uid', 'string'], [2, 'resourceVersion', 'string']],
  Namespace: [metadata, [2, 'spec', 'NamespaceSpec'], [3, 'status', 'ignored']],
  NamespaceSpec: [[1, 'finalizers', 'string[]']],
  ConfigMap: [metadata, [2, 'data', 'map<string>'], [3, 'binaryData', 'map<bytes>'], [4, 'immutable', 'bool?']],
  Secret: [metadata, [2, 'data', 'map<bytes>'], [3, 'type', 'string'], [4, 'stringData', 'map<string>'], [5, 'immutable', 'bool?']],
  ServiceAccount: [metadata, [2, 'secrets', 'ObjectReference[]'], [3, 'imagePullSecrets', 'LocalObjectReference[]'], [4, 'automountServiceAccountToken', 'bool?']],
  ObjectReference: [[1, 'kind', 'string'], [2, 'namespace', 'string'], [3, 'name', 'string'], [4, 'uid', 'string'], [5, 'apiVersion', 'string'], [6, 'resourceVersion', 'string'], [7, 'fieldPath', 'string']],
  LocalObjectReference: [[1, 'name', 'string']],
  Service: [metadata, [2, 'spec', 'ServiceSpec'], [3, 'status', 'ignored']],
  ServiceSpec: [
    [1, 'ports', 'ServicePort[]'], [2, 'selector', 'map<string>'], [3, 'clusterIP', 'string'], [4, 'type', 'string'], [5, 'externalIPs', 'string[]'], [7, 'sessionAffinity', 'string'],
    [8, 'loadBalancerIP', 'string'], [9, 'loadBalancerSourceRanges', 'string[]'], [10, 'externalName', 'string'], [11, 'externalTrafficPolicy', 'string'], [12, 'healthCheckNodePort', 'int'],
    [13, 'publishNotReadyAddresses', 'bool'], [17, 'ipFamilyPolicy', 'string'], [18, 'clusterIPs', 'string[]'], [19, 'ipFamilies', 'string[]'], [20, 'allocateLoadBalancerNodePorts', 'bool?'],
    [21, 'loadBalancerClass', 'string'], [22, 'internalTrafficPolicy', 'string'], [23, 'trafficDistribution', 'string'],
  ],
  ServicePort: [[1, 'name', 'string'], [2, 'protocol', 'string'], [3, 'port', 'int'], [4, 'targetPort', 'intOrString'], [5, 'nodePort', 'int'], [6, 'appProtocol', 'string']],
  Deployment: [metadata, [2, 'spec', 'DeploymentSpec'], [3, 'status', 'ignored']],
  DeploymentSpec: [
    [1, 'replicas', 'int?'], [2, 'selector', 'LabelSelector'], [3, 'template', 'PodTemplateSpec'], [4, 'strategy', 'DeploymentStrategy'], [5, 'minReadySeconds', 'int'],
    [6, 'revisionHistoryLimit', 'int?'], [7, 'paused', 'bool'], [9, 'progressDeadlineSeconds', 'int?'],
  ],
  DeploymentStrategy: [[1, 'type', 'string']],
  PodTemplateSpec: [metadata, [2, 'spec', 'PodSpec']],
  Pod: [metadata, [2, 'spec', 'PodSpec'], [3, 'status', 'ignored']],
  PodSpec: [
    [2, 'containers', 'Container[]'], [3, 'restartPolicy', 'string'], [4, 'terminationGracePeriodSeconds', 'int?'], [5, 'activeDeadlineSeconds', 'int?'], [6, 'dnsPolicy', 'string'],
    [7, 'nodeSelector', 'map<string>'], [8, 'serviceAccountName', 'string'], [9, 'serviceAccount', 'string'], [10, 'nodeName', 'string'], [11, 'hostNetwork', 'bool'], [15, 'imagePullSecrets', 'LocalObjectReference[]'],
    [16, 'hostname', 'string'], [17, 'subdomain', 'string'], [19, 'schedulerName', 'string'], [20, 'initContainers', 'Container[]'], [21, 'automountServiceAccountToken', 'bool?'],
    [24, 'priorityClassName', 'string'], [25, 'priority', 'int?'], [30, 'enableServiceLinks', 'bool?'], [31, 'preemptionPolicy', 'string'],
  ],
  Container: [
    [1, 'name', 'string'], [2, 'image', 'string'], [3, 'command', 'string[]'], [4, 'args', 'string[]'], [5, 'workingDir', 'string'], [6, 'ports', 'ContainerPort[]'], [7, 'env', 'EnvVar[]'],
    [13, 'terminationMessagePath', 'string'], [14, 'imagePullPolicy', 'string'], [16, 'stdin', 'bool'], [17, 'stdinOnce', 'bool'], [18, 'tty', 'bool'], [20, 'terminationMessagePolicy', 'string'],
  ],
  ContainerPort: [[1, 'name', 'string'], [2, 'hostPort', 'int'], [3, 'containerPort', 'int'], [4, 'protocol', 'string'], [5, 'hostIP', 'string']],
  EnvVar: [[1, 'name', 'string'], [2, 'value', 'string']],
  Role: [metadata, [2, 'rules', 'PolicyRule[]']],
  ClusterRole: [metadata, [2, 'rules', 'PolicyRule[]'], [3, 'aggregationRule', 'AggregationRule']],
  AggregationRule: [[1, 'clusterRoleSelectors', 'LabelSelector[]']],
  PolicyRule: [[1, 'verbs', 'string[]'], [2, 'apiGroups', 'string[]'], [3, 'resources', 'string[]'], [4, 'resourceNames', 'string[]'], [5, 'nonResourceURLs', 'string[]']],
  RoleBinding: [metadata, [2, 'subjects', 'Subject[]'], [3, 'roleRef', 'RoleRef']],
  ClusterRoleBinding: [metadata, [2, 'subjects', 'Subject[]'], [3, 'roleRef', 'RoleRef']],
  RoleRef: [[1, 'apiGroup', 'string'], [2, 'kind', 'string'], [3, 'name', 'string']],
  Subject: [[1, 'kind', 'string'], [2, 'apiGroup', 'string'], [3, 'name', 'string'], [4, 'namespace', 'string']],
  Lease: [metadata, [2, 'spec', 'LeaseSpec']],
  LeaseSpec: [
    [1, 'holderIdentity', 'string?'], [2, 'leaseDurationSeconds', 'int?'], [3, 'acquireTime', 'microTime'], [4, 'renewTime', 'microTime'], [5, 'leaseTransitions', 'int?'], [6, 'strategy', 'string?'],
    [7, 'preferredHolder', 'string?'],
  ],
};
