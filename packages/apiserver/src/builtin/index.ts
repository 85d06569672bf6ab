import type { ServedResource } from '../served-resource.ts';
import { configMapResource } from './core/config-map.ts';
import { crdResource } from './crd.ts';
import { endpointSliceResource, oldEndpointSliceResource } from './endpoint-slice.ts';
import { endpointsResource } from './core/endpoints.ts';
import { eventResource, eventsEventResource } from './core/event.ts';
import { leaseResource } from './lease.ts';
import { namespaceResource } from './core/namespace.ts';
import { deploymentResource, podResource } from './core/pod.ts';
import { rbacResources, serviceAccountResource } from './rbac.ts';
import { secretResource } from './core/secret.ts';
import { serviceResource } from './core/service.ts';

/** The built-in kinds that the server knows, in the order in which discovery lists them; old clusters serve EndpointSlice in v1beta1 alone. */
export function builtinResources(slices: 'v1' | 'v1beta1' = 'v1'): readonly ServedResource[] {
  return [
    configMapResource,
    endpointsResource,
    eventResource,
    namespaceResource,
    podResource,
    secretResource,
    serviceAccountResource,
    serviceResource,
    eventsEventResource,
    deploymentResource,
    ...rbacResources,
    crdResource,
    leaseResource,
    slices === 'v1' ? endpointSliceResource : oldEndpointSliceResource,
  ];
}
