import type { StoreFileSystem } from './store-file.ts';

interface Handle {
  write(bytes: Uint8Array): Promise<{ bytesWritten: number }>;
  read(into: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  sync(): Promise<void>;
  stat(): Promise<{ size: number }>;
  close(): Promise<void>;
}

/** What is used of `node:fs/promises`; Bun and Deno have it too. */
export interface NodeFiles {
  open(path: string, flags: string, mode?: number): Promise<Handle>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: boolean }): Promise<void>;
}

/** Files by `node:fs/promises`, which the caller imports: `nodeFileSystem(await import('node:fs/promises'))`. */
export function nodeFileSystem(fs: NodeFiles): StoreFileSystem {
  return {
    async write(path, chunks) {
      await fs.rm(path, { force: true });
      // wx: nobody's file or link is written through.
      const handle = await fs.open(path, 'wx', 0o600);
      try {
        for await (const chunk of chunks) {
          for (let at = 0; at < chunk.length;) at += (await handle.write(chunk.subarray(at))).bytesWritten;
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    async replace(from, to) {
      await fs.rename(from, to);
      const slash = to.lastIndexOf('/');
      const folder = await fs.open(slash < 0 ? '.' : slash === 0 ? '/' : to.slice(0, slash), 'r');
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
    remove: (path) => fs.rm(path, { force: true }),
    async open(path) {
      let handle: Handle;
      try {
        handle = await fs.open(path, 'r');
      } catch (error) {
        if ((error as { code?: string }).code === 'ENOENT') return undefined;
        throw error;
      }
      const { size } = await handle.stat();
      return {
        size,
        async read(into, position) {
          let read = 0;
          while (read < into.length) {
            const { bytesRead } = await handle.read(into, read, into.length - read, position + read);
            if (bytesRead === 0) break;
            read += bytesRead;
          }
          return read;
        },
        close: () => handle.close(),
      };
    },
  };
}
