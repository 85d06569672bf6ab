import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { loggable, redact, stderrLogger, textOf, type Logger } from './logger.ts';
import { ToldLog } from './told-log.ts';

function told(): { log: ToldLog; lines: Record<string, unknown>[]; clock: ReturnType<typeof createVirtualClock> } {
  const clock = createVirtualClock();
  const lines: Record<string, unknown>[] = [];
  const at =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push({ level, message, ...fields });
  const logger: Logger = { info: at('info'), warn: at('warn'), error: at('error') };
  return { log: new ToldLog(logger, clock), lines, clock };
}
const line = { level: 'warn', message: 'trouble' } as const;

test('a state is told once, again at growing intervals while it lasts, and its end once', async () => {
  const { log, lines, clock } = told();
  log.state('a', 'refused', line, { wellMessage: 'well' });
  log.state('a', 'refused', line);
  expect(lines).toMatchObject([{ level: 'warn', message: 'trouble', reason: 'refused' }]);
  await clock.advance(60_000);
  expect(lines.map(({ lastsMs }) => lastsMs)).toEqual([undefined, 5_000, 15_000, 35_000]);
  log.state('a', '', line, { wellMessage: 'well' });
  log.state('a', '', line, { wellMessage: 'well' });
  expect(lines.at(-1)).toMatchObject({ level: 'info', message: 'well', lastedMs: 60_000 });
  await clock.advance(1_000_000);
  expect(lines).toHaveLength(5);
  log.stop();
  expect(clock.pending).toBe(0);
});

test('the interval grows to five minutes and no further', async () => {
  const { log, lines, clock } = told();
  log.state('a', 'refused', line);
  await clock.advance(3_600_000);
  const lasts = lines.map(({ lastsMs }) => Number(lastsMs ?? 0));
  expect(lasts.at(-1)! - lasts.at(-2)!).toBe(300_000);
  log.stop();
});

test('another reason is told at once; one that differs by numbers and quoted names is the same', () => {
  const { log, lines } = told();
  log.state('a', 'connect 127.0.0.1:4711 in 12 ms', line);
  log.state('a', 'connect 127.0.0.1:4712 in 8 ms', line);
  log.state('a', 'forbidden "x"', line);
  log.state('a', 'forbidden "y"', line);
  expect(lines.map(({ reason }) => reason)).toEqual(['connect 127.0.0.1:4711 in 12 ms', 'forbidden "x"']);
});

test('a state that comes and goes all the time does not tell itself each time', async () => {
  const { log, lines, clock } = told();
  for (let i = 0; i < 100; i += 1) {
    log.state('a', 'ended', line, { wellMessage: 'well' });
    log.state('a', '', line, { wellMessage: 'well' });
    await clock.advance(100);
  }
  expect(lines.length).toBeLessThanOrEqual(6);
});

test('what happens again is counted, and told with the count', async () => {
  const { log, lines, clock } = told();
  for (let i = 0; i < 50; i += 1) log.event('a', `cannot read model-${i}`, line, 'cannot read');
  expect(lines).toHaveLength(1);
  await clock.advance(5_000);
  log.event('a', 'cannot read model-x', line, 'cannot read');
  expect(lines.at(-1)).toMatchObject({ reason: 'cannot read model-x', count: 50 });
});

test('ten thousand different reasons at once are twenty lines, then one a second, and what is left out is counted', async () => {
  const { log, lines, clock } = told();
  for (let i = 0; i < 10_000; i += 1) log.event('a', `reason ${String.fromCharCode(97 + (i % 26))}${'x'.repeat(i % 300)}`, line);
  expect(lines).toHaveLength(20);
  await clock.advance(1_000);
  log.event('a', 'another', line);
  expect(Number(lines.at(-1)?.['linesLeftOut'])).toBeGreaterThan(1_000);
});

test('a state that does not last is not told where it must last', async () => {
  const { log, lines, clock } = told();
  log.state('a', 'slow', line, { delayMs: 10_000 });
  await clock.advance(9_999);
  expect(lines).toEqual([]);
  await clock.advance(1);
  expect(lines).toHaveLength(1);
  log.stop();
});

test('a logger that throws costs nothing but the line, and after the stop nothing is told', () => {
  const clock = createVirtualClock();
  const broken = (): never => {
    throw new Error('no disk');
  };
  const log = new ToldLog({ info: broken, warn: broken, error: broken }, clock);
  log.state('a', 'x', line);
  log.event('b', 'x', line);
  log.stop();
  log.state('a', 'y', line);
  expect(clock.pending).toBe(0);
});

test.each([
  ['Authorization: Bearer abcdef.ghijkl-123', 'abcdef'],
  ['authorization=Basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
  ['redis://user:hunter2@redis:6379/0 refused', 'hunter2'],
  ['token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln is expired', 'eyJhbGci'],
  ['{"password":"hunter2","user":"x"}', 'hunter2'],
  ['client_secret=hunter2&grant=x', 'hunter2'],
  ['api-key: hunter2', 'hunter2'],
  ['-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----', 'hunter2'],
  ['password="my hunter2 pass" next', 'hunter2'],
  ['password: "it\\"s hunter2"', 'hunter2'],
  ['body {\\"password\\":\\"x hunter2\\",\\"a\\":1}', 'hunter2'],
  ['{"clientSecret":"hunter2"}', 'hunter2'],
  ['accessToken=hunter2', 'hunter2'],
  ['X-Auth-Token: hunter2', 'hunter2'],
  ['Authorization: Token hunter2', 'hunter2'],
  ['Authorization: Digest username="a", response="hunter2"', 'hunter2'],
  ['"authorization":["AWS4-HMAC-SHA256 Credential=a, Signature=hunter2"]', 'hunter2'],
  ['Cookie: a=b; session=hunter2', 'hunter2'],
  ['redis://user:p@hunter2@redis:6379/0', 'hunter2'],
  ['client-key-data: hunter2', 'hunter2'],
  ['PGPASSWORD=hunter2 psql', 'hunter2'],
  ['exec --password hunter2 --x', 'hunter2'],
  ['-----BEGIN PRIVATE KEY-----\nhunter2 and nothing after', 'hunter2'],
])('no secret stands in a line: %s', (text, secret) => {
  expect(redact(text)).not.toContain(secret);
  const { log, lines } = told();
  log.say({ level: 'info', message: text, fields: { text, error: new Error(text) } });
  expect(JSON.stringify(lines)).not.toContain(secret);
});

test('texts of the server are left as they are', () => {
  for (const text of ['secrets is forbidden: User "x" cannot list resource "secrets" in API group ""', 'configmaps "token" not found'])
    expect(redact(text)).toBe(text);
});

test('whatever is thrown has a text', () => {
  const hostile = Object.create(null) as object;
  for (const thrown of [undefined, null, 5, 'text', {}, [], Symbol('s'), hostile, new Error(''), () => {}])
    expect(typeof textOf(thrown)).toBe('string');
  const cause = new Error('below');
  expect(textOf(new Error('above', { cause }))).toBe('above: below');
  const loop = new Error('loop');
  loop.cause = loop;
  expect(textOf(loop)).toBe('loop');
});

test('a text is cut and well formed, and a line is one line', () => {
  expect(String(loggable('\ud800'.repeat(5_000)))).toHaveLength(1_000);
  const written: string[] = [];
  const logger = stderrLogger({ wall: () => 0, write: (text) => void written.push(text) });
  logger.warn({ name: 'a\nb\u2028' }, 'x\r\ny');
  expect(written).toEqual(['{"time":"1970-01-01T00:00:00.000Z","level":"warn","msg":"x\\r\\ny","name":"a\\nb\u2028"}']);
});

test('a megabyte of text costs milliseconds', () => {
  const text = 'password '.repeat(200_000);
  const cpu = process.cpuUsage();
  for (let i = 0; i < 10; i += 1) loggable(text);
  const used = process.cpuUsage(cpu);
  expect((used.user + used.system) / 1_000).toBeLessThan(500);
});
