import { endpointSliceType, endpointSliceV1beta1Type, endpointsType, type ResourceType } from '@kubecast/crd';
import { Backoff, type Clock } from '@kubecast/clock';
import type { EndpointsSource } from './model-index.ts';
import type { EndpointsLike, EndpointSliceLike } from '../endpoints/read-endpoints.ts';

/** Asks the API server whether it serves a resource. Rejects if it cannot be asked. */
export type Serves = (groupVersion: string, plural: string, signal: AbortSignal) => Promise<boolean>;

export interface EndpointsBuilder {
  slices(type: ResourceType<EndpointSliceLike>): Extract<EndpointsSource, { kind: 'EndpointSlice' }>['informer'];
  endpoints(type: ResourceType<EndpointsLike>): Extract<EndpointsSource, { kind: 'Endpoints' }>['informer'];
}

/**
 * Which kind of endpoints the cluster serves: discovery.k8s.io/v1, else v1beta1, else core Endpoints. While the server cannot be asked it
 * asks again with back-off, and tells why; it never guesses. Rejects only when the signal is aborted.
 */
export async function chooseEndpoints(
  serves: Serves,
  build: EndpointsBuilder,
  clock: Clock,
  signal: AbortSignal,
  onTrouble: (reason: string) => void,
): Promise<EndpointsSource> {
  const backoff = new Backoff(clock);
  for (;;) {
    try {
      for (const type of [endpointSliceType, endpointSliceV1beta1Type] as const) {
        if (await serves(`${type.group}/${type.version}`, type.plural, signal)) {
          return { kind: 'EndpointSlice', informer: build.slices(type as ResourceType<EndpointSliceLike>) };
        }
      }
      return { kind: 'Endpoints', informer: build.endpoints(endpointsType as ResourceType<EndpointsLike>) };
    } catch (error) {
      signal.throwIfAborted();
      onTrouble(
        `the API server could not be asked which kind of endpoints it serves: ${error instanceof Error ? error.message : String(error)}`,
      );
      await clock.sleep(backoff.next(), signal);
    }
  }
}
