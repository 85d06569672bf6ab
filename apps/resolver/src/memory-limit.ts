import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';

/** How much memory this process may use, and who says so. */
export interface MemoryLimit {
  readonly bytes: number;
  readonly source: 'cgroup v2' | 'cgroup v1' | 'machine';
}

/** From here on a number in a cgroup means that there is no limit: v1 writes a huge one. */
const NONE = 2 ** 60;

/**
 * The limit of the container, from its cgroup (v2, else v1): the smallest of the process's own group and those around it, as far as they are visible. Where there
 * is none, the memory of the machine.
 */
export function memoryLimit(root = '/', machine: number = totalmem()): MemoryLimit {
  const read = (path: string): string | undefined => {
    try {
      return readFileSync(join(root, path), 'utf8').trim();
    } catch {
      return undefined;
    }
  };
  let found: MemoryLimit | undefined;
  const groups = (read('proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const smallest = (source: MemoryLimit['source'], base: string, file: string, group: string): void => {
    // The group's path is that of the host: in a container only its end, or its root alone, may be there.
    const parts = group.split('/').filter((part) => part !== '' && part !== '..');
    for (let depth = parts.length; depth >= 0; depth -= 1) {
      const text = read([base, ...parts.slice(0, depth), file].join('/'));
      const bytes = text !== undefined && /^\d+$/.test(text) ? Number(text) : NONE;
      if (bytes > 0 && bytes < NONE && bytes < (found?.bytes ?? NONE)) found = { bytes, source };
    }
  };
  smallest('cgroup v2', 'sys/fs/cgroup', 'memory.max', groups.find(([id, names]) => id === '0' && names === '')?.[2] ?? '/');
  smallest(
    'cgroup v1',
    'sys/fs/cgroup/memory',
    'memory.limit_in_bytes',
    groups.find(([, names]) => names?.split(',').includes('memory'))?.[2] ?? '/',
  );
  return found !== undefined && found.bytes < machine ? found : { bytes: machine, source: 'machine' };
}
