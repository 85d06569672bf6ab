import { parseArgs } from 'node:util';
import { isBearerToken } from './auth/users.ts';
import { isRelease, type KubernetesRelease } from './release.ts';

export const help = `kubecast-apiserver: an embedded Kubernetes API server for development and tests

  kubecast-apiserver [--port N] [--host ADDRESS] [--write-kubeconfig FILE] [--data FOLDER]

  --port N                 port to listen on; 0, the default, takes a free one
  --host ADDRESS           address to listen on; 127.0.0.1 by default
  --write-kubeconfig FILE  writes a kubeconfig of the administrator there, for kubectl and clients
  --data FOLDER            keeps objects, CA and token there over restarts; in memory only without it
  --token TOKEN            the administrator's bearer token; made at random without it
  --kubernetes RELEASE     behaves as 1.36 (the default), 1.24 or 1.19, as far as clients fall back on it
  --authorization MODE     RBAC (the default) or AlwaysAllow: everybody who is known may do everything
  --exit-with-stdin        ends when stdin closes, so that no server outlives the process that started it
  --help                   prints this

Each flag can be given by the environment as well: KUBECAST_APISERVER_PORT, ..._HOST, ..._WRITE_KUBECONFIG, ..._DATA, ..._TOKEN,
..._KUBERNETES, ..._AUTHORIZATION.
When it is ready it prints one line: kubecast-apiserver ready at https://HOST:PORT
`;

export interface Flags {
  readonly port: number;
  readonly host: string;
  readonly writeKubeconfig: string | undefined;
  readonly data: string | undefined;
  readonly token: string | undefined;
  readonly kubernetes: KubernetesRelease;
  readonly authorization: 'RBAC' | 'AlwaysAllow';
  readonly exitWithStdin: boolean;
  readonly help: boolean;
}

/** A mistake in the command line; the message is printed. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
  readonly code = 'ERR_APISERVER_USAGE';
}

/** @throws UsageError */
export function parseFlags(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): Flags {
  const values = parse(args);
  const twice = args
    .map((arg) => arg.split('=', 1)[0] as string)
    .find((name, at, names) => valueFlag.test(name) && names.indexOf(name) !== at);
  if (twice !== undefined) throw new UsageError(`${twice} is given twice; give it once`);
  const text = (flag: 'port' | 'host' | 'write-kubeconfig' | 'data' | 'token' | 'kubernetes' | 'authorization'): string | undefined => {
    const value = values[flag] ?? environment[`KUBECAST_APISERVER_${flag.toUpperCase().replaceAll('-', '_')}`];
    return value === '' ? undefined : value;
  };
  const port = text('port') ?? '0';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new UsageError(`--port ${port}: not a port; give a number from 0 to 65535`);
  const kubernetes = text('kubernetes') ?? '1.36';
  if (!isRelease(kubernetes)) throw new UsageError(`--kubernetes ${kubernetes}: not a release that is known here; give 1.36, 1.24 or 1.19`);
  const token = text('token');
  if (token !== undefined && !isBearerToken(token))
    throw new UsageError(
      '--token: it holds spaces, line ends or other characters that no header carries; give letters, digits and punctuation of ASCII',
    );
  const authorization = text('authorization') ?? 'RBAC';
  if (authorization !== 'RBAC' && authorization !== 'AlwaysAllow')
    throw new UsageError(`--authorization ${authorization}: not a mode that is known here; give RBAC or AlwaysAllow`);
  return {
    kubernetes,
    authorization,
    port: Number(port),
    host: text('host') ?? '127.0.0.1',
    writeKubeconfig: text('write-kubeconfig'),
    data: text('data'),
    token,
    exitWithStdin: values['exit-with-stdin'] === true,
    help: values.help === true,
  };
}

const valueFlag = /^--(?:port|host|write-kubeconfig|data|token|kubernetes|authorization)$/;

function parse(args: readonly string[]): {
  port?: string;
  host?: string;
  'write-kubeconfig'?: string;
  data?: string;
  token?: string;
  kubernetes?: string;
  authorization?: string;
  'exit-with-stdin'?: boolean;
  help?: boolean;
} {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        'write-kubeconfig': { type: 'string' },
        data: { type: 'string' },
        token: { type: 'string' },
        kubernetes: { type: 'string' },
        authorization: { type: 'string' },
        'exit-with-stdin': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    // Node, Bun and Deno have different texts for this error; only the name of the flag is used.
    const valued = args.find((arg) => /^(?:--(?:exit-with-stdin|help)|-h)=/.test(arg));
    if (valued !== undefined) throw new UsageError(`${valued.split('=')[0]} takes no value`);
    const flag = args.find(
      (arg) =>
        arg.startsWith('-') &&
        !/^--(?:port|host|write-kubeconfig|data|token|kubernetes|authorization)(?:=|$)|^--(?:exit-with-stdin|help)$|^-h$/.test(arg),
    );
    throw new UsageError(flag === undefined ? (error as Error).message : `unknown flag ${flag.split('=')[0]}; --help lists them`);
  }
}
