import type { StoreFileSystem } from '@kubecast/store';

/** Files in memory, as they would stand on a disk. */
export function memoryFiles(): StoreFileSystem & { readonly stored: Map<string, Uint8Array> } {
  const stored = new Map<string, Uint8Array>();
  return {
    stored,
    async write(path, chunks) {
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(chunk.slice());
      const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
      parts.reduce((at, part) => {
        whole.set(part, at);
        return at + part.length;
      }, 0);
      stored.set(path, whole);
    },
    replace: (from, to) => {
      const bytes = stored.get(from);
      if (bytes !== undefined) stored.set(to, bytes);
      stored.delete(from);
      return Promise.resolve();
    },
    remove: (path) => {
      stored.delete(path);
      return Promise.resolve();
    },
    open: (path) => {
      const bytes = stored.get(path);
      if (bytes === undefined) return Promise.resolve(undefined);
      return Promise.resolve({
        size: bytes.length,
        read: (into: Uint8Array, position: number) => {
          const part = bytes.subarray(position, position + into.length);
          into.set(part);
          return Promise.resolve(part.length);
        },
        close: () => Promise.resolve(),
      });
    },
  };
}
