import type { Loader } from '../loader/loader.ts';

/** Resolves at the next change that the loader tells of. */
export function nextChange(loader: Loader): Promise<void> {
  return new Promise((resolve) => {
    const undo = loader.onChange(() => {
      undo[Symbol.dispose]();
      resolve();
    });
  });
}
