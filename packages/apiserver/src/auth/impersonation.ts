import { badRequest } from '../status/status-error.ts';
import type { User } from './user.ts';
import { refusal, type Ask, type ResourceAsk } from './ask.ts';
import type { Authorizer } from './authorizer.ts';
import { accountOf, accountGroups } from './service-account-names.ts';

/** Whom the headers of a request name, before anything is filled in. */
interface Wanted {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

type Mode = 'arbitrary-node' | 'serviceaccount' | 'user-info' | 'legacy';

/** Users whose last way is remembered. */
const remembered = 1_000;

/**
 * Lets requests run in the name of others. There is a way for each sort of user that is named (node, service account, any other), which needs a
 * right on what is asked too, and the plain verb `impersonate`. The ways are tried one after the other, the one that last led there first, and
 * the refusal is that of the first: that is how the real server tells it.
 */
export class Impersonation {
  readonly #authorizer: Authorizer;
  readonly #last = new Map<string, Mode>();

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  /**
   * The user that the headers name; undefined where they name none.
   * @throws StatusError 400 without a user name, 403
   */
  as(user: User, rawHeaders: readonly string[], ask: Ask): User | undefined {
    const wanted = wantedUser(rawHeaders);
    if (wanted === undefined) return undefined;
    const last = this.#last.get(user.name);
    const modes = modesFor(wanted);
    if (last !== undefined && modes.includes(last)) modes.sort((a, b) => Number(b === last) - Number(a === last));
    let refused: Error | undefined;
    for (const mode of modes) {
      const error = this.#denied(user, wanted, mode, ask);
      if (error !== undefined) {
        refused ??= error;
        continue;
      }
      if (this.#last.size >= remembered) this.#last.clear();
      this.#last.set(user.name, mode);
      return asUser(wanted, mode === 'arbitrary-node' ? ['system:nodes'] : undefined);
    }
    throw refused ?? new Error('no way to impersonate was tried');
  }

  #denied(user: User, wanted: Wanted, mode: Mode, ask: Ask): Error | undefined {
    if (mode === 'legacy') return deniedUser(this.#authorizer, user, wanted, 'impersonate', '');
    return (
      denied(this.#authorizer, user, { ...ask, verb: `impersonate-on:${mode}:${ask.verb}` }) ??
      deniedUser(this.#authorizer, user, wanted, `impersonate:${mode}`, 'authentication.k8s.io')
    );
  }
}

/** Nodes and service accounts are taken as they are or not at all. */
function modesFor({ name, uid, groups, extra }: Wanted): Mode[] {
  const alone = uid === '' && groups.length === 0 && extra.size === 0;
  if (nodeOf(name) !== undefined) return alone ? ['arbitrary-node', 'legacy'] : ['legacy'];
  if (accountOf(name) !== undefined) return alone ? ['serviceaccount', 'legacy'] : ['legacy'];
  return ['user-info', 'legacy'];
}

function denied(authorizer: Authorizer, user: User, ask: Ask): Error | undefined {
  const { allowed, reason } = authorizer.decide(user, ask);
  return allowed ? undefined : refusal(user, ask, reason);
}

/** The first part of the wanted user that may not be taken on. */
function deniedUser(authorizer: Authorizer, user: User, wanted: Wanted, verb: string, group: string): Error | undefined {
  const constrained = group !== '';
  const own = 'authentication.k8s.io';
  const ask = (resource: string, name: string, more: Partial<ResourceAsk> = {}): ResourceAsk => ({
    verb,
    group,
    version: 'v1',
    resource,
    subresource: '',
    namespace: '',
    name,
    ...more,
  });
  const node = nodeOf(wanted.name);
  const account = accountOf(wanted.name);
  const asks: (ResourceAsk | Error)[] = [
    account !== undefined
      ? ask('serviceaccounts', account.name, { namespace: account.namespace })
      : constrained && node !== undefined
        ? ask('nodes', node)
        : ask('users', wanted.name),
  ];
  if (wanted.uid !== '') asks.push(ask('uids', wanted.uid, { group: own }));
  if (constrained && wanted.groups.includes(''))
    asks.push(refusal(user, ask('groups', ''), 'impersonating the empty string group is not allowed'));
  if (constrained && wanted.groups.includes('system:masters'))
    asks.push(refusal(user, ask('groups', 'system:masters'), 'impersonating the system:masters group is not allowed'));
  for (const name of wanted.groups) asks.push(ask('groups', name));
  for (const [key, values] of wanted.extra)
    for (const value of values) asks.push(ask('userextras', value, { group: own, subresource: key }));
  for (const one of asks) {
    const error = one instanceof Error ? one : denied(authorizer, user, one);
    if (error !== undefined) return error;
  }
  return undefined;
}

function asUser(wanted: Wanted, fixed: readonly string[] | undefined): User {
  const account = accountOf(wanted.name);
  const groups = [...(fixed ?? (account !== undefined && wanted.groups.length === 0 ? accountGroups(account.namespace) : wanted.groups))];
  const known = wanted.name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  if (!groups.includes(known) && !(known === 'system:authenticated' && groups.includes('system:unauthenticated'))) groups.push(known);
  return {
    name: wanted.name,
    uid: wanted.uid,
    groups,
    ...(wanted.extra.size === 0 ? {} : { extra: Object.fromEntries([...wanted.extra].sort(([a], [b]) => (a < b ? -1 : 1))) }),
  };
}

function nodeOf(name: string): string | undefined {
  return name.startsWith('system:node:') && name.length > 12 ? name.slice(12) : undefined;
}

const extraPrefix = 'impersonate-extra-';

/** Reads the headers as they came: Node joins those of one name, and a group may hold a comma. */
function wantedUser(rawHeaders: readonly string[]): Wanted | undefined {
  let name = '';
  let uid = '';
  const groups: string[] = [];
  const extra = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const header = (rawHeaders[at] as string).toLowerCase();
    if (!header.startsWith('impersonate-')) continue;
    const value = rawHeaders[at + 1] as string;
    if (header === 'impersonate-user') name ||= value;
    else if (header === 'impersonate-uid') uid ||= value;
    else if (header === 'impersonate-group') groups.push(value);
    else if (header.startsWith(extraPrefix)) {
      const key = unescaped(header.slice(extraPrefix.length));
      extra.set(key, [...(extra.get(key) ?? []), value]);
    }
  }
  const wanted: Wanted = { name, uid, groups, extra };
  if (name !== '') return wanted;
  if (uid === '' && groups.length === 0 && extra.size === 0) return undefined;
  throw badRequest(`requested ${goUser(wanted)} without impersonating a user name`);
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** The struct in Go's words, which is what the server shows. */
function goUser({ name, uid, groups, extra }: Wanted): string {
  const list = (texts: readonly string[]): string => `[]string{${texts.map((text) => JSON.stringify(text)).join(', ')}}`;
  const pairs = [...extra].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`);
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${groups.length === 0 ? '[]string(nil)' : list(groups)}, Extra:${pairs.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${pairs.join(', ')}}`}}`;
}
