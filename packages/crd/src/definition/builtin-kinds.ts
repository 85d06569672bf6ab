import type { KubernetesObject, ObjectMeta } from '../schema/object-meta.ts';
import type { ResourceType } from '../schema/resource-type.ts';
import type { Schema } from '../schema/schema.ts';

// The fields of built-in kinds that kubecast reads or writes, as JSON. Servers send more; it is kept, not described here.

export interface Namespace extends KubernetesObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: 'Active' | 'Terminating' };
}

export interface ServicePort {
  name?: string;
  port: number;
  protocol?: string;
  appProtocol?: string;
  targetPort?: number | string;
  nodePort?: number;
}

export interface Service extends KubernetesObject {
  spec?: {
    clusterIP?: string;
    clusterIPs?: string[];
    type?: string;
    selector?: Record<string, string>;
    ports?: ServicePort[];
    publishNotReadyAddresses?: boolean;
  };
  status?: unknown;
}

export interface EndpointConditions {
  /** Absent or null counts as true. */
  ready?: boolean | null;
  serving?: boolean | null;
  terminating?: boolean | null;
}

export interface Endpoint {
  addresses: string[];
  conditions?: EndpointConditions;
  hostname?: string;
  nodeName?: string;
  zone?: string;
  /** discovery.k8s.io/v1beta1 only: carries the zone as topology.kubernetes.io/zone. */
  topology?: Record<string, string>;
  hints?: { forZones?: { name: string }[] };
  targetRef?: ObjectReference;
}

export interface EndpointPort {
  name?: string | null;
  port?: number | null;
  protocol?: string | null;
  appProtocol?: string | null;
}

export interface EndpointSlice extends KubernetesObject {
  addressType: 'IPv4' | 'IPv6' | 'FQDN';
  endpoints?: Endpoint[] | null;
  ports?: EndpointPort[] | null;
}

export interface EndpointAddress {
  ip: string;
  hostname?: string;
  nodeName?: string;
  targetRef?: ObjectReference;
}

export interface Endpoints extends KubernetesObject {
  subsets?:
    | {
        addresses?: EndpointAddress[] | null;
        notReadyAddresses?: EndpointAddress[] | null;
        ports?: { name?: string; port: number; protocol?: string; appProtocol?: string }[] | null;
      }[]
    | null;
}

export interface ObjectReference {
  apiVersion?: string;
  kind?: string;
  name?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  fieldPath?: string;
}

export interface Lease extends KubernetesObject {
  spec?: {
    holderIdentity?: string | null;
    leaseDurationSeconds?: number | null;
    /** RFC 3339 with exactly six digits of fractions. */
    acquireTime?: string | null;
    renewTime?: string | null;
    leaseTransitions?: number | null;
    preferredHolder?: string | null;
    strategy?: string | null;
  };
}

/** events.k8s.io/v1. */
export interface Event extends KubernetesObject {
  eventTime: string | null;
  action?: string;
  reason?: string;
  note?: string;
  type?: string;
  regarding?: ObjectReference;
  related?: ObjectReference;
  reportingController?: string;
  reportingInstance?: string;
  series?: { count: number; lastObservedTime: string };
}

export interface ConfigMap extends KubernetesObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
  immutable?: boolean;
}

export interface Secret extends KubernetesObject {
  type?: string;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  immutable?: boolean;
}

export interface Pod extends KubernetesObject {
  spec?: { nodeName?: string; containers?: { name: string; image?: string; [field: string]: unknown }[]; [field: string]: unknown };
  status?: { phase?: string; podIP?: string; conditions?: Condition[]; [field: string]: unknown };
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
  observedGeneration?: number;
}

export interface CustomResourceDefinitionVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: Schema };
  subresources?: { status?: object; scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string } };
  additionalPrinterColumns?: { name: string; type: string; jsonPath: string; description?: string; format?: string; priority?: number }[];
  selectableFields?: { jsonPath: string }[];
}

export interface CustomResourceDefinition extends KubernetesObject {
  spec: {
    group: string;
    names: { kind: string; plural: string; listKind?: string; singular?: string; shortNames?: string[]; categories?: string[] };
    scope: 'Namespaced' | 'Cluster';
    versions: CustomResourceDefinitionVersion[];
    conversion?: { strategy: string; webhook?: unknown };
    preserveUnknownFields?: boolean;
  };
  status?: {
    conditions?: Condition[] | null;
    acceptedNames?: { plural: string; kind: string; listKind?: string; singular?: string; shortNames?: string[] };
    storedVersions?: string[];
  };
}

type Builtin<T extends { metadata: ObjectMeta }> = ResourceType<T>;

export const namespaceType: Builtin<Namespace> = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', scope: 'Cluster' };
export const serviceType: Builtin<Service> = { group: '', version: 'v1', kind: 'Service', plural: 'services', scope: 'Namespaced' };
export const endpointsType: Builtin<Endpoints> = { group: '', version: 'v1', kind: 'Endpoints', plural: 'endpoints', scope: 'Namespaced' };
export const endpointSliceType: Builtin<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  scope: 'Namespaced',
};
export const endpointSliceV1beta1Type: Builtin<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1beta1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  scope: 'Namespaced',
};
export const leaseType: Builtin<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  scope: 'Namespaced',
};
export const eventType: Builtin<Event> = { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events', scope: 'Namespaced' };
export const configMapType: Builtin<ConfigMap> = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', scope: 'Namespaced' };
export const secretType: Builtin<Secret> = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', scope: 'Namespaced' };
export const podType: Builtin<Pod> = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', scope: 'Namespaced' };
export const customResourceDefinitionType: Builtin<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  scope: 'Cluster',
};
