/** The sources of volumes. */
export const volumeTypes: string = `@io.k8s.api.core.v1
Namespace # A scope for names.
  metadata ObjectMeta
  spec NamespaceSpec
  status NamespaceStatus
NamespaceSpec # What a Namespace shall be.
  finalizers [string]
NamespaceStatus # What is known of a Namespace.
  phase string:Active|Terminating
  conditions map(type)[NamespaceCondition]
NamespaceCondition
  type! string
  status! string
  lastTransitionTime time null
  reason string
  message string
Volume # A folder or device that containers of the Pod can mount; one source says what it is.
  name! string
  hostPath HostPathVolumeSource
  emptyDir EmptyDirVolumeSource
  gcePersistentDisk GCEPersistentDiskVolumeSource
  awsElasticBlockStore AWSElasticBlockStoreVolumeSource
  gitRepo GitRepoVolumeSource
  secret SecretVolumeSource
  nfs NFSVolumeSource
  iscsi ISCSIVolumeSource
  glusterfs GlusterfsVolumeSource
  persistentVolumeClaim PersistentVolumeClaimVolumeSource
  rbd RBDVolumeSource
  flexVolume FlexVolumeSource
  cinder CinderVolumeSource
  cephfs CephFSVolumeSource
  flocker FlockerVolumeSource
  downwardAPI DownwardAPIVolumeSource
  fc FCVolumeSource
  azureFile AzureFileVolumeSource
  configMap ConfigMapVolumeSource
  vsphereVolume VsphereVirtualDiskVolumeSource
  quobyte QuobyteVolumeSource
  azureDisk AzureDiskVolumeSource
  photonPersistentDisk PhotonPersistentDiskVolumeSource
  projected ProjectedVolumeSource
  portworxVolume PortworxVolumeSource
  scaleIO ScaleIOVolumeSource
  storageos StorageOSVolumeSource
  csi CSIVolumeSource
  ephemeral EphemeralVolumeSource
  image ImageVolumeSource
HostPathVolumeSource # A file or folder of the node.
  path! string
  type string:|BlockDevice|CharDevice|Directory|DirectoryOrCreate|File|FileOrCreate|Socket
EmptyDirVolumeSource # An empty folder that lives as long as the Pod.
  medium string
  sizeLimit quantity
GCEPersistentDiskVolumeSource
  pdName! string
  fsType string
  partition int32
  readOnly bool
AWSElasticBlockStoreVolumeSource
  volumeID! string
  fsType string
  partition int32
  readOnly bool
GitRepoVolumeSource
  repository! string
  revision string
  directory string
SecretVolumeSource # The values of a Secret, as files.
  secretName string
  items [KeyToPath]
  defaultMode int32
  optional bool
NFSVolumeSource
  server! string
  path! string
  readOnly bool
ISCSIVolumeSource
  targetPortal! string
  iqn! string
  lun! int32
  iscsiInterface string ="default"
  fsType string
  readOnly bool
  portals [string]
  chapAuthDiscovery bool
  chapAuthSession bool
  secretRef LocalObjectReference
  initiatorName string
GlusterfsVolumeSource
  endpoints! string
  path! string
  readOnly bool
PersistentVolumeClaimVolumeSource # The volume that a claim has got.
  claimName! string
  readOnly bool
RBDVolumeSource
  monitors! [string] null
  image! string
  fsType string
  pool string ="rbd"
  user string ="admin"
  keyring string ="/etc/ceph/keyring"
  secretRef LocalObjectReference
  readOnly bool
FlexVolumeSource
  driver! string
  fsType string
  secretRef LocalObjectReference
  readOnly bool
  options {string}
CinderVolumeSource
  volumeID! string
  fsType string
  readOnly bool
  secretRef LocalObjectReference
CephFSVolumeSource
  monitors! [string] null
  path string
  user string
  secretFile string
  secretRef LocalObjectReference
  readOnly bool
FlockerVolumeSource
  datasetName string
  datasetUUID string
DownwardAPIVolumeSource # What is known of the Pod, as files.
  items [DownwardAPIVolumeFile]
  defaultMode int32
FCVolumeSource
  targetWWNs [string]
  lun int32
  fsType string
  readOnly bool
  wwids [string]
AzureFileVolumeSource
  secretName! string
  shareName! string
  readOnly bool
ConfigMapVolumeSource # The values of a ConfigMap, as files.
  name string
  items [KeyToPath]
  defaultMode int32
  optional bool
VsphereVirtualDiskVolumeSource
  volumePath! string
  fsType string
  storagePolicyName string
  storagePolicyID string
QuobyteVolumeSource
  registry! string
  volume! string
  readOnly bool
  user string
  group string
  tenant string
AzureDiskVolumeSource
  diskName! string
  diskURI! string
  cachingMode string:None|ReadOnly|ReadWrite ="ReadWrite"
  fsType string ="ext4"
  readOnly bool
  kind string:Dedicated|Managed|Shared ="Shared"
PhotonPersistentDiskVolumeSource
  pdID! string
  fsType string
ProjectedVolumeSource # Several sources in one folder.
  sources [VolumeProjection] null
  defaultMode int32
PortworxVolumeSource
  volumeID! string
  fsType string
  readOnly bool
ScaleIOVolumeSource
  gateway! string
  system! string
  secretRef! LocalObjectReference
  sslEnabled bool
  protectionDomain string
  storagePool string
  storageMode string ="ThinProvisioned"
  volumeName string
  fsType string ="xfs"
  readOnly bool
StorageOSVolumeSource
  volumeName string
  volumeNamespace string
  fsType string
  readOnly bool
  secretRef LocalObjectReference
CSIVolumeSource # A volume of a CSI driver.
  driver! string
  readOnly bool
  fsType string
  volumeAttributes {string}
  nodePublishSecretRef LocalObjectReference
EphemeralVolumeSource # A volume that is made for the Pod.
  volumeClaimTemplate PersistentVolumeClaimTemplate
ImageVolumeSource
  reference string
  pullPolicy string:Always|IfNotPresent|Never
KeyToPath # One key, and the file that it becomes.
  key! string
  path! string
  mode int32
DownwardAPIVolumeFile
  path! string
  fieldRef ObjectFieldSelector
  resourceFieldRef ResourceFieldSelector
  mode int32
VolumeProjection
  secret SecretProjection
  downwardAPI DownwardAPIProjection
  configMap ConfigMapProjection
  serviceAccountToken ServiceAccountTokenProjection
  clusterTrustBundle ClusterTrustBundleProjection
  podCertificate PodCertificateProjection
PersistentVolumeClaimTemplate
  metadata ObjectMeta
  spec! PersistentVolumeClaimSpec
SecretProjection
  name string
  items [KeyToPath]
  optional bool
DownwardAPIProjection
  items [DownwardAPIVolumeFile]
ConfigMapProjection
  name string
  items [KeyToPath]
  optional bool
ServiceAccountTokenProjection
  audience string
  expirationSeconds int64
  path! string
ClusterTrustBundleProjection
  name string
  signerName string
  labelSelector LabelSelector
  optional bool
  path! string
PodCertificateProjection
  signerName! string
  keyType! string
  maxExpirationSeconds int32
  credentialBundlePath string
  keyPath string
  certificateChainPath string
  userAnnotations {string}
PersistentVolumeClaimSpec
  accessModes [string:ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod]
  selector LabelSelector
  resources VolumeResourceRequirements
  volumeName string
  storageClassName string
  volumeMode string:Block|Filesystem
  dataSource TypedLocalObjectReference
  dataSourceRef TypedObjectReference
  volumeAttributesClassName string
VolumeResourceRequirements
  limits {quantity}
  requests {quantity}
TypedLocalObjectReference atomic
  apiGroup string
  kind! string
  name! string
TypedObjectReference
  apiGroup string
  kind! string
  name! string
  namespace string
`;
