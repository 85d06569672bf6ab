import { ConfigError } from '../errors.ts';
import { Fields } from './fields.ts';

/** Where an entry stands: the file, for its relative paths and for errors. */
export interface Entry {
  readonly name: string;
  readonly file: string;
  /** `user "NAME"`. */
  readonly what: string;
  /** `the kubeconfig FILE: user "NAME"`. */
  readonly place: string;
}

export interface ContextEntry extends Entry {
  readonly cluster: string;
  readonly user: string;
  readonly namespace: string;
}

export interface ClusterEntry extends Entry {
  readonly server: string;
  readonly serverName: string;
  readonly insecure: boolean;
  readonly authority: string;
  /** PEM. */
  readonly authorityData: string;
  readonly proxyUrl: string;
  readonly disableCompression: boolean;
  readonly extensions: ReadonlyMap<string, unknown>;
}

export interface UserEntry extends Entry {
  readonly certificate: string;
  /** PEM. */
  readonly certificateData: string;
  readonly key: string;
  /** PEM. */
  readonly keyData: string;
  readonly token: string;
  readonly tokenFile: string;
  readonly username: string;
  readonly password: string;
  readonly as: string;
  readonly asUid: string;
  readonly asGroups: readonly string[];
  readonly asUserExtra: ReadonlyMap<string, readonly string[]>;
  readonly authProvider: { readonly name: string; readonly config: ReadonlyMap<string, string> } | undefined;
  readonly exec: ExecEntry | undefined;
}

/** The `exec` of a user, with its types checked and nothing else. */
export interface ExecEntry {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly installHint: string;
  readonly interactiveMode: string;
  readonly provideClusterInfo: boolean;
}

/** One kubeconfig. */
export interface Kubeconfig {
  readonly currentContext: string;
  readonly contexts: ReadonlyMap<string, ContextEntry>;
  readonly clusters: ReadonlyMap<string, ClusterEntry>;
  readonly users: ReadonlyMap<string, UserEntry>;
}

/**
 * A kubeconfig (v1 Config) of the value of its YAML. Every field that Kubernetes knows is read here, and nowhere else; one of a wrong type is a
 * ConfigError that names the file, the entry and the field, whether the entry is used or not. Fields that are not known are passed over, and names
 * of fields are case-sensitive. An entry may lack its name, and what holds nothing is an empty kubeconfig; one name twice in a list is an error. All of
 * that as client-go reads the file.
 */
export function readKubeconfig(value: unknown, file: string): Kubeconfig {
  const place = `the kubeconfig ${file}`;
  const config = new Fields(value, place);
  const apiVersion = config.text('apiVersion');
  const kind = config.text('kind');
  if ((apiVersion !== '' && apiVersion !== 'v1') || (kind !== '' && kind !== 'Config'))
    throw new ConfigError(`${place} is ${JSON.stringify(`${apiVersion} ${kind}`)}; expected apiVersion v1 and kind Config`);
  const preferences = config.object('preferences');
  preferences?.flag('colors');
  preferences?.extensions();
  config.extensions();
  return {
    currentContext: config.text('current-context'),
    contexts: entries(config, 'contexts', 'context', file, readContext),
    clusters: entries(config, 'clusters', 'cluster', file, readCluster),
    users: entries(config, 'users', 'user', file, readUser),
  };
}

function entries<T>(
  config: Fields,
  list: string,
  member: string,
  file: string,
  read: (fields: Fields, entry: Entry) => T,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  config.list(list, (value, path) => {
    const named = new Fields(value, config.place, path);
    const name = named.text('name');
    if (found.has(name)) throw new ConfigError(`${config.place}: ${list} has the name ${JSON.stringify(name)} twice`);
    const what = `${member} ${JSON.stringify(name)}`;
    const place = `${config.place}: ${what}`;
    found.set(name, read(new Fields(named.raw(member), place), { name, file, what, place }));
  });
  return found;
}

function readContext(fields: Fields, entry: Entry): ContextEntry {
  fields.extensions();
  return { ...entry, cluster: fields.text('cluster'), user: fields.text('user'), namespace: fields.text('namespace') };
}

function readCluster(fields: Fields, entry: Entry): ClusterEntry {
  return {
    ...entry,
    server: fields.text('server'),
    serverName: fields.text('tls-server-name'),
    insecure: fields.flag('insecure-skip-tls-verify'),
    authority: fields.text('certificate-authority'),
    authorityData: fields.data('certificate-authority-data'),
    proxyUrl: fields.text('proxy-url'),
    disableCompression: fields.flag('disable-compression'),
    extensions: fields.extensions(),
  };
}

function readUser(fields: Fields, entry: Entry): UserEntry {
  fields.extensions();
  const provider = fields.object('auth-provider');
  const exec = fields.object('exec');
  return {
    ...entry,
    certificate: fields.text('client-certificate'),
    certificateData: fields.data('client-certificate-data'),
    key: fields.text('client-key'),
    keyData: fields.data('client-key-data'),
    token: fields.text('token'),
    tokenFile: fields.text('tokenFile'),
    username: fields.text('username'),
    password: fields.text('password'),
    as: fields.text('as'),
    asUid: fields.text('as-uid'),
    asGroups: fields.texts('as-groups'),
    asUserExtra: fields.textsMap('as-user-extra'),
    authProvider: provider === undefined ? undefined : { name: provider.text('name'), config: provider.textMap('config') },
    exec: exec === undefined ? undefined : readExec(exec),
  };
}

function readExec(fields: Fields): ExecEntry {
  return {
    apiVersion: fields.text('apiVersion'),
    command: fields.text('command'),
    args: fields.texts('args'),
    env: fields.list('env', (value, path) => {
      const variable = new Fields(value, fields.place, path);
      return { name: variable.text('name'), value: variable.text('value') };
    }),
    installHint: fields.text('installHint'),
    interactiveMode: fields.text('interactiveMode'),
    provideClusterInfo: fields.flag('provideClusterInfo'),
  };
}
