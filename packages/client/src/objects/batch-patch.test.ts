import { configMapType } from '@kubecast/crd';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, type KubernetesClient } from '../client.ts';
import { connectionFrom } from '../connection/connection-from.ts';
import { isNotFound } from '../calls/status-error.ts';
import { answerJson, pem, startServer, type TestServer } from '../testing/test-server.ts';
import { batchPatch } from './batch-patch.ts';

let server: TestServer;
let client: KubernetesClient;
let atOnce = 0;
let most = 0;
beforeAll(async () => {
  server = await startServer((request, response) => {
    most = Math.max(most, ++atOnce);
    setImmediate(() => {
      atOnce--;
      const name = request.path.split('/').pop() ?? '';
      if (name.startsWith('missing')) answerJson(response, 404, { kind: 'Status', reason: 'NotFound', message: name });
      else answerJson(response, 200, { metadata: { name } });
    });
  });
  client = createClient(connectionFrom({ server: server.url, ca: pem.ca }));
});
afterAll(async () => {
  client.close();
  await server.close();
});

const targets = (...names: string[]): { name: string; namespace: string; patch: object }[] =>
  names.map((name) => ({ name, namespace: 'n', patch: { data: { a: '1' } } }));

test('each object has its own result, in the order of the targets, and no more are patched at once than asked for', async () => {
  const names = Array.from({ length: 30 }, (_, i) => (i % 10 === 3 ? `missing-${i}` : `c${i}`));
  const summary = await batchPatch(client.resource(configMapType), targets(...names), { concurrency: 3 });
  expect(summary.results.map((result) => result.target.name)).toEqual(names);
  expect(summary.patched).toBe(27);
  expect(summary.failed.map(({ target, error }) => [target.name, isNotFound(error)])).toEqual([
    ['missing-3', true],
    ['missing-13', true],
    ['missing-23', true],
  ]);
  expect(summary.rest).toEqual([]);
  expect(most).toBeLessThanOrEqual(3);
});

test('stopped at an error or aborted, it tells what is left, and the next call goes on with that', async () => {
  const maps = client.resource(configMapType);
  const stopped = await batchPatch(maps, targets('a', 'missing', 'b', 'c'), { concurrency: 1, stopAtError: true });
  expect([stopped.patched, stopped.failed.length, stopped.rest.map((target) => target.name)]).toEqual([1, 1, ['b', 'c']]);
  const abort = new AbortController();
  const aborted = await batchPatch(maps, stopped.rest, {
    concurrency: 1,
    signal: abort.signal,
    onResult: () => {
      abort.abort();
    },
  });
  expect([aborted.patched, aborted.rest.map((target) => target.name)]).toEqual([1, ['c']]);
  expect((await batchPatch(maps, aborted.rest)).patched).toBe(1);
});
