import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { memoryLimit } from './memory-limit.ts';

const MACHINE = 8 * 2 ** 30;

/** The files of /proc and /sys as a container shows them. */
function root(files: Readonly<Record<string, string>>): string {
  const made = mkdtempSync(join(tmpdir(), 'kubecast-cgroup-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(made, path)), { recursive: true });
    writeFileSync(join(made, path), `${text}\n`);
  }
  return made;
}

test('the limit is that of the container, whatever version of cgroups it is told by', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, string, number])[] = [
    ['v2, in its own namespace', { 'proc/self/cgroup': '0::/', 'sys/fs/cgroup/memory.max': '536870912' }, 'cgroup v2', 512 * 2 ** 20],
    [
      'v2, a parent is smaller',
      {
        'proc/self/cgroup': '0::/kubepods/pod1/app',
        'sys/fs/cgroup/kubepods/pod1/app/memory.max': 'max',
        'sys/fs/cgroup/kubepods/pod1/memory.max': '268435456',
        'sys/fs/cgroup/kubepods/memory.max': '1073741824',
      },
      'cgroup v2',
      256 * 2 ** 20,
    ],
    ['v2, no limit', { 'proc/self/cgroup': '0::/', 'sys/fs/cgroup/memory.max': 'max' }, 'machine', MACHINE],
    [
      'v1, of the container, whose path is the host’s',
      { 'proc/self/cgroup': '4:memory:/docker/abc\n0::/x', 'sys/fs/cgroup/memory/memory.limit_in_bytes': '134217728' },
      'cgroup v1',
      128 * 2 ** 20,
    ],
    [
      'v1, no limit',
      { 'proc/self/cgroup': '4:cpu,memory:/', 'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712' },
      'machine',
      MACHINE,
    ],
    ['none', {}, 'machine', MACHINE],
    ['garbage', { 'proc/self/cgroup': 'x', 'sys/fs/cgroup/memory.max': '-5' }, 'machine', MACHINE],
    ['more than the machine has', { 'sys/fs/cgroup/memory.max': String(2 * MACHINE) }, 'machine', MACHINE],
  ];
  for (const [name, files, source, bytes] of cases) expect([name, memoryLimit(root(files), MACHINE)]).toEqual([name, { source, bytes }]);
  expect(memoryLimit().bytes).toBeGreaterThan(0);
});
