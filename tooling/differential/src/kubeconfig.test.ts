import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { type Connection, connectionFromKubeconfig, connectionInCluster, createClient, isClientError } from '@kubecast/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { differences } from './kubeconfig-differences.ts';

interface Seen {
  readonly path: string;
  readonly tls: boolean;
  readonly authorization: string;
  readonly sni: string;
  readonly certificate: string;
  readonly impersonate: readonly string[];
}

interface Answer {
  readonly refused?: 'config' | 'request';
  readonly error?: string;
  readonly namespace?: string;
  readonly requests?: readonly Seen[];
  readonly pluginRan?: boolean;
}

interface Case {
  readonly name: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly encoding?: string;
  readonly kubeconfig?: readonly string[];
  readonly context?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly pod?: Readonly<Record<string, string>>;
  readonly answer: Answer;
}

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, '../recorded/kubeconfig.json'), 'utf8')) as readonly Case[];
const data = join(import.meta.dirname, '../../../packages/client/testdata');
const pem = (name: string): string => readFileSync(join(data, name), 'utf8');

let seen: Seen[] = [];
function serve(request: IncomingMessage, response: ServerResponse): void {
  const socket = request.socket as Partial<TLSSocket>;
  const impersonate: string[] = [];
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const name = (request.rawHeaders[at] ?? '').toLowerCase();
    if (name.startsWith('impersonate-')) impersonate.push(`${name}: ${utf8(request.rawHeaders[at + 1])}`);
  }
  const peer = socket.getPeerCertificate?.();
  const cn: unknown = peer?.subject?.CN;
  seen.push({
    path: (request.url ?? '').split('?', 1)[0] ?? '',
    tls: socket.encrypted === true,
    authorization: utf8(request.headers.authorization),
    sni: typeof socket.servername === 'string' ? socket.servername : '',
    certificate: typeof cn === 'string' ? cn : '',
    impersonate: impersonate.sort((a, b) => (a < b ? -1 : 1)),
  });
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end('{"major":"1","minor":"36","gitVersion":"v1.36.0"}');
}
const utf8 = (value = ''): string => Buffer.from(value, 'latin1').toString('utf8');

const plain = http.createServer(serve);
const secure = https.createServer({ cert: pem('server.crt'), key: pem('server.key'), requestCert: true, rejectUnauthorized: false }, serve);
let base = '';
let places: readonly (readonly [string, string])[] = [];
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'kubeconfigs-'));
  const listen = (server: http.Server): Promise<number> =>
    new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
  const [plainPort, port] = [await listen(plain), await listen(secure)];
  const encoded = (name: string): string => Buffer.from(pem(name)).toString('base64');
  places = [
    ['{{tls}}', `https://127.0.0.1:${port}`],
    ['{{plain}}', `http://127.0.0.1:${plainPort}`],
    ['{{plainHost}}', `127.0.0.1:${plainPort}`],
    ['{{port}}', String(port)],
    ['{{ca}}', encoded('ca.crt')],
    ['{{otherCa}}', encoded('other-ca.crt')],
    ['{{cert}}', encoded('client.crt')],
    ['{{key}}', encoded('client.key')],
    ['{{otherCert}}', encoded('other-client.crt')],
    ['{{otherKey}}', encoded('other-client.key')],
    ['{{caPem}}', pem('ca.crt')],
    ['{{otherCaPem}}', pem('other-ca.crt')],
    ['{{certPem}}', pem('client.crt')],
    ['{{keyPem}}', pem('client.key')],
    ['{{otherCertPem}}', pem('other-client.crt')],
    ['{{otherKeyPem}}', pem('other-client.key')],
    ['{{certJson}}', JSON.stringify(pem('other-client.crt'))],
    ['{{keyJson}}', JSON.stringify(pem('other-client.key'))],
  ];
});
afterAll(() => {
  plain.close();
  secure.close();
  rmSync(base, { recursive: true, force: true });
});

/** Bytes that no text holds stand in braces; encodings are made here. */
function bytesOf(text: string, encoding = ''): Buffer {
  if (encoding === '') {
    const bytes = Buffer.from(text, 'utf8').toString('latin1');
    return Buffer.from(bytes.replace('{{ff}}', '\xff').replace('{{c3}}', '\xc3').replace('{{surrogate}}', '\xed\xa0\x80'), 'latin1');
  }
  const little = Buffer.from(encoding.endsWith('mark') ? text : `\ufeff${text}`, 'utf16le');
  return encoding.startsWith('utf-16be') ? little.swap16() : little;
}

function write(folder: string, files: Readonly<Record<string, string>>, fill: (text: string) => string, encoding?: string): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytesOf(fill(text), encoding), { mode: 0o755 });
  }
}

function connectionOf(asked: Case, folder: string, fill: (text: string) => string): Promise<Connection> {
  const env: Record<string, string> = { HOME: folder, PATH: process.env['PATH'] ?? '' };
  for (const [name, value] of Object.entries(asked.env ?? {})) env[name] = fill(value);
  if (asked.pod !== undefined) {
    write(join(folder, 'pod'), asked.pod, fill);
    return connectionInCluster({ env, folder: join(folder, 'pod') });
  }
  const context = asked.context === undefined ? {} : { context: asked.context };
  if (asked.kubeconfig !== undefined) {
    env['KUBECONFIG'] = asked.kubeconfig.map((name) => (name === '' || isAbsolute(name) ? name : join(folder, name))).join(delimiter);
    return connectionFromKubeconfig({ env, terminal: false, ...context });
  }
  const explicit = asked.files?.['config'] !== undefined;
  return connectionFromKubeconfig({ env, terminal: false, ...context, ...(explicit ? { path: join(folder, 'config') } : {}) });
}

async function ours(asked: Case, index: number): Promise<Answer> {
  const folder = join(base, String(index));
  mkdirSync(folder);
  const fill = (text: string): string => places.reduce((sum, [from, to]) => sum.replaceAll(from, to), text).replaceAll('{{dir}}', folder);
  write(folder, asked.files ?? {}, fill, asked.encoding);
  seen = [];
  const ran = (): boolean => {
    try {
      return readFileSync(join(folder, 'ran')).length > 0;
    } catch {
      return false;
    }
  };
  let connection: Connection;
  try {
    connection = await connectionOf(asked, folder, fill);
  } catch (error) {
    // Each refusal is a typed error: anything else is an accident.
    return isClientError(error) ? { refused: 'config', error: error.message } : { error: `thrown: ${String(error)}` };
  }
  const client = createClient(connection);
  try {
    await client.version({ deadlineMs: 60_000 });
  } catch (error) {
    if (seen.length > 0 || !isClientError(error)) return { error: `thrown: ${String(error)}`, requests: seen };
    return { refused: 'request', error: error.message, ...(ran() ? { pluginRan: true } : {}) };
  } finally {
    client.close();
  }
  return { namespace: connection.namespace, requests: seen, ...(ran() ? { pluginRan: true } : {}) };
}

/** Whether a case is refused before or at its first request is not compared: we look at files earlier. */
function comparable(answer: Answer): unknown {
  return answer.refused === undefined
    ? { ...answer, pluginRan: answer.pluginRan === true }
    : { refused: true, pluginRan: answer.pluginRan === true };
}

test('a kubeconfig, a merge of several and a pod folder are refused, or sent as, what client-go refuses or sends', async () => {
  const found: { name: string; ours: unknown; recorded: unknown; error: string | undefined }[] = [];
  for (const [index, asked] of recorded.entries()) {
    const answer = await ours(asked, index);
    const [mine, theirs] = [comparable(answer), comparable(asked.answer)];
    if (JSON.stringify(sorted(mine)) !== JSON.stringify(sorted(theirs)))
      found.push({ name: asked.name, ours: mine, recorded: theirs, error: answer.error ?? asked.answer.error });
  }
  const known = new Set(differences.map(([name]) => name));
  expect(found.filter(({ name }) => !known.has(name))).toEqual([]);
  // A difference that is gone leaves the table.
  const differing = new Set(found.map(({ name }) => name));
  expect(differences.filter(([name]) => !differing.has(name)).map(([name]) => name)).toEqual([]);
}, 240_000);

test('enough is asked: every part of a kubeconfig is there, and no name twice', () => {
  const names = recorded.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(700);
  for (const start of [
    'exec',
    'OIDC',
    'http: ',
    'cluster: ',
    'text: ',
    'entry: ',
    'context: ',
    'merge: ',
    'home: ',
    'pod: ',
    'type: user.',
  ])
    expect(names.filter((name) => name.startsWith(start)).length).toBeGreaterThan(3);
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}
