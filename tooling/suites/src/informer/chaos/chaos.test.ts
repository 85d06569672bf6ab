import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assetsIfBuilt } from '../../server-under-test.ts';

// The short form of the proof; skipped where kube-apiserver and etcd are not built, unless KUBECAST_SERVER=real asks for them.
test.skipIf(assetsIfBuilt() === undefined)(
  'under churn, with servers killed and compacted and connections cut and frozen, every informer and handler ends at what the server lists',
  { timeout: 300_000 },
  async () => {
    const child = spawn(process.execPath, ['--conditions=@kubecast/source', join(import.meta.dirname, 'chaos.ts'), '--short'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let errors = '';
    child.stdout.on('data', (text: Buffer) => (out += text.toString()));
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    // The seed and the way are in the lines before.
    expect({ code, out: code === 0 ? '' : `${errors.slice(-4000)}${out}` }).toEqual({ code: 0, out: '' });
    expect(JSON.parse(out)).toMatchObject({ ok: true, wrong: [], violations: 0, unhandled: 0, faults: 8 });
  },
);
