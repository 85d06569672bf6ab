import { ConcurrentMapError } from '../errors.ts';

export interface LevelWrite {
  readonly type: 'put' | 'del';
  readonly key: string;
  readonly value?: string;
}

/** What is used of a database of classic-level. */
export interface LevelDatabase {
  open(options: { readonly createIfMissing: boolean }): Promise<void>;
  close(): Promise<void>;
  get(key: string): Promise<string | undefined>;
  batch(writes: LevelWrite[], options: { readonly sync: boolean }): Promise<void>;
  iterator(range: { readonly gt: string; readonly highWaterMarkBytes: number; readonly fillCache: boolean }): {
    nextv(size: number): Promise<[string, string][]>;
    close(): Promise<void>;
  };
}

/** What is used of the package classic-level. */
export interface LevelModule {
  readonly ClassicLevel: { new (location: string): LevelDatabase; destroy(location: string): Promise<void> };
}

/** DurableMap stands on classic-level, an optional peer dependency, which is not installed or does not load. */
export class LevelMissingError extends ConcurrentMapError {
  override readonly name = 'LevelMissingError';

  constructor(cause: unknown) {
    super('MAP_PEER_MISSING', 'DurableMap needs the package classic-level 3, which does not load; npm install classic-level@3', { cause });
  }
}

/** Loads classic-level when the first map is opened, so that an import of this entry costs nothing and works without it. */
export async function loadLevel(load: () => Promise<unknown> = () => import('classic-level')): Promise<LevelModule> {
  let loaded: Partial<LevelModule>;
  try {
    loaded = (await load()) as Partial<LevelModule>;
  } catch (error) {
    throw new LevelMissingError(error);
  }
  if (typeof loaded.ClassicLevel !== 'function') throw new LevelMissingError(new Error('it has no class ClassicLevel'));
  return loaded as LevelModule;
}
