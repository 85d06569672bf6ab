import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { hasKubectl, samples, Shell, type Each, type KubectlServer } from './kubectl.ts';
import { kubectlReads } from './reads.ts';
import { kubectlWrites } from './writes.ts';

export interface RunningServer extends KubectlServer {
  close(): Promise<void>;
}

/**
 * What kubectl does with a server, with its default validation: the same on the embedded server and on the real one. Where there is no
 * kubectl, or no `start`, the tests show as skipped; CI must have kubectl.
 */
export function kubectlSuite(on: 'embedded' | 'real', start: (() => Promise<RunningServer>) | undefined): void {
  if (!hasKubectl && process.env['CI']) throw new Error('CI needs kubectl on the PATH');
  const runs = hasKubectl && start !== undefined;
  let server: RunningServer | undefined;
  let shell: Shell | undefined;

  beforeAll(async () => {
    if (!runs) return;
    server = await start();
    shell = new Shell(server);
    await shell.ok(['apply', '-f', join(samples, 'appmodel-crd.yaml')]);
    await shell.ok(['wait', '--for=condition=Established', 'crd/appmodels.iidp.com', '--timeout=20s']);
    await shell.ok(['apply', '-f', join(samples, 'meta-test-namespace.yaml')]);
    // The real server makes the document of a new kind in its own time.
    while (!(await shell.ok(['get', '--raw', '/openapi/v3'])).includes('apis/iidp.com/v1')) await turn();
  }, 120_000);
  afterAll(() => server?.close());

  const each: Each = (name, run) => test.skipIf(!runs)(`${on}: ${name}`, { timeout: 60_000 }, () => run(shell as Shell));
  kubectlWrites(each);
  kubectlReads(each);
}
