import { http, type AppPicture, type ResolverPicture } from './picture.ts';
import type { Resolver } from './world.ts';

interface ModelListed {
  readonly app: string;
  readonly appVersion: string;
  readonly model: string;
  readonly version: string;
  readonly state: string;
  readonly freshness: { readonly ageMs: number };
}

/** A scope that is older than this has missed the server's bookmark (one a minute): its word may be outdated. */
const STALE_MS = 75_000;

/** Looks at one resolver as a user would, over HTTP. Never throws: what cannot be reached is a state. */
export async function lookAt(resolver: Resolver, namespace: string): Promise<ResolverPicture> {
  const { name, url } = resolver;
  try {
    const answer = await http(`${url}/v1/namespaces/${encodeURIComponent(namespace)}/models`, { deadlineMs: 2_000 });
    if (answer.status !== 200) return { name, url, state: 'starting', apps: [] };
    const { models } = answer.json as { models: readonly ModelListed[] };
    const apps = new Map<
      string,
      { namespace: string; name: string; version: string; models: { name: string; version: string; state: string }[] }
    >();
    let ageMs: number | undefined;
    for (const model of models) {
      const app = apps.get(model.app) ?? { namespace, name: model.app, version: model.appVersion, models: [] };
      app.models.push({ name: model.model, version: model.version, state: model.state });
      apps.set(model.app, app);
      ageMs = model.freshness.ageMs;
    }
    return {
      name,
      url,
      state: ageMs !== undefined && ageMs > STALE_MS ? 'stale' : 'ready',
      ageMs,
      apps: [...apps.values()] satisfies AppPicture[],
    };
  } catch {
    return { name, url, state: 'unreachable', apps: [] };
  }
}

/** What a picture holds, as one text: equal texts mean that two resolvers hold the same. Ages are left out. */
export const holdings = (picture: ResolverPicture): string => JSON.stringify(picture.apps);
