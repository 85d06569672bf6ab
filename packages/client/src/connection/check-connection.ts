import { ConfigError } from '../errors.ts';
import type { Connection } from './connection.ts';

/** Throws ConfigError for what is no Connection, with the way to one. `createClient` of plain JavaScript is given all of these. */
export function checkConnection(connection: unknown): asserts connection is Connection {
  const way = wayFrom(connection);
  if (way !== undefined) throw new ConfigError(`createClient takes a Connection, and was given ${way}`);
}

function wayFrom(value: unknown): string | undefined {
  const ways = 'make one by connectionFromDefaults, connectionFromKubeconfig, connectionInCluster or connectionFrom';
  if (value === undefined || value === null) return `${String(value)}; ${ways}`;
  if (typeof value === 'string')
    return /^https?:\/\/\S+$/i.test(value)
      ? 'an address; use connectionFrom({ server, ca, token })'
      : /\n|^\s*\{/.test(value)
        ? 'a text; if it is that of a kubeconfig, use await connectionFromKubeconfig({ text })'
        : 'a text; if it is the path of a kubeconfig, use await connectionFromKubeconfig({ path })';
  if (typeof value !== 'object') return `a ${typeof value}; ${ways}`;
  if (typeof (value as { then?: unknown }).then === 'function') return 'a promise; await it first';
  const given = value as Partial<Record<keyof Connection | 'exportConfig' | 'getCurrentCluster' | 'clusters', unknown>>;
  if (typeof given.exportConfig === 'function' || typeof given.getCurrentCluster === 'function')
    return 'a KubeConfig of @kubernetes/client-node; use await connectionFromKubeconfig({ text: kubeConfig.exportConfig() })';
  if (Array.isArray(given.clusters))
    return 'the content of a kubeconfig; use await connectionFromKubeconfig({ text: JSON.stringify(content) })';
  const { credentials } = given;
  if (typeof given.server !== 'string') return `an object without a server; ${ways}`;
  if (typeof credentials !== 'object' || credentials === null || typeof (credentials as { get?: unknown }).get !== 'function')
    return `an object with a server and no source of credentials; make a Connection of it by connectionFrom({ server, ... })`;
  if (typeof given.origin !== 'string' || typeof given.namespace !== 'string')
    return `an object without an origin or a namespace; make a Connection of it by connectionFrom({ server, ... })`;
  return undefined;
}
