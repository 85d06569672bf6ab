/** The other types of the core group, and the status of Pods. */
export const coreTypes: string = `@io.k8s.api.core.v1
ConfigMap # Configuration as keys and values.
  metadata ObjectMeta
  immutable bool # Whether it can no longer be changed.
  data {string} # Texts by their keys.
  binaryData {bytes} # Bytes by their keys.
Endpoints # The addresses behind a Service; EndpointSlice has taken its place.
  metadata ObjectMeta
  subsets [EndpointSubset]
Event # Something that happened to an object.
  metadata! ObjectMeta
  involvedObject! ObjectReference # What the event is about.
  reason string # Why, in one word.
  message string # What happened, for people.
  source EventSource
  firstTimestamp time null
  lastTimestamp time null
  count int32 # How often it happened.
  type string # Normal or Warning.
  eventTime microTime null
  series EventSeries
  action string
  related ObjectReference
  reportingComponent string
  reportingInstance string
Secret # Keys and values that are not to be shown.
  metadata ObjectMeta
  immutable bool
  data {bytes} # Bytes by their keys, in base64.
  stringData {string} # Texts by their keys; written into data, and never read back.
  type string # What the keys mean.
ServiceAccount # An identity for what runs in Pods.
  metadata ObjectMeta
  secrets map(name)[ObjectReference]
  imagePullSecrets [LocalObjectReference]
  automountServiceAccountToken bool
Service # A name and an address for a set of Pods.
  metadata ObjectMeta
  spec ServiceSpec
  status ServiceStatus
EndpointSubset # Addresses that share their ports.
  addresses [EndpointAddress]
  notReadyAddresses [EndpointAddress]
  ports [EndpointPort]
ObjectReference atomic # Points to an object, or a part of it.
  kind string
  namespace string
  name string
  uid string
  apiVersion string
  resourceVersion string
  fieldPath string
EventSource # Who reported an event.
  component string
  host string
EventSeries # How often an event was repeated.
  count int32
  lastObservedTime microTime null
PodStatus # What is known of a Pod.
  observedGeneration int64
  phase string:Failed|Pending|Running|Succeeded|Unknown
  conditions map(type)[PodCondition]
  message string
  reason string
  nominatedNodeName string
  hostIP string
  hostIPs [HostIP] patch=merge:ip
  podIP string
  podIPs map(ip)[PodIP]
  startTime time
  initContainerStatuses [ContainerStatus]
  containerStatuses [ContainerStatus]
  qosClass string:BestEffort|Burstable|Guaranteed
  ephemeralContainerStatuses [ContainerStatus]
  resize string
  resourceClaimStatuses map(name)[PodResourceClaimStatus] patch=merge,retainKeys:name
  extendedResourceClaimStatus PodExtendedResourceClaimStatus
  allocatedResources {quantity}
  resources ResourceRequirements
  nodeAllocatableResourceClaimStatuses [NodeAllocatableResourceClaimStatus]
LocalObjectReference atomic # Points to an object in the same namespace, by its name.
  name string
ServiceSpec # What a Service shall be.
  ports map(port,protocol)[ServicePort] # The ports that it listens on.
  selector atomic{string} # Labels of the Pods behind it.
  clusterIP string # Its address in the cluster; None for none.
  clusterIPs [string]
  type string:ClusterIP|ExternalName|LoadBalancer|NodePort # How it can be reached.
  externalIPs [string]
  sessionAffinity string:ClientIP|None
  loadBalancerIP string
  loadBalancerSourceRanges [string]
  externalName string
  externalTrafficPolicy string:Cluster|Local
  healthCheckNodePort int32
  publishNotReadyAddresses bool
  sessionAffinityConfig SessionAffinityConfig
  ipFamilies [string:|IPv4|IPv6]
  ipFamilyPolicy string:PreferDualStack|RequireDualStack|SingleStack
  allocateLoadBalancerNodePorts bool
  loadBalancerClass string
  internalTrafficPolicy string:Cluster|Local
  trafficDistribution string
ServiceStatus # What is known of a Service.
  loadBalancer LoadBalancerStatus
  conditions map(type)[Condition]
EndpointAddress atomic # One address.
  ip! string
  hostname string
  nodeName string
  targetRef ObjectReference
EndpointPort atomic
  name string
  port! int32
  protocol string:SCTP|TCP|UDP
  appProtocol string
PodCondition
  type! string
  observedGeneration int64
  status! string
  lastProbeTime time null
  lastTransitionTime time null
  reason string
  message string
HostIP
  ip! string
PodIP
  ip! string
ContainerStatus
  name! string
  state ContainerState
  lastState ContainerState
  ready! bool
  restartCount! int32
  image! string
  imageID! string
  containerID string
  started bool
  allocatedResources {quantity}
  resources ResourceRequirements
  volumeMounts map(mountPath)[VolumeMountStatus]
  user ContainerUser
  allocatedResourcesStatus map(name)[ResourceStatus]
  stopSignal Signal
PodResourceClaimStatus
  name! string
  resourceClaimName string
PodExtendedResourceClaimStatus
  requestMappings! [ContainerExtendedResourceRequest] null
  resourceClaimName! string
NodeAllocatableResourceClaimStatus
  resourceClaimName! string
  containers set[string]
  resources! {quantity}
ServicePort # A port of a Service.
  name string # Unique in the Service.
  protocol string:SCTP|TCP|UDP ="TCP" # TCP where nothing is said.
  appProtocol string
  port! int32 # The port of the Service.
  targetPort intOrString # The port of the Pods, by number or name.
  nodePort int32 # The port on every node.
SessionAffinityConfig
  clientIP ClientIPConfig
LoadBalancerStatus
  ingress [LoadBalancerIngress]
ContainerState
  waiting ContainerStateWaiting
  running ContainerStateRunning
  terminated ContainerStateTerminated
VolumeMountStatus
  name! string
  mountPath! string
  readOnly bool
  recursiveReadOnly string
  volumeStatus VolumeStatus
ContainerUser
  linux LinuxContainerUser
ResourceStatus
  name! string
  resources map(resourceID)[ResourceHealth] patch=none
ContainerExtendedResourceRequest
  containerName! string
  resourceName! string
  requestName! string
ClientIPConfig
  timeoutSeconds int32
LoadBalancerIngress
  ip string
  hostname string
  ipMode string
  ports [PortStatus]
ContainerStateWaiting
  reason string
  message string
ContainerStateRunning
  startedAt time null
ContainerStateTerminated
  exitCode! int32
  signal int32
  reason string
  message string
  startedAt time null
  finishedAt time null
  containerID string
VolumeStatus
  image ImageVolumeStatus
LinuxContainerUser
  uid! int64
  gid! int64
  supplementalGroups [int64]
ResourceHealth
  resourceID! string
  health string
  message string
PortStatus
  port! int32
  protocol! string:SCTP|TCP|UDP
  error string
ImageVolumeStatus
  imageRef! string
`;
