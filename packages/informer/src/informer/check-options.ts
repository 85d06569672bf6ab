import type { ResourceType } from '@kubecast/crd';
import { defaultLimits } from '../contract/limits.ts';
import type { ClusterOptions, InformerOptions } from '../contract/informer-options.ts';
import {
  checkBoolean,
  checkCluster,
  checkCount,
  checkFields,
  checkFunction,
  checkMs,
  checkText,
  isDnsLabel,
  isDnsSubdomain,
  isObject,
  wrongOption,
} from '../contract/option-checks.ts';
import { InformerOptionsError } from '../errors.ts';
import { checkNamespaces } from '../scopes/check-namespaces.ts';
import { checkFieldSelector, checkLabelSelector } from './check-selectors.ts';

type Names<O> = readonly (keyof O & string)[];
type Fields = Readonly<Record<string, unknown>>;

const CLUSTER: Names<ClusterOptions> = ['cluster', 'client', 'source', 'namespaces', 'capabilities', 'server'];
const INFORMER: Names<InformerOptions<unknown>> = [
  'type',
  'client',
  'source',
  'namespaces',
  'capabilities',
  'server',
  'cluster',
  'clusters',
  'metadataOnly',
  'labelSelector',
  'fieldSelector',
  'indexes',
  'drop',
  'transform',
  'store',
  'resyncMs',
  'clock',
  'limits',
  'onReport',
];
/** Limits for which 0 has a meaning: never, at once, or before each step. */
const MAY_BE_ZERO: ReadonlySet<string> = new Set(['startJitterMs', 'sliceMs', 'relistMs', 'formLagMs']);

/** @throws InformerOptionsError that names the option, its value and the way out */
export function checkInformerOptions(of: string, value: unknown): void {
  if (isObject(value) && 'writer' in value)
    throw new InformerOptionsError(
      `${of}: an informer makes its store itself, in which older versions never replace newer ones; give \`store: { shared, hotBytes }\` instead of \`writer\``,
    );
  const options = checkFields(of, value, INFORMER);
  checkType('type', options['type']);
  checkCluster('cluster', options['cluster'] ?? '');
  const scope = (options['type'] as ResourceType).scope;
  const clusters = options['clusters'] ?? [];
  if (!Array.isArray(clusters)) throw wrongOption('clusters', clusters, 'give a list of { cluster, client, namespaces }');
  const alone = options['clusters'] === undefined;
  if (alone || options['client'] !== undefined || options['source'] !== undefined) checkPlace('', options, scope);
  else
    for (const name of ['namespaces', 'capabilities', 'server', 'cluster'])
      if (options[name] !== undefined)
        throw new InformerOptionsError(`${name}: without a client or a source beside it, give it in one of \`clusters\``);
  clusters.forEach((cluster: unknown, at) => checkClusterOptions(`clusters[${at}]`, cluster, scope));
  checkBoolean('metadataOnly', options['metadataOnly']);
  checkLabelSelector('labelSelector', options['labelSelector']);
  checkFieldSelector('fieldSelector', options['fieldSelector']);
  checkMs('resyncMs', options['resyncMs'], 0);
  checkFunction('transform', options['transform']);
  checkFunction('onReport', options['onReport']);
  checkIndexes(options['indexes']);
  checkDrop(options['drop']);
  checkStore(options['store']);
  checkClock(options['clock']);
  checkLimits(options['limits']);
}

/** @throws InformerOptionsError */
export function checkClusterOptions(of: string, value: unknown, scope: ResourceType['scope']): asserts value is ClusterOptions {
  const options = checkFields(of, value, CLUSTER);
  checkCluster(`${of}.cluster`, options['cluster']);
  checkPlace(`${of}.`, options, scope);
}

/** @throws InformerOptionsError */
export function checkType(option: string, value: unknown): asserts value is ResourceType {
  if (!isObject(value)) throw wrongOption(option, value, 'give a definition, or { group, version, kind, plural, scope }');
  const { group, version, kind, plural, scope } = value;
  if (group !== '' && !isDnsSubdomain(group)) throw wrongOption(`${option}.group`, group, "give the API group, '' for the core group");
  if (!isDnsLabel(version)) throw wrongOption(`${option}.version`, version, 'give the version of the API, like "v1"');
  if (typeof kind !== 'string' || !/^[A-Za-z]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$/u.test(kind))
    throw wrongOption(`${option}.kind`, kind, 'give the kind, like "Pod"');
  if (!isDnsLabel(plural))
    throw wrongOption(`${option}.plural`, plural, 'give the plural of the resource as it stands in paths, like "pods"');
  if (scope !== 'Namespaced' && scope !== 'Cluster') throw wrongOption(`${option}.scope`, scope, 'give "Namespaced" or "Cluster"');
}

/** Where the objects of one cluster come from. */
function checkPlace(prefix: string, options: Fields, scope: ResourceType['scope']): void {
  const { client, source, namespaces, capabilities, server } = options;
  if (source !== undefined && client !== undefined) throw new InformerOptionsError(`${prefix}source: give a client or a source, not both`);
  if (source === undefined && client === undefined)
    throw new InformerOptionsError(`${prefix}client: give a client of @kubecast/client, or a \`source\``);
  if (client !== undefined && (!isObject(client) || typeof client['resource'] !== 'function'))
    throw wrongOption(`${prefix}client`, client, 'give a client of @kubecast/client');
  if (source !== undefined && typeof source !== 'function') checkSource(`${prefix}source`, source);
  if (namespaces !== undefined) {
    const wanted = checkNamespaces(`${prefix}namespaces`, namespaces);
    if (scope === 'Cluster' && !(wanted.size === 1 && wanted.has('')))
      throw new InformerOptionsError(`${prefix}namespaces: a cluster-scoped kind has none; leave the option out`);
  }
  if (capabilities !== undefined && (!isObject(capabilities) || typeof capabilities['refusedStreamedList'] !== 'function'))
    throw wrongOption(`${prefix}capabilities`, capabilities, 'give a ServerCapabilities');
  if (server === undefined) return;
  const { url, ca, uid } = checkFields(`${prefix}server`, server, ['url', 'ca', 'uid']);
  if (typeof url !== 'string' || !URL.canParse(url)) throw wrongOption(`${prefix}server.url`, url, 'give the URL of the server');
  checkText(`${prefix}server.ca`, ca);
  checkFunction(`${prefix}server.uid`, uid);
}

/** @throws InformerOptionsError where it is no ResourceSource */
export function checkSource(option: string, source: unknown): void {
  if (!isObject(source) || typeof source['listPages'] !== 'function' || typeof source['watchFrames'] !== 'function')
    throw wrongOption(option, source, 'give { listPages, watchFrames }, or a function of the namespace that gives it');
}

function checkIndexes(indexes: unknown): void {
  if (indexes === undefined) return;
  if (!isObject(indexes)) throw wrongOption('indexes', indexes, 'give { name: extractor }');
  for (const [name, extract] of Object.entries(indexes)) checkIndex(name, extract);
}

/** @throws InformerOptionsError */
export function checkIndex(name: unknown, extract: unknown): void {
  if (typeof name !== 'string' || name === '') throw wrongOption('index', name, 'give a name that is not empty');
  if (typeof extract !== 'function') throw wrongOption(`indexes.${name}`, extract, 'give a function from an entry to a list of texts');
}

function checkDrop(drop: unknown): void {
  if (drop === undefined) return;
  const isPath = (path: unknown): boolean =>
    Array.isArray(path) && path.length > 0 && path.every((part) => typeof part === 'string' && part !== '');
  if (!Array.isArray(drop) || !drop.every(isPath))
    throw wrongOption('drop', drop, "give a list of paths, each a list of field names: [['metadata', 'managedFields']]");
}

function checkStore(store: unknown): void {
  if (store === undefined) return;
  const { hotBytes, hotReads, hotWindow, shared } = checkFields('store', store, ['hotBytes', 'hotReads', 'hotWindow', 'shared']);
  checkCount('store.hotBytes', hotBytes, 0, Number.MAX_SAFE_INTEGER);
  checkCount('store.hotReads', hotReads, 1, 15);
  checkCount('store.hotWindow', hotWindow, 1024);
  if (shared === undefined || shared === true) return;
  const { recordBytes, indexBytes, leaseMs, clock } = checkFields('store.shared', shared, [
    'recordBytes',
    'indexBytes',
    'leaseMs',
    'clock',
  ]);
  checkCount('store.shared.recordBytes', recordBytes, 1, Number.MAX_SAFE_INTEGER);
  checkCount('store.shared.indexBytes', indexBytes, 1, Number.MAX_SAFE_INTEGER);
  checkMs('store.shared.leaseMs', leaseMs, 1);
  checkClock(clock, 'store.shared.clock');
}

/** @throws InformerOptionsError */
export function checkClock(clock: unknown, option = 'clock'): void {
  if (clock === undefined) return;
  for (const name of ['now', 'wall', 'sleep', 'yield', 'random'])
    if (!isObject(clock) || typeof clock[name] !== 'function')
      throw wrongOption(option, clock, `give a Clock of @kubecast/clock; it has no ${name}()`);
}

/** @throws InformerOptionsError */
export function checkLimits(limits: unknown): void {
  if (limits === undefined) return;
  const given = checkFields('limits', limits, Object.keys(defaultLimits));
  for (const [name, value] of Object.entries(given)) {
    if (name.endsWith('Seconds')) checkCount(`limits.${name}`, value, 1);
    else if (MAY_BE_ZERO.has(name)) checkMs(`limits.${name}`, value, 0);
    else if (value !== undefined && !(Number(value) > 0))
      throw wrongOption(`limits.${name}`, value, 'give a number of milliseconds above 0');
    else checkMs(`limits.${name}`, value, 0);
  }
  const { watchMinSeconds, watchMaxSeconds } = { ...defaultLimits, ...(given as Partial<typeof defaultLimits>) };
  if (watchMinSeconds > watchMaxSeconds)
    throw wrongOption('limits.watchMinSeconds', watchMinSeconds, `give at most watchMaxSeconds, which is ${watchMaxSeconds}`);
}
