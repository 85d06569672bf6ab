import type { ClientOptions } from './client.ts';
import { ConfigError } from './errors.ts';
import { unknownOption } from './unknown-option.ts';

const names: readonly (keyof ClientOptions)[] = [
  'http',
  'clock',
  'userAgent',
  'limits',
  'cluster',
  'budget',
  'onWarning',
  'kinds',
  'transport',
];

/** Throws ConfigError for options of a client that are of a wrong type or name. What they say is checked by whoever takes them. */
export function checkClientOptions(options: ClientOptions): void {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new ConfigError('createClient: the options are no object; createClient(connection, { http: 2 }) is the form of them');
  const unknown = unknownOption(given, names);
  if (unknown !== undefined) throw new ConfigError(`createClient: ${unknown}`);
  const { cluster, budget, limits, onWarning, kinds, transport } = given as Readonly<Record<string, unknown>>;
  if (cluster !== undefined && typeof cluster !== 'string') throw new ConfigError('createClient: cluster is no string');
  if (onWarning !== undefined && typeof onWarning !== 'function') throw new ConfigError('createClient: onWarning is no function');
  for (const [name, value] of Object.entries({ budget, limits, transport }))
    if (value !== undefined && (typeof value !== 'object' || value === null)) throw new ConfigError(`createClient: ${name} is no object`);
  const unknownBudget = unknownOption(budget ?? {}, ['perSecond', 'burst', 'reserved']);
  if (unknownBudget !== undefined) throw new ConfigError(`createClient: in the budget ${unknownBudget}`);
  if (kinds !== undefined && typeof (kinds as { readonly [Symbol.iterator]?: unknown } | null)?.[Symbol.iterator] !== 'function')
    throw new ConfigError('createClient: kinds is no list of types');
}
