/** The types of the named groups, and those of meta/v1 that they share. */
export const groupTypes: string = `@io.k8s.api.apps.v1
Deployment # Pods that are replaced step by step when their template changes.
  metadata ObjectMeta
  spec DeploymentSpec
  status DeploymentStatus
DeploymentSpec # What a Deployment shall be.
  replicas int32 # How many Pods there shall be.
  selector! LabelSelector # Labels of its Pods.
  template! PodTemplateSpec # The Pods that it makes.
  strategy DeploymentStrategy patch=retainKeys # How Pods are replaced.
  minReadySeconds int32
  revisionHistoryLimit int32
  paused bool
  progressDeadlineSeconds int32
DeploymentStatus # What is known of a Deployment.
  observedGeneration int64
  replicas int32
  updatedReplicas int32
  readyReplicas int32
  availableReplicas int32
  unavailableReplicas int32
  terminatingReplicas int32
  conditions map(type)[DeploymentCondition]
  collisionCount int32
DeploymentStrategy # How old Pods are replaced by new ones.
  type string:Recreate|RollingUpdate
  rollingUpdate RollingUpdateDeployment
DeploymentCondition # One condition of a Deployment.
  type! string
  status! string
  lastUpdateTime time null
  lastTransitionTime time null
  reason string
  message string
RollingUpdateDeployment # How many Pods may be missing, or too many, meanwhile.
  maxUnavailable intOrString
  maxSurge intOrString
@io.k8s.api.rbac.v1
Role # Rights within one namespace.
  metadata ObjectMeta
  rules [PolicyRule] null
RoleBinding # Gives rights within one namespace.
  metadata ObjectMeta
  subjects [Subject]
  roleRef! RoleRef
ClusterRole # Rights in the whole cluster, or for RoleBindings in any namespace.
  metadata ObjectMeta
  rules [PolicyRule] null
  aggregationRule AggregationRule
ClusterRoleBinding # Gives rights in the whole cluster.
  metadata ObjectMeta
  subjects [Subject]
  roleRef! RoleRef
PolicyRule # What may be done with what.
  verbs! [string] null # What may be done.
  apiGroups [string] # The groups of the resources; "" is the core group.
  resources [string] # The resources, in the plural.
  resourceNames [string] # The names that it is limited to.
  nonResourceURLs [string] # Paths that are no resources.
Subject atomic # Who is given it.
  kind! string
  apiGroup string
  name! string
  namespace string
RoleRef atomic # The role that is given.
  apiGroup string
  kind! string
  name! string
AggregationRule # ClusterRoles whose rules are taken over.
  clusterRoleSelectors [LabelSelector]
@io.k8s.api.coordination.v1
Lease # Who holds something, and until when.
  metadata ObjectMeta
  spec LeaseSpec
LeaseSpec # The holder, and the times of it.
  holderIdentity string # Who holds it.
  leaseDurationSeconds int32 # Seconds that it holds after it was renewed.
  acquireTime microTime # When the holder got it.
  renewTime microTime # When the holder was last heard of.
  leaseTransitions int32 # How often it changed hands.
  strategy string
  preferredHolder string
@io.k8s.api.discovery.v1
EndpointSlice # Some of the endpoints of a Service.
  metadata ObjectMeta
  addressType! string:FQDN|IPv4|IPv6
  endpoints [Endpoint] null
  ports [EndpointPort] null
Endpoint # One endpoint: its addresses, and how it is.
  addresses! set[string] null # All of them lead to the same place.
  conditions EndpointConditions
  hostname string
  targetRef ObjectReference
  deprecatedTopology {string}
  nodeName string
  zone string
  hints EndpointHints
EndpointPort atomic
  name string
  protocol string:SCTP|TCP|UDP
  port int32
  appProtocol string
EndpointConditions # How an endpoint is.
  ready bool # Takes requests.
  serving bool # Answers requests, also while it ends.
  terminating bool # Is ending.
EndpointHints # Who is meant to use an endpoint.
  forZones [ForZone]
  forNodes [ForNode]
ForZone
  name! string
ForNode
  name! string
@io.k8s.api.events.v1
Event # Something that happened to an object.
  metadata ObjectMeta
  eventTime! microTime null
  series EventSeries
  reportingController string
  reportingInstance string
  action string
  reason string # Why, in one word.
  regarding ObjectReference # What the event is about.
  related ObjectReference
  note string # What happened, for people.
  type string # Normal or Warning.
  deprecatedSource EventSource
  deprecatedFirstTimestamp time null
  deprecatedLastTimestamp time null
  deprecatedCount int32
EventSeries # How often an event was repeated.
  count! int32
  lastObservedTime! microTime null
@io.k8s.api.autoscaling.v1
ScaleSpec # How many there shall be.
  replicas int32
ScaleStatus # How many there are.
  replicas! int32
  selector string # Chooses them, as text.
@io.k8s.apimachinery.pkg.apis.meta.v1
ObjectMeta # What every object has.
  name string # Unique among objects of the kind in the namespace.
  generateName string # The beginning of a name that the server completes.
  namespace string # The scope of the name.
  selfLink string
  uid string # The identity over time. Set by the server.
  resourceVersion string # Stands for this state of the object. Set by the server.
  generation int64 # Counts changes of what is wanted. Set by the server.
  creationTimestamp time # When it was made. Set by the server.
  deletionTimestamp time # When it is to go. Set by the server.
  deletionGracePeriodSeconds int64
  labels {string} # Short values to choose by.
  annotations {string} # Values for people and tools.
  ownerReferences map(uid)[OwnerReference] # What it goes with.
  finalizers set[string] patch=merge # Who has to do something before it goes.
  managedFields [ManagedFieldsEntry] # Which manager owns which fields.
OwnerReference atomic # An object that this one depends on.
  apiVersion! string
  kind! string
  name! string
  uid! string
  controller bool
  blockOwnerDeletion bool
ManagedFieldsEntry # The fields that one manager owns.
  manager string
  operation string
  apiVersion string
  time time
  fieldsType string
  fieldsV1 FieldsV1
  subresource string
Condition # One aspect of a state.
  type! string
  status! string
  observedGeneration int64
  lastTransitionTime! time null
  reason! string
  message! string
LabelSelector atomic # Chooses objects by their labels; all that it asks must hold.
  matchLabels {string}
  matchExpressions [LabelSelectorRequirement]
FieldsV1 open # Fields as a tree of their names.
ListMeta # What every list has.
  selfLink string
  resourceVersion string # The state of the server that the list shows.
  continue string # Asks for the next page.
  remainingItemCount int64 # How many items follow, where that is known.
  shardInfo ShardInfo
ShardInfo # The part of the objects that a list is of.
  selector! string
LabelSelectorRequirement # One thing that is asked of a label.
  key! string
  operator! string
  values [string]
`;
