/** The types of a Pod, but for its volumes and its status. */
export const podTypes: string = `@io.k8s.api.core.v1
Pod # Containers that are placed on one node together and share its network and volumes.
  metadata ObjectMeta
  spec PodSpec
  status PodStatus
PodSpec # What a Pod shall be.
  volumes map(name)[Volume] patch=merge,retainKeys:name # What containers can mount.
  initContainers map(name)[Container] # Run one after the other before the containers.
  containers! map(name)[Container] null # At least one.
  ephemeralContainers map(name)[EphemeralContainer]
  restartPolicy string:Always|Never|OnFailure # When containers that ended are started again.
  terminationGracePeriodSeconds int64 # Seconds that it has to end.
  activeDeadlineSeconds int64
  dnsPolicy string:ClusterFirst|ClusterFirstWithHostNet|Default|None
  nodeSelector atomic{string} # Labels that the node must have.
  serviceAccountName string # The ServiceAccount that it runs as.
  serviceAccount string
  automountServiceAccountToken bool
  nodeName string # The node that it runs on.
  hostNetwork bool # Whether it shares the network of the node.
  hostPID bool
  hostIPC bool
  shareProcessNamespace bool
  securityContext PodSecurityContext
  imagePullSecrets map(name)[LocalObjectReference]
  hostname string
  subdomain string
  affinity Affinity
  schedulerName string
  tolerations [Toleration]
  hostAliases map(ip)[HostAlias]
  priorityClassName string
  priority int32
  dnsConfig PodDNSConfig
  readinessGates [PodReadinessGate]
  runtimeClassName string
  enableServiceLinks bool
  preemptionPolicy string:Never|PreemptLowerPriority
  overhead {quantity}
  topologySpreadConstraints map(topologyKey,whenUnsatisfiable)[TopologySpreadConstraint]
  setHostnameAsFQDN bool
  os PodOS
  hostUsers bool
  schedulingGates map(name)[PodSchedulingGate]
  resourceClaims map(name)[PodResourceClaim] patch=merge,retainKeys:name
  resources ResourceRequirements
  hostnameOverride string
  schedulingGroup PodSchedulingGroup
Container # One container of a Pod.
  name! string # Unique in the Pod.
  image string # The image to run.
  command [string] # Taken instead of the entry point of the image.
  args [string] # Arguments of the command.
  workingDir string
  ports map(containerPort,protocol)[ContainerPort]
  envFrom [EnvFromSource]
  env map(name)[EnvVar] # Variables of its environment.
  resources ResourceRequirements
  resizePolicy [ContainerResizePolicy]
  restartPolicy string
  restartPolicyRules [ContainerRestartRule]
  volumeMounts map(mountPath)[VolumeMount]
  volumeDevices map(devicePath)[VolumeDevice]
  livenessProbe Probe # Restarts the container when it fails.
  readinessProbe Probe # Takes the Pod out of its Services while it fails.
  startupProbe Probe # Holds the other two back until it succeeds.
  lifecycle Lifecycle
  terminationMessagePath string
  terminationMessagePolicy string:FallbackToLogsOnError|File
  imagePullPolicy string:Always|IfNotPresent|Never # When the image is fetched anew.
  securityContext SecurityContext
  stdin bool
  stdinOnce bool
  tty bool
EphemeralContainer # A container that is added to a running Pod, to look into it.
  name! string
  image string
  command [string]
  args [string]
  workingDir string
  ports map(containerPort,protocol)[ContainerPort]
  envFrom [EnvFromSource]
  env map(name)[EnvVar]
  resources ResourceRequirements
  resizePolicy [ContainerResizePolicy]
  restartPolicy string
  restartPolicyRules [ContainerRestartRule]
  volumeMounts map(mountPath)[VolumeMount]
  volumeDevices map(devicePath)[VolumeDevice]
  livenessProbe Probe
  readinessProbe Probe
  startupProbe Probe
  lifecycle Lifecycle
  terminationMessagePath string
  terminationMessagePolicy string:FallbackToLogsOnError|File
  imagePullPolicy string:Always|IfNotPresent|Never
  securityContext SecurityContext
  stdin bool
  stdinOnce bool
  tty bool
  targetContainerName string
PodSecurityContext # Rights and identity of all containers of the Pod.
  seLinuxOptions SELinuxOptions
  windowsOptions WindowsSecurityContextOptions
  runAsUser int64
  runAsGroup int64
  runAsNonRoot bool
  supplementalGroups [int64]
  supplementalGroupsPolicy string:Merge|Strict
  fsGroup int64
  sysctls [Sysctl]
  fsGroupChangePolicy string:Always|OnRootMismatch
  seccompProfile SeccompProfile
  appArmorProfile AppArmorProfile
  seLinuxChangePolicy string
Affinity # On which nodes, and beside which Pods, it shall or should run.
  nodeAffinity NodeAffinity
  podAffinity PodAffinity
  podAntiAffinity PodAntiAffinity
Toleration # A taint of nodes that does not keep the Pod away.
  key string
  operator string:Equal|Exists|Gt|Lt
  value string
  effect string:NoExecute|NoSchedule|PreferNoSchedule
  tolerationSeconds int64
HostAlias
  ip! string
  hostnames [string]
PodDNSConfig
  nameservers [string]
  searches [string]
  options [PodDNSConfigOption]
PodReadinessGate
  conditionType! string
TopologySpreadConstraint # How evenly Pods are spread over parts of the cluster.
  maxSkew! int32
  topologyKey! string
  whenUnsatisfiable! string:DoNotSchedule|ScheduleAnyway
  labelSelector LabelSelector
  minDomains int32
  nodeAffinityPolicy string:Honor|Ignore
  nodeTaintsPolicy string:Honor|Ignore
  matchLabelKeys [string]
PodOS
  name! string
PodSchedulingGate
  name! string
PodResourceClaim
  name! string
  resourceClaimName string
  resourceClaimTemplateName string
ResourceRequirements # What a container is given, and what it may use at most.
  limits {quantity}
  requests {quantity}
  claims map(name)[ResourceClaim] patch=none
PodSchedulingGroup
  podGroupName string
PodTemplateSpec # The Pods that are made.
  metadata ObjectMeta
  spec PodSpec
ContainerPort # A port that a container listens on.
  name string
  hostPort int32
  containerPort! int32
  protocol string:SCTP|TCP|UDP ="TCP"
  hostIP string
EnvFromSource # A source of many variables.
  prefix string
  configMapRef ConfigMapEnvSource
  secretRef SecretEnvSource
EnvVar # A variable of the environment.
  name! string
  value string
  valueFrom EnvVarSource
ContainerResizePolicy
  resourceName! string
  restartPolicy! string
ContainerRestartRule
  action! string
  exitCodes ContainerRestartRuleOnExitCodes
VolumeMount # Where a volume appears in a container.
  name! string
  readOnly bool
  recursiveReadOnly string
  mountPath! string
  subPath string
  mountPropagation string:Bidirectional|HostToContainer|None
  subPathExpr string
VolumeDevice # A block device that appears in a container.
  name! string
  devicePath! string
Probe # A check of a container, made over and over.
  exec ExecAction
  httpGet HTTPGetAction
  tcpSocket TCPSocketAction
  grpc GRPCAction
  initialDelaySeconds int32 # Seconds before the first check.
  timeoutSeconds int32 # Seconds until a check has failed.
  periodSeconds int32 # Seconds between checks.
  successThreshold int32 # Successes in a row that count as one.
  failureThreshold int32 # Failures in a row that count as one.
  terminationGracePeriodSeconds int64
Lifecycle # What runs after a container started and before it ends.
  postStart LifecycleHandler
  preStop LifecycleHandler
  stopSignal Signal
SecurityContext # Rights and identity of a container, over those of the Pod.
  capabilities Capabilities
  privileged bool
  seLinuxOptions SELinuxOptions
  windowsOptions WindowsSecurityContextOptions
  runAsUser int64
  runAsGroup int64
  runAsNonRoot bool
  readOnlyRootFilesystem bool
  allowPrivilegeEscalation bool
  procMount string:Default|Unmasked
  seccompProfile SeccompProfile
  appArmorProfile AppArmorProfile
SELinuxOptions
  user string
  role string
  type string
  level string
WindowsSecurityContextOptions
  gmsaCredentialSpecName string
  gmsaCredentialSpec string
  runAsUserName string
  hostProcess bool
Sysctl
  name! string
  value! string
SeccompProfile
  type! string:Localhost|RuntimeDefault|Unconfined
  localhostProfile string
AppArmorProfile
  type! string:Localhost|RuntimeDefault|Unconfined
  localhostProfile string
NodeAffinity # Rules by the labels of nodes.
  requiredDuringSchedulingIgnoredDuringExecution NodeSelector
  preferredDuringSchedulingIgnoredDuringExecution [PreferredSchedulingTerm]
PodAffinity # Rules that draw it to other Pods.
  requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm]
  preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm]
PodAntiAffinity # Rules that keep it from other Pods.
  requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm]
  preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm]
PodDNSConfigOption
  name string
  value string
ResourceClaim
  name! string
  request string
ConfigMapEnvSource
  name string
  optional bool
SecretEnvSource
  name string
  optional bool
EnvVarSource # Where the value of a variable comes from.
  fieldRef ObjectFieldSelector
  resourceFieldRef ResourceFieldSelector
  configMapKeyRef ConfigMapKeySelector
  secretKeyRef SecretKeySelector
  fileKeyRef FileKeySelector
ContainerRestartRuleOnExitCodes
  operator! string
  values set[int32]
ExecAction # A command in the container; a status of 0 is success.
  command [string]
HTTPGetAction # An HTTP request to the container.
  path string
  port! intOrString
  host string
  scheme string:HTTP|HTTPS
  httpHeaders [HTTPHeader]
TCPSocketAction # A connection to a port.
  port! intOrString
  host string
GRPCAction # A call of the gRPC health service.
  port! int32
  service string
LifecycleHandler # What is done at one moment of the lifecycle.
  exec ExecAction
  httpGet HTTPGetAction
  tcpSocket TCPSocketAction
  sleep SleepAction
Capabilities
  add [string]
  drop [string]
NodeSelector atomic
  nodeSelectorTerms! [NodeSelectorTerm] null
PreferredSchedulingTerm
  weight! int32
  preference! NodeSelectorTerm
PodAffinityTerm
  labelSelector LabelSelector
  namespaces [string]
  topologyKey! string
  namespaceSelector LabelSelector
  matchLabelKeys [string]
  mismatchLabelKeys [string]
WeightedPodAffinityTerm
  weight! int32
  podAffinityTerm! PodAffinityTerm
ObjectFieldSelector atomic
  apiVersion string
  fieldPath! string
ResourceFieldSelector atomic
  containerName string
  resource! string
  divisor quantity
ConfigMapKeySelector atomic
  name string
  key! string
  optional bool
SecretKeySelector atomic
  name string
  key! string
  optional bool
FileKeySelector atomic
  volumeName! string
  path! string
  key! string
  optional bool
HTTPHeader
  name! string
  value! string
SleepAction
  seconds! int64
NodeSelectorTerm atomic
  matchExpressions [NodeSelectorRequirement]
  matchFields [NodeSelectorRequirement]
NodeSelectorRequirement
  key! string
  operator! string:DoesNotExist|Exists|Gt|In|Lt|NotIn
  values [string]
Signal string:SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ
`;
