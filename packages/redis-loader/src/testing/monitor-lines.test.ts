import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { monitor, readMonitorLine, type MonitoredCommand } from './monitor-lines.ts';

async function peer(onSocket: (socket: Socket) => void): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((socket) => onSocket(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() };
}

test('lines are read back to what was sent: quotes, line ends, bytes beyond ASCII, IPv6, scripts', () => {
  expect(readMonitorLine(String.raw`+1.5 [0 127.0.0.1:5] "set" "a \"b\" \\ \n\r\t" "\xe8\xae\xbe" ""`)).toEqual({
    args: ['set', 'a "b" \\ \n\r\t', '设', ''],
    address: '127.0.0.1:5',
  });
  expect(readMonitorLine('+1.5 [3 [::1]:70] "get" "] \\"x"')).toEqual({ args: ['get', '] "x'], address: '[::1]:70' });
  expect(readMonitorLine('+1.5 [0 lua] "get" "k"')?.address).toBe('lua');
  expect(readMonitorLine('+OK')).toBeUndefined();
});

test('commands that arrive in one piece with the answer to MONITOR are told, however the bytes are cut', async () => {
  const told = '+OK\r\n+OK\r\n+1.5 [0 127.0.0.1:5] "info"\r\n+1.6 [0 127.0.0.1:5] "get" "k"\r\n';
  for (const cut of [told.length, 1, 7]) {
    const server = await peer((socket) => {
      socket.once('data', () => {
        for (let at = 0; at < told.length; at += cut) socket.write(told.slice(at, at + cut));
      });
    });
    const seen: MonitoredCommand[] = [];
    const both = Promise.withResolvers<void>();
    const watching = await monitor(server.url, 'watch', (command) => {
      if (seen.push(command) === 2) both.resolve();
    });
    await both.promise;
    expect(seen.map(({ args }) => args)).toEqual([['info'], ['get', 'k']]);
    watching.close();
    server.close();
  }
});

test('a peer that refuses, goes away or is not there is told, without the URL', async () => {
  const refusing = await peer((socket) => socket.once('data', () => socket.write('-WRONGPASS invalid\r\n')));
  const leaving = await peer((socket) => socket.destroy());
  const nobody = await peer(() => {});
  nobody.close();
  for (const [url, message] of [
    [refusing.url.replace('//', '//:secret@'), 'AUTH was answered WRONGPASS'],
    [leaving.url, /closed|ECONNRESET/u],
    [nobody.url, 'ECONNREFUSED'],
  ] as const)
    await expect(monitor(url, 'watch', () => {})).rejects.toThrow(message);
  refusing.close();
  leaving.close();
});
