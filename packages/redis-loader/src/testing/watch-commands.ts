import { Redis } from 'ioredis';
import { monitor, type MonitoredCommand } from './monitor-lines.ts';
import type { CommandLog, SeenCommand } from './test-redis.ts';

/** Commands of the connection itself (HELLO, CLIENT, PING ...) and of MONITOR; they are left out. */
const UPKEEP: ReadonlySet<string> = new Set([
  'hello',
  'client',
  'info',
  'ping',
  'auth',
  'select',
  'command',
  'quit',
  'readonly',
  'monitor',
  'config',
  'script',
  'role',
  'echo',
]);

let markers = 0;

/** Watches a Redis by MONITOR. Names of connections are known from CLIENT LIST, asked at the start and at each reading. */
export async function watchCommands(url: string): Promise<CommandLog> {
  const client = new Redis(url, {
    lazyConnect: true,
    commandTimeout: 5_000,
    connectionName: 'kubecast-watch',
    autoResendUnfulfilledCommands: false,
    retryStrategy: null,
  });
  client.on('error', () => {}); // A command that fails says so itself.
  await client.connect();
  const seen: MonitoredCommand[] = [];
  const arrived = new Map<string, () => void>();
  const watching = await monitor(url, 'kubecast-watch', (command) => {
    const { args } = command;
    const reached = args[0]?.toLowerCase() === 'echo' ? arrived.get(args[1] ?? '') : undefined;
    if (reached === undefined) seen.push(command);
    else reached();
  }).catch((error: unknown) => {
    client.disconnect();
    throw error;
  });
  const names = new Map<string, string>();
  const note = async (): Promise<void> => {
    const list = String(await client.call('CLIENT', 'LIST'));
    for (const line of list.split('\n')) {
      const field = (name: string): string => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1] ?? '';
      if (field('addr') !== '') names.set(field('addr'), field('name'));
    }
  };
  await note();
  return {
    async read(): Promise<readonly SeenCommand[]> {
      // What Redis got before this marker has come by MONITOR once the marker has.
      markers += 1;
      const marker = `kubecast-marker-${markers}-${Math.random()}`;
      const reached = new Promise<void>((resolve) => arrived.set(marker, resolve));
      await client.echo(marker);
      await reached;
      arrived.delete(marker);
      await note();
      return seen
        .filter(
          ({ args, address }) => address !== 'lua' && names.get(address) !== 'kubecast-watch' && !UPKEEP.has((args[0] ?? '').toLowerCase()),
        )
        .map(({ args, address }) => ({
          name: (args[0] ?? '').toLowerCase(),
          args: args.slice(1),
          client: names.get(address) ?? '',
          address,
        }));
    },
    close() {
      watching.close();
      client.disconnect();
    },
  };
}
