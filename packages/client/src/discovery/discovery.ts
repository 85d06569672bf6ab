import { orAborted } from '../sockets/abort.ts';
import type { ApiCaller } from '../calls/api-call.ts';
import { groupVersionPath, shown } from '../calls/api-path.ts';
import { isSignal } from '../calls/check-request.ts';
import {
  type DiscoveredGroup,
  type DiscoveredResource,
  type DiscoveredVersion,
  isAggregated,
  readAggregated,
  readGroupList,
  readResourceList,
} from './discovered.ts';
import { DiscoveryError, RequestError } from '../errors.ts';
import { isNotFound, isStatusError } from '../calls/status-error.ts';

const accept = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',');

export interface DiscoveryCounters {
  /** Times that the server was asked for everything. */
  readonly refreshes: number;
  /** Questions that the cache answered. */
  readonly hits: number;
  /** Questions whose answer was not in the cache, so that it was read anew. */
  readonly misses: number;
}

/** What a name that a person typed may mean. */
export interface Names {
  readonly group?: string;
  readonly version?: string;
}

/**
 * What the server serves: asked for at the first question, by two requests where the server knows aggregated discovery (1.26+), else
 * group by group; then kept. A kind or resource that is not in the cache is asked for at its group version, now, so that a CRD made a moment ago is
 * found; a name that is not in the cache reads everything anew, at most once a second, and waits for that second.
 */
export class Discovery {
  readonly #caller: ApiCaller;
  #groups: ReadonlyMap<string, DiscoveredGroup> | undefined;
  #loading: Promise<ReadonlyMap<string, DiscoveredGroup>> | undefined;
  #loadedAt = Number.NEGATIVE_INFINITY;
  readonly #counters = { refreshes: 0, hits: 0, misses: 0 };

  constructor(caller: ApiCaller) {
    this.#caller = caller;
  }

  get counters(): DiscoveryCounters {
    return { ...this.#counters };
  }

  /** Every group, the core one (`''`) first. */
  async groups(signal?: AbortSignal): Promise<readonly DiscoveredGroup[]> {
    return [...(await this.#load(signal)).values()];
  }

  /** Forgets what was read; the next question asks the server. */
  invalidate(): void {
    this.#groups = undefined;
  }

  /** The resource of a kind: `{apiVersion, kind}`. Throws DiscoveryError where the server serves none. */
  async byKind(apiVersion: string, kind: string, signal?: AbortSignal): Promise<DiscoveredResource> {
    const [group, version] = splitApiVersion(apiVersion);
    return this.#findIn(`kind ${kind} in ${apiVersion}`, group, version, (resource) => resource.kind === kind, signal);
  }

  /** The resource of a plural name in a group and version. Throws DiscoveryError where the server serves none. */
  async byResource(group: string, version: string, plural: string, signal?: AbortSignal): Promise<DiscoveredResource> {
    const what = `resource ${plural} in ${group === '' ? version : `${group}/${version}`}`;
    return this.#findIn(what, group, version, (resource) => resource.plural === plural, signal);
  }

  /**
   * The resource that a name means, as kubectl takes it: plural, singular, kind or short name in any case, `appmodels.iidp.com`,
   * `appmodels.v1.iidp.com`. Full names win over short ones, the core group over others, the preferred version over the rest.
   */
  async byName(name: string, names: Names = {}, signal?: AbortSignal): Promise<DiscoveredResource> {
    if (typeof name !== 'string') throw new RequestError(`byName: the name is ${shown(name)}; expected a string`);
    const readings = readingsOf(name.toLowerCase(), names);
    return this.#find(`resource named ${JSON.stringify(name)}`, signal, (groups) => {
      for (const matches of [fullName, shortName]) {
        for (const reading of readings) {
          for (const group of groups.values()) {
            if (reading.group !== undefined && group.name !== reading.group) continue;
            for (const version of preferredFirst(group)) {
              if (reading.version !== undefined && version.version !== reading.version) continue;
              const found = version.resources.find((resource) => matches(resource, reading.name));
              if (found !== undefined) return found;
            }
          }
        }
      }
      return undefined;
    });
  }

  /** Whether a resource is served, asked of that one group version, now: what to know before choosing EndpointSlice v1 or v1beta1. */
  async serves(groupVersion: string, plural: string, signal?: AbortSignal, deadlineMs?: number): Promise<boolean> {
    const [group, version] = splitApiVersion(groupVersion);
    return (await this.#resourcesOf(group, version, signal, deadlineMs)).some((resource) => resource.plural === plural);
  }

  /** What a group version holds, asked of it alone, now; nothing where the server does not serve it. */
  async #resourcesOf(group: string, version: string, signal: AbortSignal | undefined, requestMs?: number): Promise<DiscoveredResource[]> {
    try {
      const { value } = await this.#caller.json({
        method: 'GET',
        path: groupVersionPath({ group, version }),
        gzip: true,
        signal,
        requestMs,
      });
      return readResourceList(value, group, version);
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  }

  /** A resource of one group version: from the cache, else from that group version itself. */
  async #findIn(
    what: string,
    group: string,
    version: string,
    fits: (resource: DiscoveredResource) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<DiscoveredResource> {
    // What cannot stand in a path is refused before anything is asked.
    groupVersionPath({ group, version });
    const cached = this.#groups !== undefined;
    const known = versionOf(await this.#load(signal), group, version)?.resources.find(fits);
    if (known !== undefined) {
      if (cached) this.#counters.hits++;
      return known;
    }
    this.#counters.misses++;
    const resources = await this.#resourcesOf(group, version, signal).catch((cause: unknown) => {
      if (!isStatusError(cause)) throw cause;
      const place = group === '' ? version : `${group}/${version}`;
      throw new DiscoveryError(`the server could not tell whether it serves ${what}: ${place} answered ${cause.message}`, { cause });
    });
    const found = resources.find(fits);
    if (found === undefined) throw this.#unknown(what);
    // The rest of the cache is as old as what it lacks.
    this.invalidate();
    return found;
  }

  async #find(
    what: string,
    signal: AbortSignal | undefined,
    pick: (groups: ReadonlyMap<string, DiscoveredGroup>) => DiscoveredResource | undefined,
  ): Promise<DiscoveredResource> {
    const cached = this.#groups !== undefined;
    const found = pick(await this.#load(signal));
    if (found !== undefined) {
      if (cached) this.#counters.hits++;
      return found;
    }
    this.#counters.misses++;
    if (cached) {
      const { clock } = this.#caller.transport;
      const wait = this.#loadedAt + 1000 - clock.now();
      if (wait > 0) await clock.sleep(wait, signal);
      // Another question may have read it while this one waited.
      if (clock.now() - this.#loadedAt >= 1000) this.invalidate();
      const again = pick(await this.#load(signal));
      if (again !== undefined) return again;
    }
    throw this.#unknown(what);
  }

  #unknown(what: string): DiscoveryError {
    const stale = [...(this.#groups ?? new Map<string, DiscoveredGroup>()).values()].flatMap((group) =>
      group.versions.filter((version) => !version.fresh).map((version) => `${group.name}/${version.version}`),
    );
    return new DiscoveryError(
      `the server serves no ${what}${stale.length === 0 ? '' : `; but it could not tell what these hold: ${stale.join(', ')}`}`,
    );
  }

  #load(signal?: AbortSignal): Promise<ReadonlyMap<string, DiscoveredGroup>> {
    if (signal !== undefined && !isSignal(signal))
      return Promise.reject(new RequestError(`the signal is ${shown(signal)}; expected an AbortSignal`));
    if (this.#groups !== undefined) return Promise.resolve(this.#groups);
    // One load for all who ask meanwhile; the first one's signal must not end it for the others.
    this.#loading ??= this.#read()
      .then((groups) => {
        this.#groups = groups;
        this.#loadedAt = this.#caller.transport.clock.now();
        return groups;
      })
      .finally(() => {
        this.#loading = undefined;
      });
    return signal === undefined ? this.#loading : orAborted(this.#loading, signal);
  }

  async #read(): Promise<ReadonlyMap<string, DiscoveredGroup>> {
    this.#counters.refreshes++;
    const [core, named] = await Promise.all([
      this.#caller.json({ method: 'GET', path: '/api', accept, gzip: true }),
      this.#caller.json({ method: 'GET', path: '/apis', accept, gzip: true }),
    ]);
    const groups = new Map<string, DiscoveredGroup>();
    if (isAggregated(core.value)) for (const group of readAggregated(core.value)) groups.set(group.name, group);
    else {
      const versions = (core.value as { versions?: unknown } | undefined)?.versions;
      groups.set('', await this.#plainGroup('', Array.isArray(versions) ? versions.map(String) : ['v1'], ''));
    }
    if (isAggregated(named.value)) for (const group of readAggregated(named.value)) groups.set(group.name, group);
    else
      for (const group of await Promise.all(
        readGroupList(named.value).map((entry) => this.#plainGroup(entry.name, entry.versions, entry.preferred)),
      ))
        groups.set(group.name, group);
    return groups;
  }

  async #plainGroup(name: string, versions: readonly string[], preferred: string): Promise<DiscoveredGroup> {
    return {
      name,
      preferredVersion: preferred || (versions[0] ?? ''),
      versions: await Promise.all(
        versions.map(async (version): Promise<DiscoveredVersion> => {
          try {
            const { value } = await this.#caller.json({ method: 'GET', path: groupVersionPath({ group: name, version }), gzip: true });
            return { version, fresh: true, resources: readResourceList(value, name, version) };
          } catch (error) {
            // A dead aggregated API server (metrics, say) must not hide all the others.
            if (isStatusError(error)) return { version, fresh: false, resources: [] };
            throw error;
          }
        }),
      ),
    };
  }
}

interface Reading {
  readonly name: string;
  readonly group?: string;
  readonly version?: string;
}

// `pods`, `appmodels.iidp.com`, `appmodels.v1.iidp.com`: a dot may begin a group or a version.
function readingsOf(name: string, names: Names): Reading[] {
  const given = {
    ...(names.group === undefined ? {} : { group: names.group }),
    ...(names.version === undefined ? {} : { version: names.version }),
  };
  const [plural = '', ...rest] = name.split('.');
  if (rest.length === 0) return [{ name, ...given }];
  const [version = '', ...group] = rest;
  return [
    { name: plural, version, group: group.join('.'), ...given },
    { name: plural, group: rest.join('.'), ...given },
  ];
}

function fullName(resource: DiscoveredResource, name: string): boolean {
  return resource.plural === name || resource.singular === name || resource.kind.toLowerCase() === name;
}

function shortName(resource: DiscoveredResource, name: string): boolean {
  return resource.shortNames.includes(name);
}

function preferredFirst(group: DiscoveredGroup): DiscoveredVersion[] {
  return [...group.versions].sort((a, b) => Number(b.version === group.preferredVersion) - Number(a.version === group.preferredVersion));
}

function versionOf(groups: ReadonlyMap<string, DiscoveredGroup>, group: string, version: string): DiscoveredVersion | undefined {
  return groups.get(group)?.versions.find((entry) => entry.version === version);
}

/** `['', 'v1']` of `v1`, `['apps', 'v1']` of `apps/v1`. */
export function splitApiVersion(apiVersion: string): [group: string, version: string] {
  if (typeof apiVersion !== 'string') throw new RequestError(`the apiVersion is ${shown(apiVersion)}; expected a string`);
  const at = apiVersion.indexOf('/');
  return at < 0 ? ['', apiVersion] : [apiVersion.slice(0, at), apiVersion.slice(at + 1)];
}
