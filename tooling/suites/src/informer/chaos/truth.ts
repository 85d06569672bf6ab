import type { BareApi } from './bare-api.ts';
import { modelsPath } from './churn.ts';
import { digest } from './mirror.ts';

export interface Truth {
  readonly version: string;
  readonly objects: ReadonlyMap<string, string>;
}

/** What the server itself lists, without the one field that the informers drop. */
export async function readTruth(api: BareApi, scopes: readonly string[], labelSelector?: string): Promise<Truth> {
  const objects = new Map<string, string>();
  let version = '';
  for (const namespace of scopes) {
    const list = await api.list(
      modelsPath(namespace),
      labelSelector === undefined ? '' : `labelSelector=${encodeURIComponent(labelSelector)}`,
    );
    version = list.version;
    for (const item of list.items) {
      const metadata = item['metadata'] as Record<string, unknown>;
      delete metadata['managedFields'];
      objects.set(`${String(metadata['namespace'])}/${String(metadata['name'])}`, digest(String(metadata['uid']), JSON.stringify(item)));
    }
  }
  return { version, objects };
}

/** How what is held differs from what is true, in a few lines; empty where it does not. */
export function differences(held: ReadonlyMap<string, string>, truth: ReadonlyMap<string, string>): string[] {
  const out: string[] = [];
  for (const [id, wanted] of truth) {
    const has = held.get(id);
    if (has === undefined) out.push(`${id} is missing`);
    else if (has !== wanted) out.push(`${id} is ${has}, should be ${wanted}`);
  }
  for (const id of held.keys()) if (!truth.has(id)) out.push(`${id} is held, and is no more`);
  return out;
}
