import { fork, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connectionFrom, createClient } from '@kubecast/client';
import { appModel } from '@kubecast/crd';

// 200,000 objects are listed page by page, raw and typed, in a process whose heap may not exceed 128 MB. The server is another process
// and makes the pages as they are asked for.
const pem = (name: string): string => readFileSync(new URL(`../../../../packages/client/testdata/${name}`, import.meta.url), 'utf8');
const total = 200_000;

function serve(): void {
  const padding = 'x'.repeat(700);
  const server = createServer({ cert: pem('server.crt'), key: pem('server.key') }, (request, response) => {
    const query = new URL(request.url ?? '', 'https://x').searchParams;
    const from = Number(query.get('continue') ?? 0);
    const to = Math.min(total, from + Number(query.get('limit') ?? total));
    response.write('{"apiVersion":"iidp.com/v1","items":[');
    let next = from;
    const more = (): void => {
      while (next < to) {
        const item = JSON.stringify({
          apiVersion: 'iidp.com/v1',
          kind: 'AppModel',
          metadata: { name: `m${next}`, namespace: 'n', uid: `u${next}`, resourceVersion: String(next) },
          spec: { app: padding, models: [{ name: 'a', version: '1' }] },
        });
        next++;
        if (!response.write(next === to ? item : `${item},`)) return void response.once('drain', more);
      }
      response.end(`],"kind":"AppModelList","metadata":{"continue":"${to < total ? to : ''}","resourceVersion":"9"}}`);
    };
    more();
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit());
}

async function main(): Promise<void> {
  const child = fork(import.meta.filename, ['serve'], { execArgv: ['--conditions=@kubecast/source'] });
  const port = await new Promise<number>((resolve) =>
    child.once('message', (message) => {
      resolve(Number(message));
    }),
  );
  const client = createClient(connectionFrom({ server: `https://127.0.0.1:${port}`, ca: pem('ca.crt') }));
  const models = client.resource(appModel);
  const figures: Record<string, unknown> = {};
  const measure = async (name: string, run: () => Promise<number>): Promise<boolean> => {
    const started = performance.now();
    const cpu = process.cpuUsage();
    const count = await run();
    figures[name] = {
      count,
      ms: Math.round(performance.now() - started),
      cpuMs: Math.round(process.cpuUsage(cpu).user / 1000),
      rssMb: Math.round(process.memoryUsage().rss / 1e6),
    };
    process.stderr.write(`${name}: ${JSON.stringify(figures[name])}\n`);
    return count === total;
  };
  const raw = await measure('rawPages', async () => {
    let count = 0;
    for await (const page of models.listPages()) count += page.items.length;
    return count;
  });
  const typed = await measure('objects', async () => {
    let count = 0;
    for await (const model of models.list()) count += model.metadata.name === `m${count}` ? 1 : 0;
    return count;
  });
  client.close();
  child.disconnect();
  process.stdout.write(`${JSON.stringify({ ok: raw && typed, ...figures, heapLimitMb: 128 })}\n`);
  process.exitCode = raw && typed ? 0 : 1;
}

if (process.argv[2] === 'serve') serve();
else if (process.argv[2] === 'list') await main();
else
  process.exitCode =
    spawnSync(process.execPath, ['--max-old-space-size=128', '--conditions=@kubecast/source', import.meta.filename, 'list'], {
      stdio: 'inherit',
    }).status ?? 1;
