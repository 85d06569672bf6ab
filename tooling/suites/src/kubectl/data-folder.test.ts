import { join } from 'node:path';
import { afterAll, beforeAll, expect, test as vitest } from 'vitest';
import { ApiServerProcess } from '../apiserver-process.ts';
import { hasKubectl, samples, Shell } from './kubectl.ts';

// What is of the embedded server alone: its data folder.
const test = vitest.skipIf(!hasKubectl);
const server = new ApiServerProcess();
const shell = new Shell(server);

beforeAll(async () => {
  if (hasKubectl) await server.start();
});
afterAll(() => server.close());

test('objects that were answered survive kill -9 of the server', async () => {
  await shell.ok(['apply', '-f', join(samples, 'appmodel-crd.yaml'), '-f', join(samples, 'meta-test-namespace.yaml')]);
  await shell.ok(['wait', '--for=condition=Established', 'crd/appmodels.iidp.com', '--timeout=20s']);
  await shell.ok(['apply', '-f', join(samples, 'iiot.yaml')]);
  const before = await shell.ok(['get', 'am', 'iiot', '-n', 'meta-test', '-o', 'json']);
  await server.end('SIGKILL');
  await server.start();
  expect(await shell.ok(['get', 'am', 'iiot', '-n', 'meta-test', '-o', 'json'])).toBe(before);
});
