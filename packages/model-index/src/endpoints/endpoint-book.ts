import type { ServiceReference } from '../claims/announcement.ts';
import { nearest } from './zone-hints.ts';

/** Where one pod of an app listens. */
export interface ResolvedEndpoint {
  readonly address: string;
  readonly port: number;
  /** False for one that is serving while it terminates: given only where nothing is ready. */
  readonly ready: boolean;
  /** null where the cluster does not say. */
  readonly zone: string | null;
}

export interface EndpointsAnswer {
  /** Sorted by address, then port; of one address family, so that no pod of a cluster with two stands there twice. */
  readonly endpoints: readonly ResolvedEndpoint[];
  /** What the port of the Service speaks, where it says so; with the Service's name, which certificates of its endpoints are for. */
  readonly appProtocol?: string;
  readonly service?: string;
  /** Why there are none, or which part is ambiguous. */
  readonly problem?: {
    readonly code: 'ServiceMissing' | 'ServicePortMissing' | 'AmbiguousPort' | 'AddressRefused';
    readonly message: string;
  };
}

/** Whether an endpoint is used although its address is refused; for development. */
export type AllowEndpoint = (address: string, port: number) => boolean;

export interface ServicePortLike {
  readonly name?: string | null | undefined;
  readonly port?: number | null | undefined;
  readonly protocol?: string | null | undefined;
  readonly appProtocol?: string | null | undefined;
}

/** What is known of a Service. */
interface KnownService {
  readonly ports: readonly ServicePortLike[];
  /** The family that it prefers, as its first ClusterIP has it. */
  readonly family: IpFamily;
}

export type IpFamily = 'IPv4' | 'IPv6';

/** One endpoint of a slice, with what decides whether it is used. */
export interface Candidate {
  readonly address: string;
  /** Why the address may not be called. */
  readonly refused?: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly zone: string | null;
  /** Zones that the control plane wants to be served by it (topology aware routing). */
  readonly forZones: readonly string[];
}

/** What one EndpointSlice (or one subset of Endpoints) says. */
export interface SliceContent {
  readonly service: string;
  readonly parts: readonly { readonly ports: readonly ServicePortLike[]; readonly candidates: readonly Candidate[] }[];
}

interface NamespaceBook {
  readonly services: Map<string, KnownService>;
  /** Slice name to content. */
  readonly slices: Map<string, SliceContent>;
  /** Service to the names of its slices. */
  readonly byService: Map<string, Set<string>>;
  /** Answers by service and port, until something about the service changes. */
  readonly answers: Map<string, Map<string, EndpointsAnswer>>;
}

/** The Services and their endpoints, joined when asked. An answer is kept until its Service or one of its slices changes. */
export class EndpointBook {
  readonly #namespaces = new Map<string, NamespaceBook>();
  readonly #zone: string | undefined;
  readonly #allow: AllowEndpoint;
  #refusals = 0;

  constructor(zone?: string, allow: AllowEndpoint = () => false) {
    this.#zone = zone === '' ? undefined : zone;
    this.#allow = allow;
  }

  /** Endpoints that were left out because of their address or port, counted each time the endpoints of a Service are joined. */
  get refusals(): number {
    return this.#refusals;
  }

  /** `family`: which addresses are taken of pods that have one of each. */
  setService(namespace: string, name: string, ports: readonly ServicePortLike[], family: IpFamily = 'IPv4'): void {
    const book = this.#book(namespace);
    book.services.set(name, { ports, family });
    book.answers.delete(name);
  }

  removeService(namespace: string, name: string): void {
    const book = this.#namespaces.get(namespace);
    book?.services.delete(name);
    book?.answers.delete(name);
    this.#drop(namespace);
  }

  /** Gives the services whose answer may have changed. */
  setSlice(namespace: string, name: string, content: SliceContent): readonly string[] {
    const touched = this.removeSlice(namespace, name);
    const book = this.#book(namespace);
    book.slices.set(name, content);
    const names = book.byService.get(content.service);
    if (names === undefined) book.byService.set(content.service, new Set([name]));
    else names.add(name);
    book.answers.delete(content.service);
    return touched.includes(content.service) ? touched : [...touched, content.service];
  }

  removeSlice(namespace: string, name: string): readonly string[] {
    const book = this.#namespaces.get(namespace);
    const old = book?.slices.get(name);
    if (book === undefined || old === undefined) return [];
    book.slices.delete(name);
    const names = book.byService.get(old.service);
    names?.delete(name);
    if (names?.size === 0) book.byService.delete(old.service);
    book.answers.delete(old.service);
    this.#drop(namespace);
    return [old.service];
  }

  resolve(namespace: string, reference: ServiceReference): EndpointsAnswer {
    const book = this.#namespaces.get(namespace);
    if (book === undefined) return missing(namespace, reference);
    const key = reference.port ?? '';
    const kept = book.answers.get(reference.name);
    const known = kept?.get(key);
    if (known !== undefined) return known;
    const answer = this.#join(book, namespace, reference);
    // Answers about Services that do not exist are not kept: nothing would ever drop them.
    if (book.services.has(reference.name)) {
      if (kept === undefined) book.answers.set(reference.name, new Map([[key, answer]]));
      else kept.set(key, answer);
    }
    return answer;
  }

  #join(book: NamespaceBook, namespace: string, reference: ServiceReference): EndpointsAnswer {
    const service = book.services.get(reference.name);
    if (service === undefined) return missing(namespace, reference);
    const chosen = choosePort(service.ports, namespace, reference);
    if ('code' in chosen) return { endpoints: [], problem: chosen };
    const joined = new Map<string, Candidate & { readonly port: number }>();
    const refused = new Set<string>();
    for (const name of [...(book.byService.get(reference.name) ?? [])].sort()) {
      for (const { ports: slicePorts, candidates } of book.slices.get(name)?.parts ?? []) {
        const port = slicePorts.find((candidate) => (candidate.name ?? '') === (chosen.name ?? ''))?.port;
        if (port === undefined || port === null) continue;
        for (const candidate of candidates) {
          const why = isPort(port) ? candidate.refused : `${port} is no port`;
          if (why !== undefined && !(isPort(port) && this.#allow(candidate.address, port))) {
            refused.add(why);
            continue;
          }
          const place = `${candidate.address} ${port}`;
          const other = joined.get(place);
          // One address in two slices (it moves between them): it is what the better of them says.
          if (other === undefined || (candidate.ready && !other.ready) || (candidate.serving && !other.serving && !other.ready))
            joined.set(place, { ...candidate, port });
        }
      }
    }
    const all = [...joined.values()];
    const ready = all.filter((candidate) => candidate.ready);
    const usable = ready.length > 0 ? ready : all.filter((candidate) => candidate.serving && candidate.terminating);
    const endpoints = nearest(ofOneFamily(usable, service.family), this.#zone).map(({ address, port, ready: isReady, zone }) => ({
      address,
      port,
      ready: isReady,
      zone,
    }));
    endpoints.sort((a, b) => (a.address === b.address ? a.port - b.port : a.address < b.address ? -1 : 1));
    const answer: EndpointsAnswer = chosen.appProtocol
      ? { endpoints, appProtocol: chosen.appProtocol, service: reference.name }
      : { endpoints };
    if (refused.size === 0) return answer;
    this.#refusals += refused.size;
    return { ...answer, problem: { code: 'AddressRefused', message: tellRefused(namespace, reference.name, [...refused]) } };
  }

  #book(namespace: string): NamespaceBook {
    let book = this.#namespaces.get(namespace);
    if (book === undefined) {
      book = { services: new Map(), slices: new Map(), byService: new Map(), answers: new Map() };
      this.#namespaces.set(namespace, book);
    }
    return book;
  }

  #drop(namespace: string): void {
    const book = this.#namespaces.get(namespace);
    if (book?.services.size === 0 && book.slices.size === 0) this.#namespaces.delete(namespace);
  }
}

/**
 * Each pod of a Service with two families stands in a slice of each. Those of the Service's own family, or all of the other where none of it may be
 * used: a pod that is ready in one of them is called there.
 */
function ofOneFamily<E extends { readonly address: string }>(endpoints: readonly E[], family: IpFamily): readonly E[] {
  const own = endpoints.filter(({ address }) => address.includes(':') === (family === 'IPv6'));
  return own.length > 0 ? own : endpoints;
}

const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port < 65_536;

/** Reasons that are told in one message; of the others only how many they are. */
const TOLD = 3;

function tellRefused(namespace: string, service: string, reasons: string[]): string {
  const told = reasons.sort().slice(0, TOLD).join('; ');
  const more = reasons.length > TOLD ? `; and ${reasons.length - TOLD} more` : '';
  return `endpoints of the Service ${namespace}/${service} are never called, because their addresses cannot be those of its Pods: ${told}${more}`;
}

function missing(namespace: string, reference: ServiceReference): EndpointsAnswer {
  const named = reference.explicit ? ', which the annotation iidp.com/service names,' : '';
  return {
    endpoints: [],
    problem: { code: 'ServiceMissing', message: `the Service ${namespace}/${reference.name}${named} does not exist` },
  };
}

function choosePort(
  all: readonly ServicePortLike[],
  namespace: string,
  reference: ServiceReference,
): ServicePortLike | { readonly code: 'ServicePortMissing' | 'AmbiguousPort'; readonly message: string } {
  const ports = all.filter((port) => (port.protocol ?? 'TCP') === 'TCP');
  const service = `the Service ${namespace}/${reference.name}`;
  const shown = ports.map((port) => (port.name ? `${port.name} (${port.port})` : String(port.port))).join(', ');
  if (reference.port !== undefined) {
    const named = ports.find((port) => port.name === reference.port) ?? ports.find((port) => String(port.port) === reference.port);
    return (
      named ?? {
        code: 'ServicePortMissing',
        message: `${service} has no TCP port ${reference.port}; it has ${shown === '' ? 'none' : shown}`,
      }
    );
  }
  const http = ports.find((port) => port.name === 'http');
  if (http !== undefined) return http;
  if (ports.length === 1) return ports[0] as ServicePortLike;
  if (ports.length === 0) return { code: 'ServicePortMissing', message: `${service} has no TCP port` };
  return {
    code: 'AmbiguousPort',
    message: `${service} has several ports (${shown}) and none is named http; name one in the annotation iidp.com/service: ${reference.name}:PORT`,
  };
}
