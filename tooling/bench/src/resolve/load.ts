import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

export interface Target {
  readonly port: number;
  readonly path: string;
}

/** CPU seconds that a process has used, from the kernel; in hundredths. */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/**
 * Sends so many requests over keep-alive connections, one after the other on each, and counts the answers by their bytes. It costs little beside
 * what it drives. Gives the milliseconds of each request, sorted.
 */
export async function load({ port, path }: Target, requests: number, connections: number): Promise<Float64Array> {
  const head = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
  await oneAnswer(port, head);
  const times = new Float64Array(requests);
  let sent = 0;
  let done = 0;
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket: Socket = connect(port, '127.0.0.1');
          socket.setNoDelay(true);
          let missing = 0;
          let begun = 0;
          const next = (): void => {
            if (sent >= requests) {
              socket.destroy();
              return resolve();
            }
            sent += 1;
            missing = -1;
            begun = performance.now();
            socket.write(head);
          };
          socket.on('connect', next);
          socket.on('data', (chunk: Buffer) => {
            missing = missing < 0 ? bytesAfter(chunk) : missing - chunk.length;
            if (missing > 0) return;
            if (missing < 0) return reject(new Error('an answer was longer than it said'));
            times[done] = performance.now() - begun;
            done += 1;
            next();
          });
          socket.on('error', reject);
        }),
    ),
  );
  return times.sort();
}

/** What is still to come of an answer whose head stands in its first chunk, as it does on the loopback. */
function bytesAfter(chunk: Buffer): number {
  const end = chunk.indexOf('\r\n\r\n');
  const head = chunk.toString('latin1', 0, end).toLowerCase();
  const at = head.indexOf('\r\ncontent-length: ');
  if (end < 0 || at < 0 || !head.startsWith('http/1.1 200')) throw new Error(`not an answer to count: ${head.slice(0, 200)}`);
  return end + 4 + Number.parseInt(head.slice(at + 18, at + 30), 10) - chunk.length;
}

/** The bytes of one answer, which must be a 200 with a length. */
async function oneAnswer(port: number, head: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(head));
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\r\n\r\n');
      const length = /\r\ncontent-length: (\d+)/iu.exec(text)?.[1];
      if (end < 0) return;
      if (!text.startsWith('HTTP/1.1 200') || length === undefined)
        return reject(new Error(`not an answer to count: ${text.slice(0, 300)}`));
      if (text.length === end + 4 + Number(length)) {
        socket.destroy();
        resolve(text.length);
      }
    });
    socket.on('error', reject);
  });
}
