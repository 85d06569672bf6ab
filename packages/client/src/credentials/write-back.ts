import type { Clock } from '@kubecast/clock';
import { parseKubeconfig } from '../kubeconfig/kubeconfig-file.ts';

/** The tokens of a user of the `oidc` auth provider, as the kubeconfig holds them. */
export interface OidcTokens {
  readonly idToken: string;
  readonly refreshToken: string;
}

/** Where they stand. */
export interface TokenPlace {
  readonly path: string;
  readonly user: string;
}

/** How long another writer's lock is waited for. */
const lockMs = 3000;

/** The tokens that the file has now; undefined where it has none that can be read. Never throws. */
export async function readTokens(place: TokenPlace): Promise<OidcTokens | undefined> {
  try {
    const { readFile } = await import('node:fs/promises');
    const { users } = await parseKubeconfig(await readFile(place.path), place.path);
    const config = users.get(place.user)?.authProvider?.config;
    return config && { idToken: config.get('id-token') ?? '', refreshToken: config.get('refresh-token') ?? '' };
  } catch {
    return undefined;
  }
}

/**
 * Writes new tokens over the old ones, under the lock that kubectl takes too: whole or not at all (a new file, synced, put in the place of the
 * old one), with the file's mode and owner, through symbolic links, and with every other byte as it was. False where the file no longer has
 * the old refresh token: somebody wrote a newer one. Throws an Error without a secret in it.
 */
export async function writeTokens(place: TokenPlace, old: string, tokens: OidcTokens, clock: Clock): Promise<boolean> {
  const fs = await import('node:fs/promises');
  const path = await fs.realpath(place.path);
  const locks = [...new Set([place.path, path])].map((file) => `${file}.lock`);
  const taken: string[] = [];
  try {
    for (const lock of locks) {
      await takeLock(lock, clock);
      taken.push(lock);
    }
    const text = await fs.readFile(path, 'utf8');
    const changed = await withTokens(text, place.user, old, tokens);
    if (changed === undefined) return false;
    await replaceFile(path, changed);
    return true;
  } finally {
    for (const lock of taken) await fs.rm(lock, { force: true });
  }
}

async function takeLock(lock: string, clock: Clock): Promise<void> {
  const fs = await import('node:fs/promises');
  const begun = clock.now();
  for (;;) {
    try {
      await (await fs.open(lock, 'wx', 0o600)).close();
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
      if (clock.now() - begun >= lockMs)
        throw new Error(`${lock} is there for more than ${lockMs} ms; remove it if nobody writes the file`, { cause: error });
      await clock.sleep(20 + 20 * clock.random());
    }
  }
}

/** The text with the new tokens; undefined where the user's refresh token is not the old one. */
async function withTokens(text: string, user: string, old: string, tokens: OidcTokens): Promise<string | undefined> {
  const { isMap, isScalar, isSeq, parseDocument } = await import('yaml');
  const document = parseDocument(text, { keepSourceTokens: false });
  if (document.errors.length > 0) throw new Error('it is no YAML any more');
  const users = document.get('users', true);
  const entry = isSeq(users) ? users.items.find((item) => isMap(item) && item.get('name') === user) : undefined;
  const config = isMap(entry) ? entry.getIn(['user', 'auth-provider', 'config'], true) : undefined;
  if (!isMap(config)) throw new Error('the user is not there any more, or stands there by an alias');
  if (config.get('refresh-token') !== old) return undefined;
  // The values alone are replaced in the text, from the last to the first: what stands around them keeps each space and comment.
  const changes: { readonly from: number; readonly to: number; readonly value: string }[] = [];
  for (const [name, value] of [
    ['refresh-token', tokens.refreshToken],
    ['id-token', tokens.idToken],
  ] as const) {
    const node = config.get(name, true);
    if (isScalar(node) && node.value === value) continue;
    if (isScalar(node) && (node.type === 'PLAIN' || node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') && node.range)
      changes.push({ from: node.range[0], to: node.range[1], value: JSON.stringify(value) });
    else {
      // One that is not there yet, or written in another form: the document is written anew, with its comments and its order.
      config.set('refresh-token', tokens.refreshToken);
      config.set('id-token', tokens.idToken);
      return document.toString({ lineWidth: 0 });
    }
  }
  return changes.sort((a, b) => b.from - a.from).reduce((sum, { from, to, value }) => sum.slice(0, from) + value + sum.slice(to), text);
}

async function replaceFile(path: string, text: string): Promise<void> {
  const fs = await import('node:fs/promises');
  const paths = await import('node:path');
  const old = await fs.stat(path);
  const { randomBytes } = await import('node:crypto');
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await fs.open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    const own = await file.stat();
    if (own.uid !== old.uid || own.gid !== old.gid) await file.chown(old.uid, old.gid);
    await file.chmod(old.mode & 0o777);
    await file.sync();
    await file.close();
    await fs.rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => {});
    await fs.rm(temporary, { force: true });
    throw error;
  }
  // The rename itself; some file systems cannot sync a folder, and need not.
  const folder = await fs.open(paths.dirname(path), 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
