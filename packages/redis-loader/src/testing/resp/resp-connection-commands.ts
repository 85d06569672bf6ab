import { OK, Refusal, ReplyMap, type Reply } from './resp-reply.ts';
import type { RespSession, RespWorld } from './resp-session.ts';

const text = (buffer: Buffer | undefined): string => buffer?.toString('latin1') ?? '';

/** HELLO [protocol [AUTH user password] [SETNAME name]]. */
export function hello(session: RespSession, world: RespWorld, args: readonly Buffer[]): Reply {
  const protocol = args.length === 0 ? session.protocol : Number(text(args[0]));
  if (protocol !== 2 && protocol !== 3) return new Refusal('NOPROTO unsupported protocol version');
  let authenticated = session.authenticated;
  let name = session.name;
  for (let i = 1; i < args.length; i += 1) {
    const option = text(args[i]).toUpperCase();
    if (option === 'AUTH') {
      if (text(args[i + 1]) !== 'default' || (world.password !== undefined && text(args[i + 2]) !== world.password)) {
        return new Refusal('WRONGPASS invalid username-password pair or user is disabled.');
      }
      authenticated = true;
      i += 2;
    } else if (option === 'SETNAME') name = text(args[(i += 1)]);
    else return new Refusal('ERR Syntax error in HELLO option');
  }
  if (!authenticated) {
    return new Refusal(
      'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
    );
  }
  Object.assign(session, { authenticated, name, protocol });
  return new ReplyMap([
    ['server', 'redis'],
    ['version', '7.0.15'],
    ['proto', protocol],
    ['id', session.id],
    ['mode', 'standalone'],
    ['role', 'master'],
    ['modules', []],
  ]);
}

export function clientCommand(session: RespSession, world: RespWorld, [name, ...args]: readonly Buffer[]): Reply {
  switch (text(name).toUpperCase()) {
    case 'SETNAME':
      if (/[ \n]/u.test(text(args[0]))) return new Refusal('ERR Client names cannot contain spaces, newlines or special characters.');
      session.name = text(args[0]);
      return OK;
    case 'GETNAME':
      return session.name === '' ? null : session.name;
    case 'ID':
      return session.id;
    case 'SETINFO':
      if (text(args[0]).toUpperCase() === 'LIB-NAME') session.libName = text(args[1]);
      else session.libVersion = text(args[1]);
      return OK;
    case 'INFO':
      return describe(session, world.now());
    case 'LIST':
      return [...world.sessions].map((each) => describe(each, world.now())).join('');
    case 'KILL': {
      const wanted = args.length === 1 ? ['ADDR', text(args[0])] : [text(args[0]).toUpperCase(), text(args[1])];
      const killed = [...world.sessions].filter((each) =>
        wanted[0] === 'ID' ? String(each.id) === wanted[1] : wanted[0] === 'ADDR' ? each.address === wanted[1] : each !== session,
      );
      for (const each of killed) each.close();
      if (args.length > 1) return killed.length;
      return killed.length > 0 ? OK : new Refusal('ERR No such client');
    }
    case 'NO-EVICT':
    case 'NO-TOUCH':
      return OK;
    default:
      return new Refusal(`ERR unknown subcommand '${text(name)}'. Try CLIENT HELP.`);
  }
}

function describe(session: RespSession, now: number): string {
  return `id=${session.id} addr=${session.address} laddr=127.0.0.1:0 fd=0 name=${session.name} age=0 idle=0 flags=${session.monitor ? 'O' : 'N'} db=${session.db} sub=0 psub=0 multi=${session.queued?.length ?? -1} cmd=${session.last} user=default resp=${session.protocol} lib-name=${session.libName} lib-ver=${session.libVersion} tot-cmds=${session.commands} now=${now}\n`;
}

/** As much of INFO as clients look at. */
export function info(world: RespWorld): Reply {
  return [
    '# Server',
    'redis_version:7.0.15',
    'redis_mode:standalone',
    'server_name:kubecast-resp-server',
    '',
    '# Clients',
    `connected_clients:${world.sessions.size}`,
    '',
    '# Persistence',
    'loading:0',
    'async_loading:0',
    '',
    '# Replication',
    'role:master',
    `connected_slaves:${world.replicas}`,
    '',
  ].join('\r\n');
}
