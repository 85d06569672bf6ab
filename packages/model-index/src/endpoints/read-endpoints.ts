import { checkAddress, type AddressType } from './address-rules.ts';
import type { Candidate, IpFamily, ServicePortLike, SliceContent } from './endpoint-book.ts';

// What is read of Services, EndpointSlices (discovery.k8s.io v1 and v1beta1) and core Endpoints. Lists may be null on the wire.

type List<T> = readonly T[] | null | undefined;

export interface ServiceLike {
  readonly spec?: { readonly ports?: List<ServicePortLike>; readonly ipFamilies?: List<string> } | null | undefined;
}

export interface EndpointLike {
  readonly addresses?: List<string>;
  readonly conditions?:
    | {
        readonly ready?: boolean | null | undefined;
        readonly serving?: boolean | null | undefined;
        readonly terminating?: boolean | null | undefined;
      }
    | null
    | undefined;
  readonly zone?: string | null | undefined;
  readonly topology?: Readonly<Record<string, string>> | null | undefined;
  readonly hints?: { readonly forZones?: List<{ readonly name: string }> } | null | undefined;
}

export interface EndpointSliceLike {
  readonly addressType?: AddressType;
  readonly endpoints?: List<EndpointLike>;
  readonly ports?: List<ServicePortLike>;
}

export interface EndpointsLike {
  readonly subsets?: List<{
    readonly addresses?: List<{ readonly ip: string }>;
    readonly notReadyAddresses?: List<{ readonly ip: string }>;
    readonly ports?: List<ServicePortLike>;
  }>;
}

/** The label by which a slice names its Service. */
export const serviceNameLabel = 'kubernetes.io/service-name';

export function readServicePorts(service: ServiceLike): readonly ServicePortLike[] {
  return (service.spec?.ports ?? []).map(({ name, port, protocol, appProtocol }) => ({ name, port, protocol, appProtocol }));
}

/** The family that the Service prefers: of several its first, as its ClusterIP. */
export function readServiceFamily(service: ServiceLike): IpFamily {
  return service.spec?.ipFamilies?.[0] === 'IPv6' ? 'IPv6' : 'IPv4';
}

/** Undefined if the slice belongs to no Service. */
export function readSlice(labels: Readonly<Record<string, string>>, slice: EndpointSliceLike): SliceContent | undefined {
  const service = labels[serviceNameLabel];
  if (service === undefined || service === '') return undefined;
  return {
    service,
    parts: [
      {
        ports: (slice.ports ?? []).map(({ name, port, protocol }) => ({ name, port, protocol })),
        candidates: (slice.endpoints ?? []).flatMap((endpoint) => readEndpoint(endpoint, slice.addressType)),
      },
    ],
  };
}

/** Addresses of one endpoint are interchangeable (discovery.k8s.io/v1): the first is used. */
function readEndpoint(endpoint: EndpointLike, type: AddressType): Candidate[] {
  const text = endpoint.addresses?.[0];
  if (text === undefined) return [];
  const ready = endpoint.conditions?.ready ?? true;
  return [
    {
      ...read(text, type),
      ready,
      serving: endpoint.conditions?.serving ?? ready,
      terminating: endpoint.conditions?.terminating ?? false,
      zone: endpoint.zone ?? endpoint.topology?.['topology.kubernetes.io/zone'] ?? null,
      forZones: (endpoint.hints?.forZones ?? []).map((zone) => zone.name),
    },
  ];
}

/** The address in its canonical form; one that is refused as it stands, with the reason. */
function read(text: string, type: AddressType): Pick<Candidate, 'address' | 'refused'> {
  const checked = checkAddress(text, type);
  return 'address' in checked ? checked : { address: text, refused: checked.refused };
}

/** Core Endpoints: one object per Service, of its name; they say neither zones nor termination. */
export function readEndpoints(name: string, endpoints: EndpointsLike): SliceContent {
  const candidate =
    (ready: boolean) =>
    ({ ip }: { readonly ip: string }): Candidate => ({
      ...read(ip, undefined),
      ready,
      serving: ready,
      terminating: false,
      zone: null,
      forZones: [],
    });
  return {
    service: name,
    parts: (endpoints.subsets ?? []).map((subset) => ({
      ports: (subset.ports ?? []).map(({ name: portName, port, protocol }) => ({ name: portName, port, protocol })),
      candidates: [...(subset.addresses ?? []).map(candidate(true)), ...(subset.notReadyAddresses ?? []).map(candidate(false))],
    })),
  };
}
