import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubecast-process-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

for (const signal of ['SIGKILL', 'SIGTERM'] as const)
  test(`a program ends with the process that started it, when that is ended by ${signal}`, async () => {
    const path = join(folder, 'alive');
    const server = createServer().listen(path);
    await once(server, 'listening');
    // The program holds a connection for as long as it lives.
    const program = `require('node:net').connect(${JSON.stringify(path)}); setInterval(() => undefined, 1000)`;
    const starter = `
      import { ServerProcess } from ${JSON.stringify(new URL('./server-process.ts', import.meta.url).href)};
      process.on('SIGTERM', () => process.exit(1));
      new ServerProcess('it', process.execPath, ${JSON.stringify(join(folder, 'log'))}).start(['-e', ${JSON.stringify(program)}]);
    `;
    const parent = spawn(process.execPath, ['--conditions=@kubecast/source', '--input-type=module', '-e', starter], { stdio: 'ignore' });
    try {
      const [connection] = (await once(server, 'connection')) as [Socket];
      connection.on('error', () => undefined);
      connection.resume();
      const gone = once(connection, 'close');
      parent.kill(signal);
      await gone;
      expect(connection.destroyed).toBe(true);
    } finally {
      parent.kill('SIGKILL');
      server.close();
    }
  }, 30_000);
